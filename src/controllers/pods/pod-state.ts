import type { Pod } from '../../api/kinds/core/pod.ts'
import type { PodCondition } from '../../api/types.generated.ts'

/** Whether a pod still counts toward what its owner wants: neither finished nor on its way out. */
export function isActive(pod: Pod): boolean {
  return !isFinished(pod) && pod.metadata.deletionTimestamp === undefined
}

/** Whether a pod has run to its end, one way or the other. */
export function isFinished({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed'
}

/** Whether a pod was told to go and has not come to its end yet. */
export function isTerminating(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined && !isFinished(pod)
}

export function conditionOf({ status }: Pod, type: string): PodCondition | undefined {
  return status?.conditions?.find((condition) => condition.type === type)
}

export function isReady(pod: Pod): boolean {
  return conditionOf(pod, 'Ready')?.status === 'True'
}

/** What counts as available: ready, and for long enough. */
export interface Availability {
  readonly minReadySeconds: number
  readonly nowMs: number
}

/**
 * When a pod is, was or will be available if it stays ready, in milliseconds since the epoch; `undefined` while it is
 * not ready. Zero when no minimum is asked for.
 */
export function availableAtMs(pod: Pod, minReadySeconds: number): number | undefined {
  const condition = conditionOf(pod, 'Ready')
  if (condition?.status !== 'True') return undefined
  if (minReadySeconds === 0) return 0
  if (condition.lastTransitionTime === undefined) return Number.POSITIVE_INFINITY
  return Date.parse(condition.lastTransitionTime) + minReadySeconds * 1_000
}

export function isAvailable(pod: Pod, { minReadySeconds, nowMs }: Availability): boolean {
  const at = availableAtMs(pod, minReadySeconds)
  return at !== undefined && at <= nowMs
}

/** How long until the next of `pods` becomes available by the mere passing of time; `undefined` when none will. */
export function nextAvailabilityMs(pods: Iterable<Pod>, { minReadySeconds, nowMs }: Availability): number | undefined {
  if (minReadySeconds === 0) return undefined
  let next = Number.POSITIVE_INFINITY
  for (const pod of pods) {
    const at = availableAtMs(pod, minReadySeconds)
    if (at !== undefined && at > nowMs && at < next) next = at
  }
  return next === Number.POSITIVE_INFINITY ? undefined : next - nowMs
}

/** Whether a change of a pod can change what its owner does or reports; a pod being scheduled, say, cannot. */
export function changesWorkload(pod: Pod, old: Pod): boolean {
  const { metadata, status } = pod
  if (metadata.labels !== old.metadata.labels || metadata.ownerReferences !== old.metadata.ownerReferences) return true
  if (metadata.deletionTimestamp !== old.metadata.deletionTimestamp) return true
  if (status === old.status) return false
  if (status?.phase !== old.status?.phase) return true
  const ready = conditionOf(pod, 'Ready')
  const before = conditionOf(old, 'Ready')
  return ready?.status !== before?.status || ready?.lastTransitionTime !== before?.lastTransitionTime
}
