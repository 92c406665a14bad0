import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '../../api/types.generated.ts'
import type { EventNote } from '../../client/events.ts'
import { isSetAsideFor, mismatch } from './match-volume.ts'
import {
  annotation,
  BIND_COMPLETED,
  BOUND_BY_CONTROLLER,
  classOfClaim,
  hasClass,
  SELECTED_NODE,
} from './volume-annotations.ts'

/** What is to be done about a claim. */
export type ClaimPlan =
  | { readonly do: 'bind'; readonly volume: PersistentVolume }
  | { readonly do: 'wait'; readonly note?: EventNote }
  | { readonly do: 'lose'; readonly note: EventNote }
  | { readonly do: 'assign-class'; readonly name: string }
  | { readonly do: 'provision'; readonly storageClass: StorageClass }

/** The part of the cluster that a claim's fate depends on. */
export interface ClaimSurroundings {
  volume(name: string): PersistentVolume | undefined
  storageClass(name: string): StorageClass | undefined
  defaultClass(): StorageClass | undefined
  /** The best volume that is set aside for the claim or, unless `isDelayed`, free. */
  match(claim: PersistentVolumeClaim, isDelayed: boolean): PersistentVolume | undefined
  /** Names of pods that use the claim and have no node yet. */
  waitingPods(claim: PersistentVolumeClaim): readonly string[]
}

/** Decides about a claim (k8s.io/kubernetes pkg/controller/volume/persistentvolume/pv_controller.go syncClaim). */
export function planClaim(claim: PersistentVolumeClaim, around: ClaimSurroundings): ClaimPlan {
  if (annotation(claim, BIND_COMPLETED) !== undefined) return planBound(claim, around)
  const { volumeName = '' } = claim.spec
  return volumeName === '' ? planFree(claim, around) : planNamed(claim, volumeName, around)
}

/** A claim that was bound stays bound, or is lost. */
function planBound(claim: PersistentVolumeClaim, around: ClaimSurroundings): ClaimPlan {
  const { volumeName = '' } = claim.spec
  if (volumeName === '') {
    return lose('ClaimLost', 'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!')
  }
  const volume = around.volume(volumeName)
  if (volume === undefined) {
    return lose('ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!')
  }
  const { claimRef } = volume.spec
  if (claimRef === undefined || claimRef.uid === claim.metadata.uid) return { do: 'bind', volume }
  return lose('ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly')
}

/** A claim that takes any volume that fits. */
function planFree(claim: PersistentVolumeClaim, around: ClaimSurroundings): ClaimPlan {
  const className = classOfClaim(claim)
  const storageClass = className === '' ? undefined : around.storageClass(className)
  const isDelayed = storageClass?.volumeBindingMode === 'WaitForFirstConsumer'
  const volume = around.match(claim, isDelayed)
  if (volume !== undefined) return { do: 'bind', volume }
  if (!hasClass(claim)) {
    const found = around.defaultClass()
    if (found !== undefined) return { do: 'assign-class', name: found.metadata.name }
  }
  if (isDelayed && annotation(claim, SELECTED_NODE) === undefined) {
    return { do: 'wait', note: waitingForPods(around.waitingPods(claim)) }
  }
  if (className === '') {
    const message = 'no persistent volumes available for this claim and no storage class is set'
    return { do: 'wait', note: { type: 'Normal', reason: 'FailedBinding', message } }
  }
  if (storageClass === undefined) {
    const message = `storageclass.storage.k8s.io ${JSON.stringify(className)} not found`
    return { do: 'wait', note: { type: 'Warning', reason: 'ProvisioningFailed', message } }
  }
  return { do: 'provision', storageClass }
}

