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

/**
 * Counts a budget's pods (k8s.io/kubernetes pkg/controller/disruption). `expectedPods` is the sum of what the pods'
 * controllers want; `nowMs` decides which granted evictions still count.
 */
export function countBudget(
  budget: PodDisruptionBudget,
  pods: readonly Pod[],
  options: { expectedPods: number; nowMs: number },
): BudgetCounts {
  const { minAvailable, maxUnavailable } = budget.spec
  const { nowMs } = options
  const isCounted = minAvailable !== undefined && typeof minAvailable === 'number'
  const expectedPods = isCounted ? pods.length : options.expectedPods
  const desiredHealthy =
    maxUnavailable === undefined
      ? minAvailable === undefined
        ? 0
        : scaledIntOrPercent(minAvailable, expectedPods, { roundUp: true })
      : Math.max(0, expectedPods - scaledIntOrPercent(maxUnavailable, expectedPods, { roundUp: true }))
  const disruptedPods = stillDisrupted(budget.status?.disruptedPods ?? {}, pods, nowMs)
  const currentHealthy = pods.filter(
    (pod) =>
      isPodReady(pod) && pod.metadata.deletionTimestamp === undefined && disruptedPods[pod.metadata.name] === undefined,
  ).length
  const disruptionsAllowed = expectedPods > 0 ? Math.max(0, currentHealthy - desiredHealthy) : 0
  return { currentHealthy, desiredHealthy, expectedPods, disruptionsAllowed, disruptedPods }
}

/** Evictions that were granted, of pods that are still there and not yet marked, for a while. */
function stillDisrupted(
  disrupted: Readonly<Record<string, string>>,
  pods: readonly Pod[],
  nowMs: number,
): Readonly<Record<string, string>> {
  const present = new Map(pods.map((pod) => [pod.metadata.name, pod]))
  return Object.fromEntries(
    Object.entries(disrupted).filter(([name, at]) => {
      const pod = present.get(name)
      return pod !== undefined && pod.metadata.deletionTimestamp === undefined && Date.parse(at) + DISRUPTED_MS > nowMs
    }),
  )
}
