import { changed } from '../../../base/copy-on-write.ts'
import type { PersistentVolume, PersistentVolumeSpec, Volume } from '../../types.generated.ts'
import { defaultVendorVolume } from '../pod-spec/default-volumes.ts'
import { nodeSelectorTermWarnings } from '../pod-spec/node-label-warnings.ts'
import { fractionWarnings } from '../pod-spec/container-warnings.ts'
import { canonicalResources } from '../validation/resource-lists.ts'
import { unchecked } from '../validation/unchecked.ts'
import { STORAGE_CLASS_ANNOTATION } from './claim-strategy.ts'

/** pkg/apis/core/v1/defaults.go SetDefaults_PersistentVolume. */
export function defaultPersistentVolume(volume: PersistentVolume): PersistentVolume {
  const { spec = {}, status = {} } = unchecked(volume)
  return changed(volume, {
    spec: defaultSpec(spec),
    status: changed(status, { phase: status.phase || 'Pending' }),
  })
}

export function preparePersistentVolumeForCreate(volume: PersistentVolume): PersistentVolume {
  return { ...volume, status: { phase: 'Pending' } }
}

const DEPRECATED_SOURCES = [
  ['photonPersistentDisk', 'photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['scaleIO', 'scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['storageos', 'storageOS', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['cephfs', 'cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'rbd', 'deprecated in v1.28, non-functional in v1.31+'],
] as const

/** pkg/api/persistentvolume/util.go GetWarningsForPersistentVolume. */
export function* persistentVolumeWarnings({ metadata, spec }: PersistentVolume): Generator<string> {
  const annotations = metadata.annotations ?? {}
  if (annotations[STORAGE_CLASS_ANNOTATION] !== undefined) {
    const advice = 'deprecated since v1.8; use "storageClassName" attribute instead'
    yield `metadata.annotations[${STORAGE_CLASS_ANNOTATION}]: ${advice}`
  }
  const mountOptions = 'volume.beta.kubernetes.io/mount-options'
  if (annotations[mountOptions] !== undefined) {
    yield `metadata.annotations[${mountOptions}]: deprecated since v1.31; use "mountOptions" attribute instead`
  }
  if (spec.persistentVolumeReclaimPolicy === 'Recycle') {
    const advice =
      'The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.'
    yield `spec.persistentVolumeReclaimPolicy: ${advice}`
  }
  for (const [index, term] of (spec.nodeAffinity?.required?.nodeSelectorTerms ?? []).entries()) {
    const field = `spec.nodeAffinity.required.nodeSelectorTerms[${index}]`
    yield* nodeSelectorTermWarnings(term, field, { checkValues: false })
  }
  for (const [name, printed, warning] of DEPRECATED_SOURCES) {
    if (spec[name] !== undefined) yield `spec.${printed}: ${warning}`
  }
  yield* fractionWarnings(spec.capacity, 'spec.capacity', ['storage'])
}

function defaultSpec(spec: PersistentVolumeSpec): PersistentVolumeSpec {
  const { iscsi, rbd, azureDisk, scaleIO } = defaultVendorVolume({ ...spec, name: '' } as Volume)
  return changed(spec, {
    persistentVolumeReclaimPolicy: spec.persistentVolumeReclaimPolicy || 'Retain',
    volumeMode: spec.volumeMode ?? 'Filesystem',
    capacity: spec.capacity && canonicalResources(spec.capacity),
    hostPath: spec.hostPath && changed(spec.hostPath, { type: spec.hostPath.type ?? '' }),
    // A volume has the same defaults wherever it stands; only the references to secrets differ, which have none.
    ...({ iscsi, rbd, azureDisk, scaleIO } as Pick<PersistentVolumeSpec, 'iscsi' | 'rbd' | 'azureDisk' | 'scaleIO'>),
  })
}
