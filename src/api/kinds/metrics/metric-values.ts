import type { Kind } from '../../kind.ts'
import type { LabelSelector } from '../../types.generated.ts'

/*
 * The bodies of custom.metrics.k8s.io and external.metrics.k8s.io (kubernetes/metrics pkg/apis/custom_metrics and
 * external_metrics). Which resources these groups have depends on the metrics that there are, so no scheme has their
 * kinds: one is made for each request.
 */

export const CUSTOM_METRICS = 'custom.metrics.k8s.io'
export const EXTERNAL_METRICS = 'external.metrics.k8s.io'
/** The preferred one first. */
export const CUSTOM_METRICS_VERSIONS: readonly string[] = ['v1beta2', 'v1beta1']
export const EXTERNAL_METRICS_VERSION = 'v1beta1'
/** What stands in place of a name when all objects are meant. */
export const ALL_OBJECTS = '*'

interface MetricValueBase {
  readonly describedObject: DescribedObject
  readonly timestamp: string
  /** Over how long it was measured, where that is known. */
  readonly windowSeconds?: number
  /** A quantity. */
  readonly value: string
}

export interface DescribedObject {
  readonly kind: string
  readonly namespace?: string
  readonly name: string
  readonly apiVersion: string
}

/** As v1beta1 has it. */
export interface MetricValueV1Beta1 extends MetricValueBase {
  readonly metricName: string
  readonly selector: LabelSelector | null
}

/** As v1beta2 has it. */
export interface MetricValue extends MetricValueBase {
  readonly metric: { readonly name: string; readonly selector: LabelSelector | null }
}

export interface MetricValueList {
  readonly kind: 'MetricValueList'
  readonly apiVersion: string
  readonly metadata: Readonly<Record<string, never>>
  readonly items: readonly (MetricValue | MetricValueV1Beta1)[]
}

export interface ExternalMetricValue {
  readonly metricName: string
  readonly metricLabels: Readonly<Record<string, string>>
  readonly timestamp: string
  readonly value: string
}

export interface ExternalMetricValueList {
  readonly kind: 'ExternalMetricValueList'
  readonly apiVersion: string
  readonly metadata: Readonly<Record<string, never>>
  readonly items: readonly ExternalMetricValue[]
}

/** `pods/web-1/http_requests`: `resource` with its group (`deployments.apps`), the metric as a subresource. */
export function objectMetricKind(of: {
  readonly version: string
  readonly resource: string
  readonly namespaced: boolean
  readonly metric: string
}): Kind {
  const { version, resource, namespaced, metric } = of
  const listed = { group: CUSTOM_METRICS, version, kind: 'MetricValueList' }
  return {
    ...computed(CUSTOM_METRICS, version, 'MetricValueList'),
    plural: resource,
    namespaced,
    verbs: [],
    subresources: [{ name: metric, verbs: ['get'], ...listed }],
  }
}

/** `namespaces/shop/metrics/http_requests`: a metric of the namespace itself. */
export function namespaceMetricKind(version: string): Kind {
  const kind = computed(CUSTOM_METRICS, version, 'MetricValueList')
  return { ...kind, plural: 'metrics', namespaced: true, verbs: ['get'] }
}

/** `namespaces/shop/match_viewers`: all series of a metric that is of no object. */
export function externalMetricKind(metric: string): Kind {
  const kind = computed(EXTERNAL_METRICS, EXTERNAL_METRICS_VERSION, 'ExternalMetricValueList')
  return { ...kind, plural: metric, namespaced: true, verbs: ['list'] }
}

function computed(
  group: string,
  version: string,
  kind: string,
): Pick<Kind, 'group' | 'version' | 'kind' | 'singular' | 'generation' | 'custom' | 'schema'> {
  return { group, version, kind, singular: '', generation: 'none', custom: true, schema: () => ({ type: 'object' }) }
}
