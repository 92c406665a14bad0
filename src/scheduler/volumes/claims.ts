import { controllerOf } from '../../api/object.ts'
import type { PersistentVolumeClaim, Pod, Volume } from '../../api/types.generated.ts'

/** The claim that a volume mounts, if it mounts one; an ephemeral volume's claim is named after pod and volume. */
export function claimName(pod: Pod, volume: Volume): string | undefined {
  if (volume.persistentVolumeClaim !== undefined) return volume.persistentVolumeClaim.claimName
  return volume.ephemeral === undefined ? undefined : `${pod.metadata.name}-${volume.name}`
}

const NONE: readonly string[] = []

export function claimNames(pod: Pod): readonly string[] {
  let names: string[] | undefined
  for (const volume of pod.spec.volumes ?? []) {
    const name = claimName(pod, volume)
    if (name !== undefined && names?.includes(name) !== true) (names ??= []).push(name)
  }
  return names ?? NONE
}

/** Claims that volumes name, as against those that are made for ephemeral volumes. */
export function mountedClaims(volumes: readonly Volume[]): string[] {
  return volumes.flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? [])
}

/** An ephemeral volume's claim must have been made for this very pod. */
export function isClaimOf(pod: Pod, claim: PersistentVolumeClaim): boolean {
  const owner = controllerOf(claim)
  return owner !== undefined && owner.uid === pod.metadata.uid
}

/** The class that a claim names: the annotation of old times first. */
export function storageClassOf(claim: PersistentVolumeClaim): string {
  return claim.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? claim.spec.storageClassName ?? ''
}
