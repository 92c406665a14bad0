import type { CrossVersionObjectReference, MetricIdentifier } from '../../api/types.generated.ts'
import type { LabelMatcher } from '../../api/selectors/label-matcher.ts'

/** What one pod was measured to use, or any other figure of its own. */
export interface PodMetric {
  readonly valueMilli: bigint
  readonly timestampMs: number
  /** Over how long it was measured. */
  readonly windowMs: number
}

/** By name of the pod. */
export type PodMetrics = ReadonlyMap<string, PodMetric>

export interface ResourceMetricQuery {
  readonly resource: string
  readonly namespace: string
  readonly podSelector: LabelMatcher
  /** Only what this container uses. */
  readonly container?: string
}

export interface PodsMetricQuery {
  readonly metric: MetricIdentifier
  readonly namespace: string
  readonly podSelector: LabelMatcher
}

export interface ObjectMetricQuery {
  readonly metric: MetricIdentifier
  readonly namespace: string
  readonly object: CrossVersionObjectReference
}

export interface ExternalMetricQuery {
  readonly metric: MetricIdentifier
  readonly namespace: string
}

/**
 * Where autoscalers get their figures: upstream the three metrics APIs (metrics.k8s.io, custom.metrics.k8s.io,
 * external.metrics.k8s.io). Each throws when there is no answer; the message ends up in the autoscaler's condition.
 */
export interface MetricsSource {
  resource(query: ResourceMetricQuery): Promise<PodMetrics>
  pods(query: PodsMetricQuery): Promise<PodMetrics>
  object(query: ObjectMetricQuery): Promise<bigint>
  /** One value for each series that the metric's selector matches: their sum counts. */
  external(query: ExternalMetricQuery): Promise<readonly bigint[]>
}
