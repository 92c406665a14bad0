import type { Cause } from '../../errors.ts'
import { forbiddenField, invalidValue, notSupported, required } from '../../errors.ts'
import { validateDns1123Label, validateDns1123Subdomain } from '../../names/dns.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import { QuantityError } from '../../quantity-parse.ts'
import { signOfQuantity, valueOf } from '../../quantity.ts'
import type {
  CSIPersistentVolumeSource,
  PersistentVolume,
  PersistentVolumeSpec,
  SecretReference,
  Volume,
} from '../../types.generated.ts'
import { SOURCE_RULES, validateCsiDriverName } from '../pod-spec/validate-volume-sources.ts'
import { invalidFor } from '../validation/causes.ts'
import { validateOptionalChoice } from '../validation/choices.ts'
import { validateAccessModes, VOLUME_MODES } from '../validation/claim-spec.ts'
import { IMMUTABLE_MESSAGE, printDifference, validateImmutable } from '../validation/immutability.ts'
import { validateNodeSelector } from '../validation/node-selector.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'
import { validatePathNoBacksteps } from '../validation/paths.ts'
import { validatePositiveQuantity } from '../validation/quantities.ts'
import { readQuantity } from '../validation/resource-lists.ts'
import { semanticEqual } from '../validation/semantic-equal.ts'

const RECLAIM_POLICIES: readonly string[] = ['Delete', 'Recycle', 'Retain']
const ONE_SOURCE = 'may not specify more than 1 volume type'

/** The sorts of volume that pods can have directly as well, without those that belong to a pod. */
const POD_ONLY: readonly string[] = [
  'gitRepo',
  'secret',
  'persistentVolumeClaim',
  'downwardAPI',
  'configMap',
  'projected',
  'csi',
  'ephemeral',
  'image',
]
const SHARED_SOURCES = SOURCE_RULES.filter(({ name }) => !POD_ONLY.includes(name))
type SourceName = Exclude<keyof PersistentVolumeSpec, keyof typeof NOT_SOURCES>

/** Everything else in the spec. */
const NOT_SOURCES = {
  accessModes: true,
  capacity: true,
  claimRef: true,
  mountOptions: true,
  nodeAffinity: true,
  persistentVolumeReclaimPolicy: true,
  storageClassName: true,
  volumeAttributesClassName: true,
  volumeMode: true,
} as const

/** pkg/apis/core/validation/validation.go ValidatePersistentVolume. */
export function* validatePersistentVolume({ metadata, spec }: PersistentVolume): Generator<Cause> {
  yield* validateObjectMeta(metadata, { namespaced: false, name: nameIsDnsSubdomain })
  const { accessModes = [], nodeAffinity, storageClassName = '', volumeMode, persistentVolumeReclaimPolicy } = spec
  if (accessModes.length === 0) yield required('spec.accessModes', '')
  yield* validateAccessModes(accessModes, 'spec.accessModes')
  yield* validateCapacity(spec.capacity ?? {})
  yield* validateOptionalChoice(persistentVolumeReclaimPolicy, 'spec.persistentVolumeReclaimPolicy', RECLAIM_POLICIES)
  if (nodeAffinity !== undefined) {
    if (nodeAffinity.required === undefined) {
      yield required('spec.nodeAffinity.required', 'must specify required node constraints')
    } else yield* validateNodeSelector(nodeAffinity.required, 'spec.nodeAffinity.required')
  }
  yield* validateSource(spec)
  if (isRoot(spec.hostPath?.path) && persistentVolumeReclaimPolicy === 'Recycle') {
    const rule = "may not be 'recycle' for a hostPath mount of '/'"
    yield forbiddenField('spec.persistentVolumeReclaimPolicy', rule)
  }
  if (storageClassName !== '') {
    yield* invalidFor('spec.storageClassName', storageClassName, nameIsDnsSubdomain(storageClassName))
  }
  yield* validateOptionalChoice(volumeMode, 'spec.volumeMode', VOLUME_MODES)
  yield* validateAttributesClass(spec)
}

/** ValidatePersistentVolumeUpdate. */
export function* validatePersistentVolumeUpdate(volume: PersistentVolume, old: PersistentVolume): Generator<Cause> {
  yield* validatePersistentVolume(volume)
  const before = sourceOf(old.spec)
  const after = withoutNewExpandSecret(sourceOf(volume.spec), old.spec)
  if (!semanticEqual(after, before)) {
    const rule = 'spec.persistentvolumesource is immutable after creation'
    yield forbiddenField('spec.persistentvolumesource', `${rule}\n${printDifference(before, after)}`)
  }
  yield* validateImmutable(volume.spec.volumeMode, old.spec.volumeMode, 'volumeMode')
  const { nodeAffinity, volumeAttributesClassName } = volume.spec
  if (old.spec.nodeAffinity !== undefined && !semanticEqual(nodeAffinity, old.spec.nodeAffinity)) {
    yield invalidValue('nodeAffinity', nodeAffinity, `${IMMUTABLE_MESSAGE}, except for updating from beta label to GA`)
  }
  if (old.spec.volumeAttributesClassName !== undefined && volumeAttributesClassName === undefined) {
    yield forbiddenField('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden')
  }
}

