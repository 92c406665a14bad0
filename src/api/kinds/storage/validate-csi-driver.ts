import type { Cause } from '../../errors.ts'
import { duplicate, invalidValue, notSupported, required } from '../../errors.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import type { CSIDriver, CSIDriverSpec, StorageTokenRequest } from '../../types.generated.ts'
import { validateImmutable } from '../validation/immutability.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'

const TOKEN_SECONDS_MIN = 600
const TOKEN_SECONDS_MAX = 2 ** 32
const ALLOCATABLE_PERIOD_SECONDS_MIN = 10

const FS_GROUP_POLICIES: readonly string[] = ['File', 'None', 'ReadWriteOnceWithFSType']
const LIFECYCLE_MODES: readonly string[] = ['Persistent', 'Ephemeral']

/** pkg/apis/storage/validation/validation.go ValidateCSIDriver and ValidateCSIDriverUpdate; one path is upstream's own spelling. */
export function* validateCsiDriver({ metadata, spec }: CSIDriver, old: CSIDriver | undefined): Generator<Cause> {
  if (old === undefined) yield* validateObjectMeta(metadata, { namespaced: false, name: nameIsDnsSubdomain })
  else yield* validateObjectMetaUpdate(metadata, old.metadata)
  yield* validateSpec(spec)
  if (old === undefined) return
  yield* validateImmutable(spec.attachRequired, old.spec.attachRequired, 'spec.attachedRequired')
  yield* validateImmutable(spec.volumeLifecycleModes, old.spec.volumeLifecycleModes, 'spec.volumeLifecycleModes')
}

function* validateSpec(spec: CSIDriverSpec): Generator<Cause> {
  const { attachRequired, podInfoOnMount, storageCapacity, fsGroupPolicy, tokenRequests = [] } = spec
  if (attachRequired === undefined) yield required('spec.attachedRequired', '')
  if (podInfoOnMount === undefined) yield required('spec.podInfoOnMount', '')
  if (storageCapacity === undefined) yield required('spec.storageCapacity', '')
  if (fsGroupPolicy !== undefined && !FS_GROUP_POLICIES.includes(fsGroupPolicy)) {
    yield notSupported('spec.fsGroupPolicy', fsGroupPolicy, FS_GROUP_POLICIES)
  }
  yield* validateTokenRequests(tokenRequests, 'spec.tokenRequests')
  for (const mode of spec.volumeLifecycleModes ?? []) {
    if (!LIFECYCLE_MODES.includes(mode)) yield notSupported('spec.volumeLifecycleModes', mode, LIFECYCLE_MODES)
  }
  if (spec.seLinuxMount === undefined) yield required('spec.seLinuxMount', '')
  const { nodeAllocatableUpdatePeriodSeconds: seconds, serviceAccountTokenInSecrets: inSecrets } = spec
  if (seconds !== undefined && seconds < ALLOCATABLE_PERIOD_SECONDS_MIN) {
    const rule = `must be greater than or equal to ${ALLOCATABLE_PERIOD_SECONDS_MIN} seconds`
    yield invalidValue('spec.nodeAllocatableUpdatePeriodSeconds', seconds, rule)
  }
  if (inSecrets !== undefined && tokenRequests.length === 0) {
    const rule = 'serviceAccountTokenInSecrets is set but no tokenRequests are specified'
    yield invalidValue('spec.serviceAccountTokenInSecrets', inSecrets, rule)
  }
}

function* validateTokenRequests(requests: readonly StorageTokenRequest[], field: string): Generator<Cause> {
  const audiences = new Set<string>()
  for (const [index, { audience = '', expirationSeconds }] of requests.entries()) {
    if (audiences.has(audience)) {
      yield duplicate(`${field}[${index}].audience`, audience)
      continue
    }
    audiences.add(audience)
    if (expirationSeconds === undefined) continue
    const place = `${field}[${index}].expirationSeconds`
    if (expirationSeconds < TOKEN_SECONDS_MIN) {
      yield invalidValue(place, expirationSeconds, 'may not specify a duration less than 10 minutes')
    }
    if (expirationSeconds > TOKEN_SECONDS_MAX) {
      yield invalidValue(place, expirationSeconds, 'may not specify a duration larger than 2^32 seconds')
    }
  }
}
