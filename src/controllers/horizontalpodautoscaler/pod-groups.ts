import { podCondition } from '../../api/kinds/pod-spec/pod-state.ts'
import type { Pod } from '../../api/types.generated.ts'
import type { AutoscalerOptions } from './autoscaler-options.ts'
import type { PodMetric, PodMetrics } from './metrics-source.ts'

/** Pods of a target, by how far their figures may be believed. */
export interface PodGroups {
  readonly readyCount: number
  /** Not started, or still starting: what they use says nothing yet. */
  readonly unready: ReadonlySet<string>
  readonly missing: ReadonlySet<string>
  /** On their way out, or done. */
  readonly ignored: ReadonlySet<string>
}

export interface GroupingContext extends Pick<
  AutoscalerOptions,
  'cpuInitializationPeriodMs' | 'initialReadinessDelayMs'
> {
  readonly resource: string
  readonly nowMs: number
}

/** kubernetes/kubernetes:pkg/controller/podautoscaler/replica_calculator.go groupPods. */
export function groupPods(pods: readonly Pod[], metrics: PodMetrics, context: GroupingContext): PodGroups {
  const unready = new Set<string>()
  const missing = new Set<string>()
  const ignored = new Set<string>()
  let readyCount = 0
  for (const pod of pods) {
    const { name, deletionTimestamp } = pod.metadata
    const phase = pod.status?.phase
    const metric = metrics.get(name)
    if (deletionTimestamp !== undefined || phase === 'Failed' || phase === 'Succeeded') ignored.add(name)
    else if (phase === 'Pending') unready.add(name)
    else if (metric === undefined) missing.add(name)
    else if (context.resource === 'cpu' && isStarting(pod, metric, context)) unready.add(name)
    else readyCount++
  }
  return { readyCount, unready, missing, ignored }
}

/**
 * What a pod uses while it starts is no measure of its load. Within the initialization period only figures taken
 * wholly after it became ready count; later, only pods that have never been ready are left out.
 */
function isStarting(pod: Pod, metric: PodMetric, context: GroupingContext): boolean {
  const ready = podCondition(pod, 'Ready')
  const startTime = pod.status?.startTime
  if (ready === undefined || startTime === undefined) return true
  const startMs = Date.parse(startTime)
  const transitionMs = ready.lastTransitionTime === undefined ? 0 : Date.parse(ready.lastTransitionTime)
  if (startMs + context.cpuInitializationPeriodMs > context.nowMs) {
    return ready.status === 'False' || metric.timestampMs < transitionMs + metric.windowMs
  }
  return ready.status === 'False' && startMs + context.initialReadinessDelayMs > transitionMs
}