/** A claim that wants one volume and no other. */
function planNamed(claim: PersistentVolumeClaim, volumeName: string, around: ClaimSurroundings): ClaimPlan {
  const volume = around.volume(volumeName)
  if (volume === undefined) return { do: 'wait' }
  const quoted = JSON.stringify(volumeName)
  if (volume.spec.claimRef === undefined) {
    const why = mismatch(volume, claim)
    if (why === undefined) return { do: 'bind', volume }
    const message = `Cannot bind to requested volume ${quoted}: ${why}`
    return { do: 'wait', note: { type: 'Warning', reason: 'VolumeMismatch', message } }
  }
  if (isSetAsideFor(volume, claim)) return { do: 'bind', volume }
  const message = `volume ${quoted} already bound to a different claim.`
  return { do: 'wait', note: { type: 'Warning', reason: 'FailedBinding', message } }
}

function lose(reason: string, message: string): ClaimPlan {
  return { do: 'lose', note: { type: 'Warning', reason, message } }
}

function waitingForPods(names: readonly string[]): EventNote {
  if (names.length === 0) {
    const message = 'waiting for first consumer to be created before binding'
    return { type: 'Normal', reason: 'WaitForFirstConsumer', message }
  }
  const message = `waiting for pod${names.length === 1 ? '' : 's'} ${names.join(',')} to be scheduled`
  return { type: 'Normal', reason: 'WaitForPodScheduled', message }
}

/** The volume as it is once it belongs to the claim; the same reference when it does already. */
export function boundVolume(volume: PersistentVolume, claim: PersistentVolumeClaim): PersistentVolume {
  const { name, namespace, uid, resourceVersion } = claim.metadata
  const { claimRef } = volume.spec
  const isSame = claimRef?.name === name && claimRef.namespace === namespace && claimRef.uid === uid
  const needsNote = !isSetAsideFor(volume, claim) && annotation(volume, BOUND_BY_CONTROLLER) === undefined
  if (isSame && !needsNote) return volume
  const reference = {
    kind: 'PersistentVolumeClaim',
    apiVersion: 'v1',
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  }
  const annotations = needsNote ? { annotations: { ...volume.metadata.annotations, [BOUND_BY_CONTROLLER]: 'yes' } } : {}
  return {
    ...volume,
    metadata: { ...volume.metadata, ...annotations },
    spec: isSame ? volume.spec : { ...volume.spec, claimRef: reference },
  }
}

/** The claim as it is once it has the volume; the same reference when it has it already. */
export function boundClaim(claim: PersistentVolumeClaim, volume: PersistentVolume): PersistentVolumeClaim {
  const { name } = volume.metadata
  const isNamed = claim.spec.volumeName === name
  const annotations = {
    ...claim.metadata.annotations,
    ...(isNamed ? {} : { [BOUND_BY_CONTROLLER]: 'yes' }),
    [BIND_COMPLETED]: 'yes',
  }
  if (isNamed && annotation(claim, BIND_COMPLETED) !== undefined) return claim
  return {
    ...claim,
    metadata: { ...claim.metadata, annotations },
    spec: isNamed ? claim.spec : { ...claim.spec, volumeName: name },
  }
}

/** The status of a claim in a phase; the same reference when nothing changes. Only a bound claim has a capacity. */
export function claimStatus(
  { status = {} }: PersistentVolumeClaim,
  phase: 'Pending' | 'Bound' | 'Lost',
  volume?: PersistentVolume,
): NonNullable<PersistentVolumeClaim['status']> {
  if (volume === undefined) {
    if (status.phase === phase && status.accessModes === undefined && status.capacity === undefined) return status
    const { accessModes: _modes, capacity: _capacity, ...rest } = status
    return { ...rest, phase }
  }
  const { accessModes = [], capacity } = volume.spec
  const sameModes = accessModes.join() === (status.accessModes ?? []).join()
  if (status.phase === phase && sameModes) return status
  return {
    ...status,
    phase,
    accessModes,
    // A claim that is bound already grows by its own rules: its file system follows the volume later.
    ...(status.phase === phase || capacity === undefined ? {} : { capacity }),
  }
}
