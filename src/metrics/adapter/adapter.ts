import type { Matcher } from '../model/matcher.ts'
import type { Labels } from '../model/labels.ts'
import type { RuleSample } from '../rules/rule-query.ts'
import type { AdapterConfig, MetricRule } from './adapter-config.ts'

/** Where the adapter reads: the series that there are, and PromQL. */
export interface AdapterSource {
  /** Labels of the series that a selector matches, of late. */
  series(selector: string): Promise<readonly Labels[]>
  query(expr: string): Promise<readonly RuleSample[]>
}

/** A resource by all of its names. */
export interface ResourceNames {
  readonly group: string
  /** `pods` */
  readonly plural: string
  /** `pod` */
  readonly singular: string
  readonly namespaced: boolean
}

/** A figure of one object, or of one series of an external metric. */
export interface AdapterValue {
  /** Name of the object; `''` for external metrics. */
  readonly name: string
  readonly labels: Labels
  readonly valueMilli: bigint
}

export interface ObjectsQuery {
  readonly metric: string
  readonly resource: ResourceNames
  /** Absent for objects of the cluster. */
  readonly namespace?: string
  readonly names: readonly string[]
  /** Conditions on the metric's own labels. */
  readonly selector: readonly LabelCondition[]
}

/** A condition as a PromQL matcher has it. */
export type LabelCondition = Pick<Matcher, 'name' | 'op' | 'value'>

/** A metric that no rule gives; in the words of the custom metrics API. */
export class MetricNotFound extends Error {
  override readonly name = 'MetricNotFound'
}

const NAMESPACE: ResourceNames = { group: '', plural: 'namespaces', singular: 'namespace', namespaced: false }

/** Answers for custom and external metrics by rules of prometheus-adapter. */
export class MetricsAdapter {
  readonly #config: AdapterConfig
  readonly #source: AdapterSource

  constructor(config: AdapterConfig, source: AdapterSource) {
    this.#config = config
    this.#source = source
  }

  /** Names of the metrics that some object of each resource has: `pods/http_requests`. */
  async customMetricNames(resources: readonly ResourceNames[]): Promise<readonly string[]> {
    const names = new Set<string>()
    for (const rule of this.#config.rules) {
      for (const labels of await this.#source.series(rule.seriesQuery)) {
        const metric = metricName(rule, labels.metricName)
        if (metric === undefined) continue
        for (const resource of [...resources, NAMESPACE]) {
          if (labels.get(labelOf(rule, resource) ?? '') !== '') names.add(`${resource.plural}/${metric}`)
        }
      }
    }
    return [...names].sort()
  }

  async externalMetricNames(): Promise<readonly string[]> {
    const names = new Set<string>()
    for (const rule of this.#config.externalRules) {
      for (const { metricName: series } of await this.#source.series(rule.seriesQuery)) {
        const metric = metricName(rule, series)
        if (metric !== undefined) names.add(metric)
      }
    }
    return [...names].sort()
  }

  /** A metric of objects. Objects without a value are left out. Throws a MetricNotFound when nothing gives the metric. */
  async objects(query: ObjectsQuery): Promise<readonly AdapterValue[]> {
    const { metric, resource, namespace, names } = query
    for (const rule of this.#config.rules) {
      const label = labelOf(rule, resource)
      if (label === undefined) continue
      const series = await this.#seriesNamed(rule, metric, (labels) => labels.has(label))
      if (series === undefined) continue
      const conditions: LabelCondition[] = []
      const namespaceLabel = labelOf(rule, NAMESPACE)
      if (namespace !== undefined && namespaceLabel !== undefined) {
        conditions.push({ name: namespaceLabel, op: '=', value: namespace })
      }
      conditions.push(oneOf(label, names), ...query.selector)
      const samples = await this.#source.query(expand(rule, { series, conditions, groupBy: label }))
      const wanted = new Set(names)
      return samples
        .map((sample) => ({ name: sample.labels.get(label), labels: sample.labels, valueMilli: milliOf(sample.value) }))
        .filter(({ name }) => wanted.has(name))
    }
    throw new MetricNotFound(`the server could not find the metric ${metric} for ${resource.plural}`)
  }

  /** Every series of an external metric. */
  async external(
    metric: string,
    { namespace, selector }: { readonly namespace: string; readonly selector: readonly LabelCondition[] },
  ): Promise<readonly AdapterValue[]> {
    for (const rule of this.#config.externalRules) {
      const series = await this.#seriesNamed(rule, metric, () => true)
      if (series === undefined) continue
      const label = rule.resources.namespaced ? labelOf(rule, NAMESPACE) : undefined
      const conditions = label === undefined ? [] : [{ name: label, op: '=' as const, value: namespace }]
      const groupBy = label ?? ''
      const samples = await this.#source.query(
        expand(rule, { series, conditions: [...conditions, ...selector], groupBy }),
      )
      return samples.map(({ labels, value }) => ({ name: '', labels, valueMilli: milliOf(value) }))
    }
    throw new MetricNotFound(`the server could not find the metric ${metric} for namespace ${namespace}`)
  }

  /** The name of a series that the rule turns into the metric. */
  async #seriesNamed(rule: MetricRule, metric: string, fits: (labels: Labels) => boolean): Promise<string | undefined> {
    const all = await this.#source.series(rule.seriesQuery)
    return all.find((labels) => fits(labels) && metricName(rule, labels.metricName) === metric)?.metricName
  }
}

/** What a rule calls the metric of a series; `undefined` when it is not for it. */
function metricName({ seriesFilters, name: { matches, as } }: MetricRule, series: string): string | undefined {
  if (seriesFilters.some(({ pattern, keeps }) => pattern.matcher(series).find() !== keeps)) return undefined
  const matcher = matches.matcher(series)
  if (!matcher.find()) return undefined
  return as.replaceAll(/\$(?:\{(\w+)\}|(\d+))/g, (_whole, braced: string | undefined, plain: string | undefined) => {
    const group = Number(braced ?? plain)
    return Number.isInteger(group) && group <= matches.groupCount() ? (matcher.group(group) ?? '') : ''
  })
}

/** The label that names objects of a resource. */
function labelOf({ resources }: MetricRule, { group, plural, singular }: ResourceNames): string | undefined {
  for (const [label, override] of resources.overrides) {
    const isNamed = override.resource === plural || override.resource === singular
    if (isNamed && override.group === group) return label
  }
  return resources.template?.replaceAll(/<<\s*\.(Resource|Group)\s*>>/g, (_whole, part: string) =>
    part === 'Resource' ? singular : group.replaceAll('.', '_'),
  )
}

function oneOf(name: string, values: readonly string[]): LabelCondition {
  const [first = ''] = values
  return values.length === 1 ? { name, op: '=', value: first } : { name, op: '=~', value: values.join('|') }
}

function expand(
  { metricsQuery }: MetricRule,
  { series, conditions, groupBy }: { series: string; conditions: readonly LabelCondition[]; groupBy: string },
): string {
  const matchers = conditions.map(({ name, op, value }) => `${name}${op}${JSON.stringify(value)}`).join(',')
  const parts: Readonly<Record<string, string>> = { Series: series, LabelMatchers: matchers, GroupBy: groupBy }
  return metricsQuery.replaceAll(/<<\s*\.(\w+)\s*>>/g, (whole, part: string) => parts[part] ?? whole)
}

/** Not a number counts for nothing, as in prometheus-adapter. */
function milliOf(value: number): bigint {
  return Number.isFinite(value) ? BigInt(Math.trunc(value * 1_000)) : 0n
}
