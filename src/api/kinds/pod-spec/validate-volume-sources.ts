import type { Cause } from '../../errors.ts'
import { invalidValue, notSupported, required, tooLong } from '../../errors.ts'
import { inclusiveRangeMessage } from '../../names/messages.ts'
import { validateDns1123Subdomain } from '../../names/dns.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import type { DownwardAPIVolumeSource, HostPathVolumeSource, Volume } from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'
import { validateChoice } from '../validation/choices.ts'
import { validateClaimTemplate } from '../validation/claim-spec.ts'
import { validateFileMode } from '../validation/numbers.ts'
import { requireFields } from '../validation/required-fields.ts'
import { validateLocalDescendingPath, validatePathNoBacksteps } from '../validation/paths.ts'
import { validateProjected } from './validate-projected.ts'
import { validateDownwardFile, validateKeyToPath } from './validate-volume-files.ts'
import type { Unchecked } from '../validation/unchecked.ts'

export type VolumeSourceName = Exclude<keyof Volume, 'name' | 'emptyDir'>

/** How one sort of volume is checked. Some of upstream's paths differ from the field's name. */
export interface SourceRule {
  readonly name: VolumeSourceName
  readonly forbiddenAs?: string
  readonly validatedAs?: string
  validate(volume: Volume, field: string): Iterable<Cause>
}

/** pkg/apis/core/validation/validation.go validateVolumeSource, in its order. */
export const SOURCE_RULES: readonly SourceRule[] = [
  { name: 'hostPath', validate: ({ hostPath }, field) => validateHostPath(hostPath ?? { path: '' }, field) },
  { name: 'gitRepo', validate: validateGitRepo },
  {
    name: 'gcePersistentDisk',
    validatedAs: 'persistentDisk',
    validate: ({ gcePersistentDisk: disk }, field) => validateDisk(disk ?? { pdName: '' }, field, ['pdName']),
  },
  {
    name: 'awsElasticBlockStore',
    validate: ({ awsElasticBlockStore: disk }, field) => validateDisk(disk ?? { volumeID: '' }, field, ['volumeID']),
  },
  { name: 'secret', validate: ({ secret }, field) => validateFiles(secret ?? {}, field, 'secretName') },
  { name: 'nfs', validate: validateNfs },
  plain('iscsi', ['targetPortal', 'iqn']),
  plain('glusterfs', ['endpoints', 'path']),
  { name: 'flocker', validate: validateFlocker },
  plain('persistentVolumeClaim', ['claimName']),
  plain('rbd', ['monitors', 'image']),
  plain('cinder', ['volumeID']),
  { ...plain('cephfs', ['monitors']), forbiddenAs: 'cephFS' },
  plain('quobyte', ['registry', 'volume']),
  {
    name: 'downwardAPI',
    forbiddenAs: 'downwarAPI',
    validate: ({ downwardAPI }, field) => validateDownwardApi(downwardAPI ?? {}, field),
  },
  { name: 'fc', validate: validateFibreChannel },
  plain('flexVolume', ['driver']),
  { name: 'configMap', validate: ({ configMap }, field) => validateFiles(configMap ?? {}, field, 'name') },
  plain('azureFile', ['secretName', 'shareName']),
  plain('vsphereVolume', ['volumePath']),
  plain('photonPersistentDisk', ['pdID']),
  plain('portworxVolume', ['volumeID']),
  plain('azureDisk', ['diskName', 'diskURI']),
  plain('storageos', ['volumeName']),
  { name: 'projected', validate: ({ projected }, field) => validateProjected(projected ?? {}, field) },
  plain('scaleIO', ['gateway', 'system', 'volumeName']),
  { name: 'csi', validate: validateCsi },
  {
    name: 'ephemeral',
    validate: ({ ephemeral }, field) => validateClaimTemplate(ephemeral?.volumeClaimTemplate, field),
  },
  {
    name: 'image',
    validate: ({ image }, field) =>
      validateChoice(image?.pullPolicy, `${field}.pullPolicy`, ['Always', 'IfNotPresent', 'Never']),
  },
]

/** A sort of volume that needs some fields and has no further rules here. */
function plain<Name extends VolumeSourceName>(
  name: Name,
  fields: readonly (keyof NonNullable<Volume[Name]> & string)[],
): SourceRule {
  return {
    name,
    validate(volume, field) {
      const source = volume[name] as NonNullable<Volume[Name]> | undefined
      return source === undefined ? [] : requireFields(source, field, fields)
    },
  }
}

