import { isPodReady } from '../../api/kinds/pod-spec/pod-state.ts'
import type { Pod } from '../../api/types.generated.ts'
import type { PodMetrics } from './metrics-source.ts'
import { type GroupingContext, groupPods, type PodGroups } from './pod-groups.ts'
import { CalculationError, requestsOf } from './pod-requests.ts'
import { isTolerated, type Tolerances } from './tolerances.ts'

/*
 * How many replicas a metric asks for, as kubernetes/kubernetes:pkg/controller/podautoscaler/replica_calculator.go:
 *
 *     replicas = ceil(usageRatio × pods)      usageRatio = measured / target
 *
 * unless the ratio is within the tolerance. Pods without figures are taken to use what argues against the change: all of
 * the target when scaling down, nothing when scaling up; and if that turns the direction round, nothing is done.
 */

const INT32_MAX = 2_147_483_647
const INT64_MAX = 9_223_372_036_854_775_807n

/** How a number of replicas came about. */
export interface Proposal {
  readonly replicas: number
  /** Measured: an average per pod, or the whole, as the metric's target is. */
  readonly usageMilli: bigint
  /** Per cent of the requests, where those are the measure. */
  readonly utilization?: number
  /** The last usage ratio that was computed with, and over how many pods; for people who ask why. */
  readonly usageRatio: number
  readonly podCount: number
}

export interface PodsCase {
  readonly currentReplicas: number
  /** Pods that the target's selector matches. */
  readonly pods: readonly Pod[]
  readonly metrics: PodMetrics
  readonly tolerances: Tolerances
  readonly grouping: GroupingContext
}

/** Usage as per cent of what the pods request (`type: Utilization`). */
export function proposeByUtilization(
  targetUtilization: number,
  { container, ...given }: PodsCase & { readonly container?: string },
): Proposal {
  const { groups, metrics } = believable(given)
  const { resource } = given.grouping
  const requests = requestsOf(given.pods, { resource, ...(container === undefined ? {} : { container }) })
  const ratioOf = (values: ReadonlyMap<string, bigint>): Usage => utilizationOf(values, requests, targetUtilization)
  // A pod without figures uses all that it requests; or more, where pods are meant to.
  const assumed = BigInt(Math.max(100, targetUtilization))
  const fullValueOf = (pod: string): bigint => ((requests.get(pod) ?? 0n) * assumed) / 100n
  return propose(given, { groups, metrics, ratioOf, fullValueOf })
}

/** An average per pod (`type: AverageValue`), of a resource or of any metric that pods have. */
export function proposeByAverage(targetMilli: bigint, given: PodsCase): Proposal {
  const { groups, metrics } = believable(given)
  const ratioOf = (values: ReadonlyMap<string, bigint>): Usage => {
    const usageMilli = sumOf(values.values()) / BigInt(values.size)
    return { ratio: Number(usageMilli) / Number(targetMilli), usageMilli }
  }
  return propose(given, { groups, metrics, ratioOf, fullValueOf: () => targetMilli })
}

/** One figure for the whole target (`type: Value`). */
export function proposeByTotal(
  targetMilli: bigint,
  given: {
    readonly currentReplicas: number
    readonly pods: readonly Pod[]
    readonly usageMilli: bigint
    readonly tolerances: Tolerances
  },
): Proposal {
  const { currentReplicas, pods, usageMilli } = given
  const usageRatio = Number(usageMilli) / Number(targetMilli)
  const found = { usageMilli, usageRatio }
  // No pods, so nothing to be tolerant of: from none it goes to as many as the ratio says.
  if (currentReplicas === 0) return { ...found, replicas: roundUp(usageRatio), podCount: 1 }
  const podCount = pods.filter((pod) => pod.status?.phase === 'Running' && isPodReady(pod)).length
  if (isTolerated(usageRatio, given.tolerances)) return { ...found, replicas: currentReplicas, podCount }
  if (pods.length === 0) {
    throw new CalculationError(
      'unable to calculate ready pods: no pods returned by selector while calculating replica count',
    )
  }
  return { ...found, replicas: roundUp(usageRatio * podCount), podCount }
}

