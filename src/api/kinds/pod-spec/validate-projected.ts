import type { Cause } from '../../errors.ts'
import { forbiddenField, invalidValue, required } from '../../errors.ts'
import type {
  ClusterTrustBundleProjection,
  KeyToPath,
  PodCertificateProjection,
  ProjectedVolumeSource,
  ServiceAccountTokenProjection,
  VolumeProjection,
} from '../../types.generated.ts'
import { validateLabelSelector } from '../../selectors/label-selector.ts'
import { validateFileMode } from '../validation/numbers.ts'
import { validateLocalNonReservedPath } from '../validation/paths.ts'
import { requireFields } from '../validation/required-fields.ts'
import { validateDownwardFile, validateKeyToPath } from './validate-volume-files.ts'
import type { Unchecked } from '../validation/unchecked.ts'

/** pkg/apis/core/validation/validation.go validateProjectedVolumeSource: several sources in one folder. */
export function* validateProjected(
  { defaultMode, sources = [] }: ProjectedVolumeSource,
  field: string,
): Generator<Cause> {
  yield* validateFileMode(defaultMode, `${field}.defaultMode`)
  const paths = new Set<string>()
  for (const [index, source] of sources.entries()) {
    const place = `${field}.sources[${index}]`
    yield* validateSource(source, place, { folder: field, paths })
    const count = Object.values(source).filter((one) => one !== undefined).length
    if (count > 1) yield forbiddenField(place, 'may not specify more than 1 volume type per source')
  }
}

/** Where all sources put their files, and which names are taken there. */
interface Folder {
  readonly folder: string
  readonly paths: Set<string>
}

function* validateSource(source: VolumeProjection, field: string, folder: Folder): Generator<Cause> {
  const { secret, configMap, downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate } = source
  if (secret !== undefined) yield* validateItems(secret, `${field}.secret`, folder)
  if (configMap !== undefined) yield* validateItems(configMap, `${field}.configMap`, folder)
  for (const file of downwardAPI?.items ?? []) {
    yield* validateDownwardFile(file, `${field}.downwardAPI`)
    yield* take(file.path, file.path, folder)
  }
  if (serviceAccountToken !== undefined) {
    yield* validateToken(serviceAccountToken, `${field}.serviceAccountToken`, folder)
  }
  if (clusterTrustBundle !== undefined) {
    yield* validateTrustBundle(clusterTrustBundle, `${field}.clusterTrustBundle`, folder)
  }
  if (podCertificate !== undefined) yield* validateCertificate(podCertificate, `${field}.podCertificate`, folder)
}

function* validateItems(
  { name = '', items = [] }: { readonly name?: string; readonly items?: readonly KeyToPath[] },
  field: string,
  folder: Folder,
): Generator<Cause> {
  if (name === '') yield required(`${field}.name`, '')
  for (const [index, item] of items.entries()) {
    yield* validateKeyToPath(item, `${field}.items[${index}]`)
    yield* take(item.path, name, folder)
  }
}

function* take(path: string | undefined, blamed: string, { folder, paths }: Folder): Generator<Cause> {
  if (path === undefined || path === '') return
  if (paths.has(path)) yield invalidValue(folder, blamed, 'conflicting duplicate paths')
  paths.add(path)
}

const EXPIRATION_SECONDS_MIN = 600
const EXPIRATION_SECONDS_MAX = 2 ** 32

function* validateToken(
  { expirationSeconds = 0, path = '' }: Unchecked<ServiceAccountTokenProjection>,
  field: string,
  { folder }: Folder,
): Generator<Cause> {
  if (expirationSeconds < EXPIRATION_SECONDS_MIN) {
    const rule = 'may not specify a duration less than 10 minutes'
    yield invalidValue(`${field}.expirationSeconds`, expirationSeconds, rule)
  }
  if (expirationSeconds > EXPIRATION_SECONDS_MAX) {
    const rule = 'may not specify a duration larger than 2^32 seconds'
    yield invalidValue(`${field}.expirationSeconds`, expirationSeconds, rule)
  }
  if (path === '') yield required(`${folder}.path`, '')
  else yield* validateLocalNonReservedPath(path, `${folder}.path`)
}

function* validateTrustBundle(
  { name, signerName, labelSelector, path = '' }: Unchecked<ClusterTrustBundleProjection>,
  field: string,
  folder: Folder,
): Generator<Cause> {
  if (name !== undefined && signerName !== undefined) {
    yield invalidValue(field, { name, signerName, path }, 'only one of name and signerName may be used')
  } else if (name !== undefined) {
    if (name === '') yield required(`${field}.name`, 'must be a valid object name')
    if (labelSelector !== undefined) {
      yield invalidValue(`${field}.labelSelector`, labelSelector, 'labelSelector must be unset if name is specified')
    }
  } else if (signerName !== undefined) {
    if (signerName === '') yield required(`${field}.signerName`, 'must be a valid signer name')
    yield* validateLabelSelector(labelSelector, `${field}.labelSelector`)
  } else yield required(field, 'either name or signerName must be specified')
  if (path === '') yield required(`${field}.path`, '')
  yield* validateLocalNonReservedPath(path, `${field}.path`)
  yield* take(path, path, folder)
}

function* validateCertificate(source: PodCertificateProjection, field: string, folder: Folder): Generator<Cause> {
  yield* requireFields(source, field, ['signerName', 'keyType'])
  const paths = [source.credentialBundlePath, source.keyPath, source.certificateChainPath]
  for (const path of paths) {
    if (path === undefined || path === '') continue
    yield* validateLocalNonReservedPath(path, field)
    yield* take(path, path, folder)
  }
}
