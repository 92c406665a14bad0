import { quantity } from '../../api/quantity-cache.ts'
import { compareQuantities, type Quantity, valueOf, ZERO } from '../../api/quantity.ts'
import { matcherOfSelector } from '../../api/selectors/label-selector.ts'
import type { PersistentVolume, PersistentVolumeClaim } from '../../api/types.generated.ts'
import { classOfClaim, classOfVolume } from './volume-annotations.ts'

/**
 * The volume that a claim should get: the one set aside for it, else the smallest of those that offer the fewest access
 * modes beyond what it asks for. With `isDelayed` the scheduler chooses among free volumes, not we
 * (k8s.io/component-helpers storage/volume/pv_helpers.go FindMatchingVolume, pkg/controller/volume/persistentvolume/index.go).
 */
export function matchVolume(
  claim: PersistentVolumeClaim,
  volumes: Iterable<PersistentVolume>,
  { isDelayed }: { isDelayed: boolean },
): PersistentVolume | undefined {
  let best: PersistentVolume | undefined
  for (const volume of volumes) {
    if (!isEligible(volume, claim)) continue
    if (isSetAsideFor(volume, claim)) return volume
    if (volume.spec.claimRef !== undefined || isDelayed || !isOffered(volume, claim)) continue
    if (best === undefined || isBetter(volume, best)) best = volume
  }
  return best
}

/** Whether a volume names a claim as its own, with or without having seen it. */
export function isSetAsideFor({ spec: { claimRef } }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  if (claimRef?.name !== metadata.name || claimRef.namespace !== metadata.namespace) return false
  return (claimRef.uid ?? '') === '' || claimRef.uid === metadata.uid
}

/** Why the volume that a claim names cannot be its volume; `undefined` when it can. */
export function mismatch(volume: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  if (volume.metadata.deletionTimestamp !== undefined) {
    return `the volume is marked for deletion ${JSON.stringify(volume.metadata.name)}`
  }
  if (valueOf(capacityOf(volume)) < valueOf(requestOf(claim))) return 'requested PV is too small'
  if (classOfVolume(volume) !== classOfClaim(claim)) return 'storageClassName does not match'
  if (!sameMode(volume, claim)) return 'incompatible volumeMode'
  if (!offersModes(volume, claim)) return 'incompatible accessMode'
  return undefined
}

/** `Filesystem` where nothing else is said. */
export function sameMode(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  return (volume.spec.volumeMode ?? 'Filesystem') === (claim.spec.volumeMode ?? 'Filesystem')
}

export function capacityOf({ spec }: PersistentVolume): Quantity {
  const text = spec.capacity?.['storage']
  return text === undefined ? ZERO : quantity(text)
}

export function requestOf({ spec }: PersistentVolumeClaim): Quantity {
  const text = spec.resources?.requests?.['storage']
  return text === undefined ? ZERO : quantity(text)
}

function isEligible(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  return (
    volume.metadata.deletionTimestamp === undefined &&
    offersModes(volume, claim) &&
    sameMode(volume, claim) &&
    (volume.spec.volumeAttributesClassName ?? '') === (claim.spec.volumeAttributesClassName ?? '') &&
    compareQuantities(capacityOf(volume), requestOf(claim)) >= 0
  )
}

function isOffered(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const { selector } = claim.spec
  return (
    volume.status?.phase === 'Available' &&
    (selector === undefined || matcherOfSelector(selector).matches(volume.metadata.labels)) &&
    classOfVolume(volume) === classOfClaim(claim)
  )
}

function offersModes(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  return (claim.spec.accessModes ?? []).every((mode) => volume.spec.accessModes?.includes(mode) === true)
}

function isBetter(volume: PersistentVolume, best: PersistentVolume): boolean {
  const byModes = (volume.spec.accessModes ?? []).length - (best.spec.accessModes ?? []).length
  if (byModes !== 0) return byModes < 0
  const bySize = compareQuantities(capacityOf(volume), capacityOf(best))
  return bySize === 0 ? volume.metadata.name < best.metadata.name : bySize < 0
}
