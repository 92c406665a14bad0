import type { Deployment } from '../../api/kinds/apps/deployment.ts'
import type { ReplicaSet } from '../../api/kinds/apps/replica-set.ts'
import {
  availablePods,
  fences,
  isActiveSet,
  isRolling,
  olderFirst,
  type ReplicaSets,
  replicasOf,
  wantedPods,
} from './replica-sets.ts'
import type { Scaling } from './scale.ts'

/** How many replicas the newest set may have now, `others` being all the sets beside it. */
export function newestReplicas(deployment: Deployment, size: number, others: ReplicaSets): number {
  const replicas = replicasOf(deployment)
  if (!isRolling(deployment)) return replicas
  const room = replicas + fences(deployment).maxSurge - wantedPods(others) - size
  return room <= 0 ? size : size + Math.min(room, replicas - size)
}

/**
 * One step of a rolling update: first the newest set grows as far as the surge allows; when it cannot, old sets give up
 * pods, unhealthy ones before healthy ones, as far as availability allows. Each step waits for what the last one did.
 */
export function planRolling(deployment: Deployment, newest: ReplicaSet, old: ReplicaSets): readonly Scaling[] {
  const replicas = replicasOf(deployment)
  const size = replicasOf(newest)
  const grown = size > replicas ? replicas : newestReplicas(deployment, size, old)
  if (grown !== size) return [{ set: newest, replicas: grown }]
  return shrinkOld(deployment, newest, old.filter(isActiveSet).toSorted(olderFirst))
}

function shrinkOld(deployment: Deployment, newest: ReplicaSet, old: ReplicaSets): readonly Scaling[] {
  const sizes = new Map(old.map((set) => [set, replicasOf(set)]))
  if (old.length === 0) return []
  const minAvailable = replicasOf(deployment) - fences(deployment).maxUnavailable
  const newestUnavailable = replicasOf(newest) - (newest.status?.availableReplicas ?? 0)
  let spare = wantedPods(old) + replicasOf(newest) - minAvailable - newestUnavailable
  if (spare <= 0) return []
  for (const set of old) {
    const unhealthy = replicasOf(set) - (set.status?.availableReplicas ?? 0)
    const removed = Math.min(Math.max(0, unhealthy), spare)
    sizes.set(set, replicasOf(set) - removed)
    spare -= removed
  }
  let excess = availablePods([...old, newest]) - minAvailable
  for (const set of old) {
    const size = sizes.get(set) ?? 0
    const removed = Math.min(size, Math.max(0, excess))
    sizes.set(set, size - removed)
    excess -= removed
  }
  return old
    .map((set) => ({ set, replicas: sizes.get(set) ?? 0 }))
    .filter(({ set, replicas }) => replicas !== replicasOf(set))
}

/** The first step of `Recreate`: all old sets to nothing. */
export function planRecreate(old: ReplicaSets): readonly Scaling[] {
  return old.filter(isActiveSet).map((set) => ({ set, replicas: 0 }))
}
