import type { StatefulSet } from '../../api/kinds/apps/stateful-set.ts'
import type { PersistentVolumeClaim } from '../../api/kinds/core/persistent-volume-claim.ts'
import type { Pod } from '../../api/kinds/core/pod.ts'
import type { ApiObject, OwnerReference } from '../../api/object.ts'
import { deepEqual } from '../../base/equal.ts'
import { controllerReference } from '../../client/client.ts'
import { isWanted, ordinalOf } from './identity.ts'

const NO_REFERENCES: readonly OwnerReference[] = []

/**
 * The owners that a member's claim must have so that garbage collection takes it when the set's retention policy says
 * so: the set when claims go with it, the pod once it is scaled away when they go with that. The present list, by
 * reference, when it is right. A claim that something else controls is left to that.
 */
export function claimOwners(claim: PersistentVolumeClaim, set: StatefulSet, pod: Pod): readonly OwnerReference[] {
  const present = claim.metadata.ownerReferences ?? NO_REFERENCES
  const others = present.filter((reference) => !refersTo(reference, set) && !refersTo(reference, pod))
  const owner = others.some(({ controller }) => controller === true) ? undefined : wantedOwner(set, pod)
  const wanted = owner === undefined ? others : [...others, controllerReference(owner)]
  return deepEqual(wanted, present) ? present : wanted
}

export function hasRightOwners(claim: PersistentVolumeClaim, set: StatefulSet, pod: Pod): boolean {
  return claimOwners(claim, set, pod) === (claim.metadata.ownerReferences ?? NO_REFERENCES)
}

function wantedOwner(set: StatefulSet, pod: Pod): ApiObject | undefined {
  const { whenDeleted, whenScaled } = retention(set)
  const isScaledAway = !isWanted(set, ordinalOf(set, pod))
  if (whenScaled === 'Delete' && isScaledAway) return pod
  return whenDeleted === 'Delete' ? set : undefined
}

/** Whether a claim still belongs to an earlier pod of the same name and will go with it: the next pod must wait. */
export function isStaleClaim(claim: PersistentVolumeClaim, set: StatefulSet, pod: Pod): boolean {
  if (retention(set).whenScaled !== 'Delete') return false
  return (claim.metadata.ownerReferences ?? NO_REFERENCES).some(
    (reference) => refersTo(reference, pod) && reference.uid !== pod.metadata.uid,
  )
}

function retention({ spec }: StatefulSet): { whenDeleted: string; whenScaled: string } {
  const { whenDeleted = 'Retain', whenScaled = 'Retain' } = spec.persistentVolumeClaimRetentionPolicy ?? {}
  return { whenDeleted, whenScaled }
}

function refersTo(reference: OwnerReference, owner: ApiObject): boolean {
  return reference.kind === owner.kind && reference.name === owner.metadata.name
}
