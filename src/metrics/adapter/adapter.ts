import type { LabelMatcher } from '../../api/selectors/label-matcher.ts'
import type { Clock } from '../../world/clock.ts'
import type { Labels } from '../model/labels.ts'
import type { AdapterConfig, MetricRule } from './adapter-config.ts'
import { type AdapterSource, cachedSource } from './adapter-source.ts'
import { labelOf, metricName, NAMESPACE, namesFrom, type ObjectMetricName, type ResourceNames } from './metric-names.ts'
import { conditionsOf, type LabelCondition, oneOf } from './metric-query.ts'

/** How long a list of series stands: a round of the autoscalers. prometheus-adapter's own is ten minutes. */
const SERIES_KEPT_MS = 15_000

export interface ObjectsQuery {
  readonly metric: string
  readonly resource: ResourceNames
  /** Absent for objects of the cluster. */
  readonly namespace?: string
  readonly names: readonly string[]
  /** Conditions on the metric's own labels. */
  readonly metricSelector: LabelMatcher
}

export interface ExternalQuery {
  readonly metric: string
  readonly namespace: string
  readonly metricSelector: LabelMatcher
}

export interface ExternalValue {
  readonly labels: Readonly<Record<string, string>>
  readonly valueMilli: bigint
}

/** Answers for custom and external metrics by rules of prometheus-adapter. */
export class MetricsAdapter {
  readonly #source: AdapterSource
  #rules: readonly MetricRule[] = []
  #externalRules: readonly MetricRule[] = []

  constructor(source: AdapterSource, clock: Clock) {
    this.#source = cachedSource(source, { clock, maxAgeMs: SERIES_KEPT_MS })
  }

  /** From now on these rules hold. The first one that has a metric answers for it. */
  use(configs: readonly AdapterConfig[]): void {
    this.#rules = configs.flatMap(({ rules }) => rules)
    this.#externalRules = configs.flatMap(({ externalRules }) => externalRules)
  }

  /** An API without any rule is not served at all. */
  serves(api: 'custom' | 'external'): boolean {
    return (api === 'custom' ? this.#rules : this.#externalRules).length > 0
  }

  /** Which metrics objects of these resources have. Nothing, while the source does not answer. */
  async objectMetrics(resources: readonly ResourceNames[]): Promise<readonly ObjectMetricName[]> {
    const names = new Map<string, ObjectMetricName>()
    for (const rule of this.#rules) {
      for (const name of namesFrom(rule, { series: await this.#listed(rule), resources })) {
        const { resource, metric } = name
        names.set(`${resource.plural}.${resource.group}/${metric}`, name)
      }
    }
    return [...names.values()]
  }

  async externalMetrics(): Promise<readonly string[]> {
    const names = new Set<string>()
    for (const rule of this.#externalRules) {
      for (const { metricName: series } of await this.#listed(rule)) {
        const metric = metricName(rule, series)
        if (metric !== undefined) names.add(metric)
      }
    }
    return [...names].sort()
  }

  /** A metric of objects, by their names. Objects without a value are left out; `undefined` when nothing gives the metric. */
  async objects(query: ObjectsQuery): Promise<ReadonlyMap<string, bigint> | undefined> {
    const { metric, resource, namespace, names, metricSelector } = query
    const own = conditionsOf(metricSelector)
    if (own === undefined) return undefined
    for (const rule of this.#rules) {
      const label = labelOf(rule, resource)
      if (label === undefined) continue
      const series = await this.#seriesNamed(rule, metric, (labels) => labels.has(label))
      if (series === undefined) continue
      const conditions = [...own, ...namespaceCondition(rule, namespace), oneOf(label, names)]
      const samples = await this.#source.query(rule.metricsQuery.fill({ series, conditions, groupBy: [label] }))
      return new Map(samples.map(({ labels, value }) => [labels.get(label), milliOf(value)]))
    }
    return undefined
  }

  /** Every series of an external metric; `undefined` when nothing gives the metric. */
  async external({ metric, namespace, metricSelector }: ExternalQuery): Promise<readonly ExternalValue[] | undefined> {
    for (const rule of this.#externalRules) {
      const series = await this.#seriesNamed(rule, metric, () => true)
      if (series === undefined) continue
      const own = conditionsOf(metricSelector)
      if (own === undefined) throw new Error('operator not supported by prometheus')
      const conditions = [...own, ...(rule.resources.namespaced ? namespaceCondition(rule, namespace) : [])]
      const label = labelOf(rule, NAMESPACE)
      const groupBy = label === undefined ? [] : [label]
      const samples = await this.#source.query(rule.metricsQuery.fill({ series, conditions, groupBy }))
      return samples.map(({ labels, value }) => ({ labels: labels.toObject(), valueMilli: milliOf(value) }))
    }
    return undefined
  }

  /** The name of a series that the rule turns into the metric. */
  async #seriesNamed(rule: MetricRule, metric: string, fits: (labels: Labels) => boolean): Promise<string | undefined> {
    const all = await this.#source.series(rule.seriesQuery)
    return all.find((labels) => fits(labels) && metricName(rule, labels.metricName) === metric)?.metricName
  }

  /** For lists of what there is: they must not fail because a Prometheus does not answer, or no discovery would work. */
  async #listed(rule: MetricRule): Promise<readonly Labels[]> {
    try {
      return await this.#source.series(rule.seriesQuery)
    } catch {
      // Whoever asks for a metric itself is told why.
      return []
    }
  }
}

function namespaceCondition(rule: MetricRule, namespace: string | undefined): readonly LabelCondition[] {
  const label = namespace === undefined ? undefined : labelOf(rule, NAMESPACE)
  return label === undefined || namespace === undefined ? [] : [{ name: label, op: '=', value: namespace }]
}

/** Not a number counts for nothing, as in prometheus-adapter. */
function milliOf(value: number): bigint {
  return Number.isFinite(value) ? BigInt(Math.trunc(value * 1_000)) : 0n
}