export function* validatePersistentVolumeStatus(volume: PersistentVolume, old: PersistentVolume): Generator<Cause> {
  yield* validateObjectMetaUpdate(volume.metadata, old.metadata)
}

function* validateCapacity(capacity: Readonly<Record<string, string>>): Generator<Cause> {
  const names = Object.keys(capacity)
  if (names.length === 0) yield required('spec.capacity', '')
  if (capacity['storage'] === undefined || names.length > 1) yield notSupported('spec.capacity', capacity, ['storage'])
  for (const [name, text] of Object.entries(capacity)) {
    const field = `spec.capacity[${name}]`
    const value = readQuantity(text)
    if (value instanceof QuantityError) {
      yield invalidValue(field, text, value.message)
      continue
    }
    if (signOfQuantity(value) < 0) yield invalidValue(field, valueOf(value), 'must be a valid resource quantity')
    yield* validatePositiveQuantity(value, field)
  }
}

function* validateSource(spec: PersistentVolumeSpec): Generator<Cause> {
  let count = 0
  // The fields of both kinds of source are the same; references to secrets only have a namespace more here.
  const volume = { ...spec, name: '' } as Volume
  for (const { name, forbiddenAs, validatedAs, validate } of SHARED_SOURCES) {
    if (volume[name] === undefined) continue
    if (++count > 1) yield forbiddenField(`spec.${forbiddenAs ?? name}`, ONE_SOURCE)
    else yield* validate(volume, `spec.${validatedAs ?? name}`)
  }
  const { local, csi, nodeAffinity } = spec
  if (local !== undefined) {
    if (++count > 1) yield forbiddenField('spec.local', ONE_SOURCE)
    else {
      if (local.path === '') yield required('spec.local.path', '')
      else yield* validatePathNoBacksteps(local.path, 'spec.local.path')
      if (nodeAffinity === undefined) yield required('spec.nodeAffinity', 'Local volume requires node affinity')
    }
  }
  if (csi !== undefined) {
    if (++count > 1) yield forbiddenField('spec.csi', ONE_SOURCE)
    else yield* validateCsi(csi)
  }
  if (count === 0) yield required('spec', 'must specify a volume type')
}

const SECRET_FIELDS = [
  'controllerPublishSecretRef',
  'controllerExpandSecretRef',
  'nodePublishSecretRef',
  'nodeExpandSecretRef',
] as const

function* validateCsi(csi: CSIPersistentVolumeSource): Generator<Cause> {
  yield* validateCsiDriverName(csi.driver, 'spec.csi.driver')
  if (csi.volumeHandle === '') yield required('spec.csi.volumeHandle', '')
  for (const name of SECRET_FIELDS) {
    const reference = csi[name]
    if (reference !== undefined) yield* validateSecretReference(reference, `spec.csi.${name}`)
  }
}

function* validateSecretReference({ name = '', namespace = '' }: SecretReference, field: string): Generator<Cause> {
  if (name === '') yield required(`${field}.name`, '')
  else yield* invalidFor(`${field}.name`, name, validateDns1123Subdomain(name))
  if (namespace === '') yield required(`${field}.namespace`, '')
  else yield* invalidFor(`${field}.namespace`, namespace, validateDns1123Label(namespace))
}

function* validateAttributesClass({ volumeAttributesClassName: name, csi }: PersistentVolumeSpec): Generator<Cause> {
  if (name === undefined) return
  const field = 'spec.volumeAttributesClassName'
  if (name === '') yield required(field, 'an empty string is disallowed')
  else yield* invalidFor(field, name, nameIsDnsSubdomain(name))
  if (csi === undefined) yield required('spec.csi', 'has to be specified when using volumeAttributesClassName')
}

type Source = Pick<PersistentVolumeSpec, SourceName>

function sourceOf(spec: PersistentVolumeSpec): Source {
  return Object.fromEntries(Object.entries(spec).filter(([name]) => !(name in NOT_SOURCES))) as Source
}

/** A driver that learnt to expand volumes may be given the secret for it. */
function withoutNewExpandSecret(source: Source, old: PersistentVolumeSpec): Source {
  if (source.csi === undefined || old.csi === undefined || old.csi.controllerExpandSecretRef !== undefined)
    return source
  const { controllerExpandSecretRef: _, ...csi } = source.csi
  return { ...source, csi }
}

function isRoot(path: string | undefined): boolean {
  return path !== undefined && path !== '' && path.split('/').every((part) => part === '' || part === '.')
}
