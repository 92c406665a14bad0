import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../../api/types.generated.ts'
import type { PluginContext } from '../plugin.ts'
import { SchedulingFailure } from '../scheduling-failure.ts'
import { claimName, isClaimOf, storageClassOf } from './claims.ts'

/** The claims of a pod, by what has to happen to them before it can run. */
export interface PodClaims {
  /** With their volumes; one that is bound to a volume that does not exist has none. */
  readonly bound: readonly { readonly claim: PersistentVolumeClaim; readonly volume: PersistentVolume | undefined }[]
  /** To be bound when it is known where the pod goes: WaitForFirstConsumer. */
  readonly delayed: readonly PersistentVolumeClaim[]
  /** To be bound by the volume controller first, regardless of the pod. */
  readonly immediate: readonly PersistentVolumeClaim[]
}

const FULLY_BOUND = 'pv.kubernetes.io/bind-completed'

/** Undefined when the pod mounts no claims; a text when they stand in the way of placing it anywhere. */
export function claimsOf(pod: Pod, context: PluginContext): PodClaims | string | undefined {
  const namespace = pod.metadata.namespace ?? ''
  const found: PersistentVolumeClaim[] = []
  for (const volume of pod.spec.volumes ?? []) {
    const name = claimName(pod, volume)
    if (name === undefined) continue
    const isEphemeral = volume.ephemeral !== undefined
    const claim = claimNow(namespace, name, context)
    const problem = claimProblem(pod, claim, { name, isEphemeral })
    if (problem !== undefined) return problem
    if (claim !== undefined) found.push(claim)
  }
  if (found.length === 0) return undefined
  const unbound = found.filter((claim) => !isFullyBound(claim))
  return {
    bound: found
      .filter(isFullyBound)
      .map((claim) => ({ claim, volume: volumeNow(claim.spec.volumeName ?? '', context) })),
    delayed: unbound.filter((claim) => waitsForConsumer(claim, context)),
    immediate: unbound.filter((claim) => !waitsForConsumer(claim, context)),
  }
}

/** The claim as it will be once what was decided is written. */
export function claimNow(
  namespace: string,
  name: string,
  { objects, volumes }: Pick<PluginContext, 'objects' | 'volumes'>,
): PersistentVolumeClaim | undefined {
  return volumes.claim(objects.claim(namespace, name))
}

export function volumeNow(
  name: string,
  { objects, volumes }: Pick<PluginContext, 'objects' | 'volumes'>,
): PersistentVolume | undefined {
  return volumes.volume(objects.volume(name))
}

/** Bound on both sides, and the volume controller has finished. */
export function isFullyBound({ metadata, spec }: PersistentVolumeClaim): boolean {
  return (spec.volumeName ?? '') !== '' && metadata.annotations?.[FULLY_BOUND] !== undefined
}

function claimProblem(
  pod: Pod,
  claim: PersistentVolumeClaim | undefined,
  { name, isEphemeral }: { name: string; isEphemeral: boolean },
): string | undefined {
  if (claim === undefined) {
    return isEphemeral
      ? `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`
      : `persistentvolumeclaim "${name}" not found`
  }
  if (claim.status?.phase === 'Lost') {
    return `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec.volumeName ?? ''}"`
  }
  if (claim.metadata.deletionTimestamp !== undefined) return `persistentvolumeclaim "${name}" is being deleted`
  if (isEphemeral && !isClaimOf(pod, claim)) {
    const namespace = pod.metadata.namespace ?? ''
    return `PVC ${namespace}/${name} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`
  }
  return undefined
}

/** A claim that names its volume is the volume controller's business, whatever its class says. */
function waitsForConsumer(claim: PersistentVolumeClaim, { objects }: PluginContext): boolean {
  if ((claim.spec.volumeName ?? '') !== '') return false
  const className = storageClassOf(claim)
  const storageClass = className === '' ? undefined : objects.storageClass(className)
  if (storageClass === undefined) return false
  if (storageClass.volumeBindingMode === undefined) {
    throw new SchedulingFailure(`VolumeBindingMode not set for StorageClass "${className}"`)
  }
  return storageClass.volumeBindingMode === 'WaitForFirstConsumer'
}
