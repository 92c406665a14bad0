import { scaledIntOrPercent } from '../../api/int-or-string.ts'
import { isPodReady } from '../../api/kinds/pod-spec/pod-state.ts'
import type { Pod, PodDisruptionBudget } from '../../api/types.generated.ts'

/** How long an eviction that was granted is believed before the pod's deletion must have been seen. */
export const DISRUPTED_MS = 120_000

/** What a budget comes to now: the counts of its status. */
export interface BudgetCounts {
  readonly currentHealthy: number
  readonly desiredHealthy: number
  readonly expectedPods: number
  readonly disruptionsAllowed: number
  readonly disruptedPods: Readonly<Record<string, string>>
}

export interface BudgetVerdict {
  readonly counts: BudgetCounts
  /** Pods whose eviction was granted, and that nobody deleted in time. */
  readonly forgotten: readonly Pod[]
  /** When the next of the granted evictions is no longer believed, in milliseconds since the epoch. */
  readonly recheckMs: number | undefined
}

/** Whether a budget needs to know how many pods their controllers want: all but those with a number as minimum do. */
export function needsScale({ spec }: PodDisruptionBudget): boolean {
  return spec.maxUnavailable !== undefined || typeof spec.minAvailable === 'string'
}

/**
 * Counts a budget's pods (k8s.io/kubernetes pkg/controller/disruption). `scale` is the sum of what the pods' controllers
 * want, for budgets that need it; `nowMs` decides which granted evictions still count.
 */
export function countBudget(
  budget: PodDisruptionBudget,
  pods: readonly Pod[],
  { scale, nowMs }: { scale: number; nowMs: number },
): BudgetVerdict {
  const { expectedPods, desiredHealthy } = wishOf(budget, { podCount: pods.length, scale })
  const { disruptedPods, forgotten, recheckMs } = sortDisrupted(budget, pods, nowMs)
  const currentHealthy = pods.filter(
    (pod) =>
      isPodReady(pod) && pod.metadata.deletionTimestamp === undefined && disruptedPods[pod.metadata.name] === undefined,
  ).length
  // A budget that covers nothing yet allows nothing: its first pods may come before they are counted.
  const disruptionsAllowed = expectedPods > 0 ? Math.max(0, currentHealthy - desiredHealthy) : 0
  const counts = { currentHealthy, desiredHealthy, expectedPods, disruptionsAllowed, disruptedPods }
  return { counts, forgotten, recheckMs }
}

function wishOf(
  { spec: { minAvailable, maxUnavailable } }: PodDisruptionBudget,
  { podCount, scale }: { podCount: number; scale: number },
): { expectedPods: number; desiredHealthy: number } {
  if (maxUnavailable !== undefined) {
    const unavailable = scaledIntOrPercent(maxUnavailable, scale, { roundUp: true })
    return { expectedPods: scale, desiredHealthy: Math.max(0, scale - unavailable) }
  }
  if (typeof minAvailable === 'number') return { expectedPods: podCount, desiredHealthy: minAvailable }
  if (minAvailable === undefined) return { expectedPods: 0, desiredHealthy: 0 }
  return { expectedPods: scale, desiredHealthy: scaledIntOrPercent(minAvailable, scale, { roundUp: true }) }
}

/** Granted evictions count until the pod is marked for deletion, or nobody deleted it for too long. */
function sortDisrupted(
  { status }: PodDisruptionBudget,
  pods: readonly Pod[],
  nowMs: number,
): { disruptedPods: Readonly<Record<string, string>>; forgotten: readonly Pod[]; recheckMs: number | undefined } {
  const granted = status?.disruptedPods ?? {}
  const disruptedPods: Record<string, string> = {}
  const forgotten: Pod[] = []
  let recheckMs: number | undefined
  for (const pod of pods) {
    const at = granted[pod.metadata.name]
    if (at === undefined || pod.metadata.deletionTimestamp !== undefined) continue
    const endsMs = Date.parse(at) + DISRUPTED_MS
    if (endsMs <= nowMs) {
      forgotten.push(pod)
      continue
    }
    disruptedPods[pod.metadata.name] = at
    recheckMs = Math.min(recheckMs ?? endsMs, endsMs)
  }
  return { disruptedPods, forgotten, recheckMs }
}
