import type { LabelMatcher } from '../../api/selectors/label-matcher.ts'

/** A resource by all of its names. */
export interface ResourceNames {
  readonly group: string
  /** `pods` */
  readonly plural: string
  /** `pod` */
  readonly singular: string
  readonly namespaced: boolean
}

export interface ObjectMetricsQuery {
  readonly metric: string
  readonly resource: ResourceNames
  /** Absent for objects of the cluster. */
  readonly namespace?: string
  readonly names: readonly string[]
  /** Conditions on the metric's own labels. */
  readonly metricSelector: LabelMatcher
}

export interface ExternalMetricsQuery {
  readonly metric: string
  readonly namespace: string
  readonly metricSelector: LabelMatcher
}

/** A metric that some objects of a resource have. */
export interface ObjectMetricName {
  readonly resource: ResourceNames
  readonly metric: string
}

/**
 * Who has the figures behind custom.metrics.k8s.io and external.metrics.k8s.io. What it throws is answered as an internal
 * error; `undefined` says that there is no such metric.
 */
export interface MetricProvider {
  /** An API without any rule is not served at all. */
  serves(api: 'custom' | 'external'): boolean
  /** Which metrics objects of these resources have. */
  objectMetrics(resources: readonly ResourceNames[]): Promise<readonly ObjectMetricName[]>
  externalMetrics(): Promise<readonly string[]>
  /** By name of the object, in thousandths. */
  objects(query: ObjectMetricsQuery): Promise<ReadonlyMap<string, bigint> | undefined>
  external(query: ExternalMetricsQuery): Promise<readonly ExternalValue[] | undefined>
}

export interface ExternalValue {
  readonly labels: Readonly<Record<string, string>>
  readonly valueMilli: bigint
}
