import { changed, without } from '../../../base/copy-on-write.ts'
import type {
  PersistentVolumeClaim,
  PersistentVolumeClaimSpec,
  PersistentVolumeClaimStatus,
} from '../../types.generated.ts'
import { fractionWarnings } from '../pod-spec/container-warnings.ts'
import { defaultClaimSpec } from '../pod-spec/default-volumes.ts'
import { canonicalResources } from '../validation/resource-lists.ts'
import { unchecked } from '../validation/unchecked.ts'

export const STORAGE_CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class'

/** pkg/apis/core/v1/defaults.go SetDefaults_PersistentVolumeClaim. */
export function defaultClaim(claim: PersistentVolumeClaim): PersistentVolumeClaim {
  const { spec = {}, status = {} } = unchecked(claim)
  return changed(claim, { spec: defaultClaimSpec(spec), status: defaultStatus(status) })
}

/** pkg/registry/core/persistentvolumeclaim/strategy.go PrepareForCreate. */
export function prepareClaimForCreate(submitted: PersistentVolumeClaim): PersistentVolumeClaim {
  const claim = defaultClaim(submitted)
  const spec = withBothSources(withoutUnknownSource(withoutForeignSource(claim.spec)))
  return { ...claim, spec, status: PENDING }
}

export function prepareClaimForUpdate(
  submitted: PersistentVolumeClaim,
  old: PersistentVolumeClaim,
): PersistentVolumeClaim {
  const claim = defaultClaim(submitted)
  const hadSource = old.spec.dataSource !== undefined || old.spec.dataSourceRef !== undefined
  const spec = hadSource ? claim.spec : withoutUnknownSource(withoutForeignSource(claim.spec))
  return { ...claim, spec, status: old.status ?? PENDING }
}

/** pkg/api/persistentvolumeclaim/util.go GetWarningsForPersistentVolumeClaim. */
export function* claimWarnings({ metadata, spec }: PersistentVolumeClaim): Generator<string> {
  if (metadata.annotations?.[STORAGE_CLASS_ANNOTATION] !== undefined) {
    const advice = 'deprecated since v1.8; use "storageClassName" attribute instead'
    yield `metadata.annotations[${STORAGE_CLASS_ANNOTATION}]: ${advice}`
  }
  yield* fractionWarnings(spec.resources?.requests, 'spec.resources.requests', ['storage'])
  yield* fractionWarnings(spec.resources?.limits, 'spec.resources.limits', ['storage'])
}

const PENDING: PersistentVolumeClaimStatus = { phase: 'Pending' }

function defaultStatus(status: PersistentVolumeClaimStatus): PersistentVolumeClaimStatus {
  return changed(status, {
    phase: status.phase || 'Pending',
    capacity: status.capacity && canonicalResources(status.capacity),
    allocatedResources: status.allocatedResources && canonicalResources(status.allocatedResources),
  })
}

/** Sources in other namespaces are an alpha feature. */
function withoutForeignSource(spec: PersistentVolumeClaimSpec): PersistentVolumeClaimSpec {
  return (spec.dataSourceRef?.namespace ?? '') === '' ? spec : without(spec, 'dataSourceRef')
}

/** EnforceDataSourceBackwardsCompatibility: of old, sources that nobody knew were dropped. */
function withoutUnknownSource(spec: PersistentVolumeClaimSpec): PersistentVolumeClaimSpec {
  const { dataSource, dataSourceRef } = spec
  if (dataSource === undefined || dataSourceRef !== undefined) return spec
  const { apiGroup = '', kind } = dataSource
  const isKnown =
    (kind === 'PersistentVolumeClaim' && apiGroup === '') ||
    (kind === 'VolumeSnapshot' && apiGroup === 'snapshot.storage.k8s.io')
  return isKnown ? spec : without(spec, 'dataSource')
}

/** NormalizeDataSources: the old field and the new one say the same. */
function withBothSources(spec: PersistentVolumeClaimSpec): PersistentVolumeClaimSpec {
  const { dataSource, dataSourceRef } = spec
  if (dataSource !== undefined && dataSourceRef === undefined) return { ...spec, dataSourceRef: dataSource }
  if (dataSourceRef === undefined || dataSource !== undefined) return spec
  const { namespace: _, ...local } = dataSourceRef
  return { ...spec, dataSource: local }
}
