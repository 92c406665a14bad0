import type { PersistentVolume, PersistentVolumeClaim } from '../../api/types.generated.ts'
import type { EventNote } from '../../client/events.ts'
import { without } from '../../base/copy-on-write.ts'
import { sameMode } from './match-volume.ts'
import { annotation, BOUND_BY_CONTROLLER, PROVISIONED_BY } from './volume-annotations.ts'

/** What is to be done about a volume. */
export type VolumePlan =
  | { readonly do: 'phase'; readonly phase: 'Available' | 'Bound' }
  /** Its claim is to take it: that is decided where claims are. */
  | { readonly do: 'look-at-claim' }
  | { readonly do: 'tell'; readonly onVolume: EventNote; readonly onClaim: EventNote }
  | { readonly do: 'release' }
  | { readonly do: 'unbind' }

/**
 * Decides about a volume, given the claim that it names, if there is one of that UID
 * (k8s.io/kubernetes pkg/controller/volume/persistentvolume/pv_controller.go syncVolume).
 */
export function planVolume(volume: PersistentVolume, claim: PersistentVolumeClaim | undefined): VolumePlan {
  const { claimRef, persistentVolumeReclaimPolicy } = volume.spec
  if (claimRef === undefined || (claimRef.uid ?? '') === '') return { do: 'phase', phase: 'Available' }
  if (claim === undefined) return { do: 'release' }
  const { volumeName = '' } = claim.spec
  if (volumeName === '') return sameMode(volume, claim) ? { do: 'look-at-claim' } : tellModes(volume, claim)
  if (volumeName === volume.metadata.name) return { do: 'phase', phase: 'Bound' }
  // The claim took another volume. One that was made for it serves nobody else.
  const isItsOwn = annotation(volume, PROVISIONED_BY) !== undefined && persistentVolumeReclaimPolicy === 'Delete'
  return isItsOwn ? { do: 'release' } : { do: 'unbind' }
}

function tellModes(volume: PersistentVolume, claim: PersistentVolumeClaim): VolumePlan {
  const why = 'due to incompatible volumeMode.'
  const note = (message: string): EventNote => ({ type: 'Warning', reason: 'VolumeMismatch', message })
  const claimName = JSON.stringify(claim.metadata.name)
  const volumeName = JSON.stringify(volume.metadata.name)
  return {
    do: 'tell',
    onVolume: note(`Cannot bind PersistentVolume to requested PersistentVolumeClaim ${claimName} ${why}`),
    onClaim: note(`Cannot bind PersistentVolume ${volumeName} to requested PersistentVolumeClaim ${why}`),
  }
}

/** A volume that is to be free again: what the controller bound is forgotten, what its maker set aside stays set aside. */
export function unboundVolume(volume: PersistentVolume): PersistentVolume {
  const { claimRef } = volume.spec
  if (annotation(volume, BOUND_BY_CONTROLLER) === undefined) {
    return claimRef === undefined ? volume : { ...volume, spec: { ...volume.spec, claimRef: without(claimRef, 'uid') } }
  }
  const { [BOUND_BY_CONTROLLER]: _, ...annotations } = volume.metadata.annotations ?? {}
  const { annotations: _all, ...metadata } = volume.metadata
  return {
    ...volume,
    metadata: Object.keys(annotations).length === 0 ? metadata : { ...metadata, annotations },
    spec: without(volume.spec, 'claimRef'),
  }
}

/** How a released volume is reclaimed, by its policy and by what it is made of. */
export type ReclaimPlan =
  | { readonly do: 'nothing' }
  | { readonly do: 'delete' }
  | { readonly do: 'recycle' }
  | { readonly do: 'fail'; readonly note: EventNote }

export function planReclaim(volume: PersistentVolume): ReclaimPlan {
  const { persistentVolumeReclaimPolicy: policy, hostPath, nfs, csi } = volume.spec
  const { name } = volume.metadata
  switch (policy) {
    case 'Retain':
    case undefined:
      return { do: 'nothing' }
    case 'Recycle':
      if (hostPath !== undefined || nfs !== undefined) return { do: 'recycle' }
      return fail('VolumeFailedRecycle', 'No recycler plugin found for the volume!')
    case 'Delete': {
      // Whoever made a volume deletes it; drivers look after theirs.
      if (annotation(volume, PROVISIONED_BY) !== undefined || csi !== undefined) return { do: 'nothing' }
      if (hostPath === undefined) {
        const why = 'no deletable volume plugin matched'
        return fail(
          'VolumeFailedDelete',
          `error getting deleter volume plugin for volume ${JSON.stringify(name)}: ${why}`,
        )
      }
      if (/\/tmp\/.+/.test(hostPath.path)) return { do: 'delete' }
      const why = `host_path deleter only supports /tmp/.+ but received provided ${hostPath.path}`
      return fail('VolumeFailedDelete', why)
    }
    default:
      return fail('VolumeUnknownReclaimPolicy', 'Volume has unrecognized PersistentVolumeReclaimPolicy')
  }
}

function fail(reason: string, message: string): ReclaimPlan {
  return { do: 'fail', note: { type: 'Warning', reason, message } }
}