/** One figure for the whole target, divided by the number of its pods (`type: AverageValue`). */
export function proposeByShare(
  targetMilli: bigint,
  given: { readonly statusReplicas: number; readonly usageMilli: bigint; readonly tolerances: Tolerances },
): Proposal {
  const { statusReplicas, usageMilli, tolerances } = given
  const usageRatio = Number(usageMilli) / (Number(targetMilli) * statusReplicas)
  const replicas = isTolerated(usageRatio, tolerances)
    ? statusReplicas
    : roundUp(Number(usageMilli) / Number(targetMilli))
  return { replicas, usageMilli: usagePerPod(usageMilli, statusReplicas), usageRatio, podCount: statusReplicas }
}

export function usagePerPod(usage: bigint, replicas: number): bigint {
  if (replicas === 0) return 0n
  const divisor = BigInt(replicas)
  return (usage + divisor - 1n) / divisor
}

/** As an int64 can hold it. */
export function sumOf(values: Iterable<bigint>): bigint {
  let sum = 0n
  for (const value of values) sum += value
  return sum > INT64_MAX ? INT64_MAX : sum
}

interface Usage {
  readonly ratio: number
  readonly usageMilli: bigint
  readonly utilization?: number
}

/** The pods in groups, and the figures of those that are to be believed. */
function believable({ pods, metrics, grouping }: PodsCase): {
  readonly groups: PodGroups
  readonly metrics: ReadonlyMap<string, bigint>
} {
  if (pods.length === 0) throw new CalculationError('no pods returned by selector while calculating replica count')
  const groups = groupPods(pods, metrics, grouping)
  const believed = new Map<string, bigint>()
  for (const [pod, { valueMilli }] of metrics) {
    if (!groups.ignored.has(pod) && !groups.unready.has(pod)) believed.set(pod, valueMilli)
  }
  if (believed.size === 0)
    throw new CalculationError('did not receive metrics for targeted pods (pods might be unready)')
  return { groups, metrics: believed }
}

function propose(
  { currentReplicas, tolerances }: PodsCase,
  {
    groups,
    metrics,
    ratioOf,
    fullValueOf,
  }: {
    readonly groups: PodGroups
    readonly metrics: ReadonlyMap<string, bigint>
    ratioOf(values: ReadonlyMap<string, bigint>): Usage
    /** What a pod is taken to use that uses just its target. */
    fullValueOf(pod: string): bigint
  },
): Proposal {
  const { ratio, ...usage } = ratioOf(metrics)
  const countsUnready = groups.unready.size > 0 && ratio > 1
  if (!countsUnready && groups.missing.size === 0) {
    const found = { ...usage, usageRatio: ratio, podCount: groups.readyCount }
    if (isTolerated(ratio, tolerances)) return { ...found, replicas: currentReplicas }
    return { ...found, replicas: roundUp(ratio * groups.readyCount) }
  }

  const assumed = new Map(metrics)
  if (ratio < 1) for (const pod of groups.missing) assumed.set(pod, fullValueOf(pod))
  if (ratio > 1) for (const pod of groups.missing) assumed.set(pod, 0n)
  if (countsUnready) for (const pod of groups.unready) assumed.set(pod, 0n)
  const { ratio: assumedRatio } = ratioOf(assumed)
  const found = { ...usage, usageRatio: assumedRatio, podCount: assumed.size }
  const turnsRound = (ratio < 1 && assumedRatio > 1) || (ratio > 1 && assumedRatio < 1)
  if (isTolerated(assumedRatio, tolerances) || turnsRound) return { ...found, replicas: currentReplicas }
  const replicas = roundUp(assumedRatio * assumed.size)
  const goesBack = (assumedRatio < 1 && replicas > currentReplicas) || (assumedRatio > 1 && replicas < currentReplicas)
  return { ...found, replicas: goesBack ? currentReplicas : replicas }
}

/** Pods that are measured but request nothing known to us belong to somebody else. */
function utilizationOf(
  values: ReadonlyMap<string, bigint>,
  requests: ReadonlyMap<string, bigint>,
  targetUtilization: number,
): Usage {
  let used = 0n
  let requested = 0n
  let count = 0n
  for (const [pod, value] of values) {
    const request = requests.get(pod)
    if (request === undefined) continue
    used += value
    requested += request
    count++
  }
  if (requested === 0n) throw new CalculationError('no metrics returned matched known pods')
  const utilization = Number((used * 100n) / requested)
  return { ratio: utilization / targetUtilization, usageMilli: used / count, utilization }
}

function roundUp(replicas: number): number {
  return Math.min(Math.ceil(replicas), INT32_MAX)
}
