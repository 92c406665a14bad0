import type { MetricsOverride, MetricsRule, WorkloadMode } from '../config/types/telemetry.ts'
import { Expression } from './expression.ts'
import { METRIC_KEYS, type MetricKey } from './metric-names.ts'
import type { Side } from './series.ts'

/** What Telemetry says of the metrics of one workload's proxy. Rules: istio/istio pilot/pkg/model/telemetry.go `mergeMetrics`. */
export interface MetricPolicy {
  /** Undefined where a metric is as it is by itself. */
  readonly of: (side: Side, metric: MetricKey) => MetricChange | undefined
  /** Whether anything has to be asked of each request. */
  readonly asksRequests: boolean
}

export interface MetricChange {
  readonly isDisabled: boolean
  readonly removed: ReadonlySet<string>
  /** By label, in the order of the alphabet. */
  readonly added: readonly (readonly [label: string, value: Expression])[]
}

/** All standard metrics with all their labels. */
export const PLAIN_METRICS: MetricPolicy = { of: () => undefined, asksRequests: false }

const SIDES: readonly Side[] = ['client', 'server']

/** `rules` of the mesh, then of the namespace, then of the workload: later ones count more. */
export function metricPolicy(rules: readonly MetricsRule[]): MetricPolicy {
  const overrides = rules.flatMap((rule) => rule.overrides ?? [])
  if (overrides.length === 0) return PLAIN_METRICS
  const changes = new Map<string, MetricChange>()
  for (const side of SIDES) {
    const own = overrides.filter(({ match }) => isFor(match?.mode, side))
    for (const metric of METRIC_KEYS) {
      const change = changeOf(own, metric)
      if (change !== undefined) changes.set(`${side}/${metric}`, change)
    }
  }
  const asksRequests = [...changes.values()].some(({ added }) => added.length > 0)
  return { of: (side, metric) => changes.get(`${side}/${metric}`), asksRequests }
}

export function isFor(mode: WorkloadMode | undefined, side: Side): boolean {
  return mode !== (side === 'client' ? 'SERVER' : 'CLIENT')
}

function changeOf(overrides: readonly MetricsOverride[], metric: MetricKey): MetricChange | undefined {
  const own = overrides.filter(({ match }) => isAbout(match, metric))
  if (own.length === 0) return undefined
  const isDisabled = own.findLast(({ disabled }) => disabled !== undefined)?.disabled ?? false
  const tags = new Map(own.flatMap(({ tagOverrides = {} }) => Object.entries(tagOverrides)))
  const named = [...tags].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return {
    isDisabled,
    removed: new Set(named.flatMap(([label, { operation }]) => (operation === 'REMOVE' ? [label] : []))),
    added: named.flatMap(([label, { operation, value = '' }]) => {
      const expression = operation === 'REMOVE' ? undefined : Expression.of(value)
      return expression === undefined ? [] : [[label, expression] as const]
    }),
  }
}

/** Metrics of the user's own are of other filters. */
function isAbout(match: MetricsOverride['match'], metric: MetricKey): boolean {
  if (match?.customMetric !== undefined) return false
  const named = match?.metric ?? 'ALL_METRICS'
  return named === 'ALL_METRICS' || named === metric
}
