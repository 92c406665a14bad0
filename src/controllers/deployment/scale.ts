import type { Deployment } from '../../api/kinds/apps/deployment.ts'
import type { ReplicaSet } from '../../api/kinds/apps/replica-set.ts'
import { desiredReplicas, maxReplicas } from './annotations.ts'
import { fences, isActiveSet, isRolling, olderFirst, type ReplicaSets, replicasOf, wantedPods } from './replica-sets.ts'

/** A set and the number of replicas that it is to have. */
export interface Scaling {
  readonly set: ReplicaSet
  readonly replicas: number
}

/** Whether somebody changed the number of replicas since the sets were last scaled. */
export function isScalingEvent(deployment: Deployment, sets: ReplicaSets): boolean {
  return sets.filter(isActiveSet).some((set) => {
    const desired = desiredReplicas(set)
    return desired !== undefined && desired !== replicasOf(deployment)
  })
}

/**
 * How a changed number of replicas is shared out: to the one set that is active, or to the newest once it is complete,
 * or, in the middle of a rolling update, among all in proportion to their sizes, so that a bad update does not grow.
 */
export function planScale(
  deployment: Deployment,
  newest: ReplicaSet | undefined,
  old: ReplicaSets,
): readonly Scaling[] {
  const replicas = replicasOf(deployment)
  const all = newest === undefined ? old : [...old, newest]
  const active = all.filter(isActiveSet)
  if (active.length <= 1) {
    const only = active[0] ?? newest ?? old.toSorted(olderFirst).at(-1)
    return only === undefined ? [] : [{ set: only, replicas }]
  }
  if (isSaturated(deployment, newest)) return old.filter(isActiveSet).map((set) => ({ set, replicas: 0 }))
  return isRolling(deployment) ? proportional(deployment, active) : []
}

/** Whether the newest set has all the pods that are asked for, and all are available. */
function isSaturated(deployment: Deployment, newest: ReplicaSet | undefined): boolean {
  if (newest === undefined) return false
  const replicas = replicasOf(deployment)
  return (
    replicasOf(newest) === replicas &&
    desiredReplicas(newest) === replicas &&
    (newest.status?.availableReplicas ?? 0) === replicas
  )
}

function proportional(deployment: Deployment, active: ReplicaSets): readonly Scaling[] {
  const replicas = replicasOf(deployment)
  const allowed = replicas > 0 ? replicas + fences(deployment).maxSurge : 0
  const toAdd = allowed - wantedPods(active)
  let added = 0
  const scalings = active.toSorted(bySize(toAdd)).map((set) => {
    const share = toAdd === 0 ? 0 : shareOf(deployment, set, { toAdd, added })
    added += share
    return { set, replicas: replicasOf(set) + share }
  })
  // What rounding left over goes to the largest.
  return scalings.map(({ set, replicas: size }, index) =>
    index === 0 ? { set, replicas: Math.max(0, size + toAdd - added) } : { set, replicas: size },
  )
}

/** The largest first; of equals the newer when growing, the older when shrinking. */
function bySize(toAdd: number): (a: ReplicaSet, b: ReplicaSet) => number {
  return (a, b) => replicasOf(b) - replicasOf(a) || (toAdd > 0 ? olderFirst(b, a) : olderFirst(a, b))
}

function shareOf(
  deployment: Deployment,
  set: ReplicaSet,
  { toAdd, added }: { readonly toAdd: number; readonly added: number },
): number {
  if (toAdd === added) return 0
  const fraction = fractionOf(deployment, set)
  return toAdd > 0 ? Math.min(fraction, toAdd - added) : Math.max(fraction, toAdd - added)
}

/** By how much the set would change if it kept its share of the whole. */
function fractionOf(deployment: Deployment, set: ReplicaSet): number {
  const replicas = replicasOf(deployment)
  const size = replicasOf(set)
  if (replicas === 0) return -size
  const known = maxReplicas(set) ?? 0
  const base = known === 0 ? (deployment.status?.replicas ?? 0) : known
  if (base === 0) return 0
  return Math.round((size * (replicas + fences(deployment).maxSurge)) / base) - size
}