/** In the order in which upstream sorts them: the unset type is the empty text. */
const HOST_PATH_TYPES: readonly string[] = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
]

export function* validateHostPath(
  { path = '', type = '' }: Unchecked<HostPathVolumeSource>,
  field: string,
): Generator<Cause> {
  if (path === '') {
    yield required(`${field}.path`, '')
    return
  }
  yield* validatePathNoBacksteps(path, `${field}.path`)
  if (!HOST_PATH_TYPES.includes(type)) yield notSupported(`${field}.type`, type, HOST_PATH_TYPES)
}

type FilesSource = Partial<Pick<NonNullable<Volume['secret']>, 'secretName' | 'defaultMode' | 'items'>> & {
  readonly name?: string
}

function* validateFiles(source: FilesSource, field: string, name: 'secretName' | 'name'): Generator<Cause> {
  yield* requireFields(source, field, [name])
  yield* validateFileMode(source.defaultMode, `${field}.defaultMode`)
  for (const [index, item] of (source.items ?? []).entries()) yield* validateKeyToPath(item, `${field}.items[${index}]`)
}

function* validateDownwardApi({ defaultMode, items = [] }: DownwardAPIVolumeSource, field: string): Generator<Cause> {
  yield* validateFileMode(defaultMode, `${field}.defaultMode`)
  for (const file of items) yield* validateDownwardFile(file, field)
}

function* validateGitRepo({ gitRepo }: Volume, field: string): Generator<Cause> {
  yield* requireFields(gitRepo ?? { repository: '' }, field, ['repository'])
  yield* validateLocalDescendingPath(gitRepo?.directory ?? '', `${field}.directory`)
}

function* validateDisk<T extends { readonly partition?: number }>(
  disk: T,
  field: string,
  names: readonly (keyof T & string)[],
): Generator<Cause> {
  yield* requireFields(disk, field, names)
  const { partition = 0 } = disk
  if (partition < 0 || partition > 255) {
    yield invalidValue(`${field}.partition`, partition, inclusiveRangeMessage(1, 255))
  }
}

function* validateNfs({ nfs }: Volume, field: string): Generator<Cause> {
  const { server = '', path = '' } = nfs ?? {}
  yield* requireFields({ server, path }, field, ['server', 'path'])
  if (!path.startsWith('/')) yield invalidValue(`${field}.path`, path, 'must be an absolute path')
}

function* validateFlocker({ flocker }: Volume, field: string): Generator<Cause> {
  const { datasetName = '', datasetUUID = '' } = flocker ?? {}
  if (datasetName === '' && datasetUUID === '') {
    yield required(field, 'one of datasetName and datasetUUID is required')
  }
  if (datasetName !== '' && datasetUUID !== '') {
    yield invalidValue(field, 'resource', 'datasetName and datasetUUID can not be specified simultaneously')
  }
}

function* validateFibreChannel({ fc }: Volume, field: string): Generator<Cause> {
  const { targetWWNs = [], wwids = [], lun } = fc ?? {}
  const place = `${field}.targetWWNs`
  if (targetWWNs.length === 0 && wwids.length === 0) {
    yield required(place, 'must specify either targetWWNs or wwids, but not both')
  }
  if (targetWWNs.length > 0 && wwids.length > 0) {
    yield invalidValue(place, targetWWNs, 'targetWWNs and wwids can not be specified simultaneously')
  }
  if (targetWWNs.length === 0) return
  if (lun === undefined) yield required(`${field}.lun`, 'lun is required if targetWWNs is specified')
  else if (lun < 0 || lun > 255) yield invalidValue(`${field}.lun`, lun, inclusiveRangeMessage(0, 255))
}

function* validateCsi({ csi }: Volume, field: string): Generator<Cause> {
  yield* validateCsiDriverName(csi?.driver ?? '', `${field}.driver`)
  const secret = csi?.nodePublishSecretRef
  if (secret === undefined) return
  const { name = '' } = secret
  if (name === '') yield required(`${field}.nodePublishSecretRef.name`, '')
  else yield* invalidFor(`${field}.name`, name, nameIsDnsSubdomain(name))
}

const DRIVER_NAME_LENGTH_MAX = 63

export function* validateCsiDriverName(driver: string, field: string): Generator<Cause> {
  if (driver === '') yield required(field, '')
  if (driver.length > DRIVER_NAME_LENGTH_MAX) yield tooLong(field, DRIVER_NAME_LENGTH_MAX)
  yield* invalidFor(field, driver, validateDns1123Subdomain(driver.toLowerCase()))
}
