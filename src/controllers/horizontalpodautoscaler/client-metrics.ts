import { StatusError } from '../../api/errors.ts'
import { type Kind, parseApiVersion } from '../../api/kind.ts'
import {
  ALL_OBJECTS,
  CUSTOM_METRICS_VERSIONS,
  externalMetricKind,
  type ExternalMetricValueList,
  type MetricValueList,
  namespaceMetricKind,
  objectMetricKind,
} from '../../api/kinds/metrics/metric-values.ts'
import { PodMetrics as PodMetricsObject } from '../../api/kinds/metrics/pod-metrics.ts'
import { scaledValueOf } from '../../api/quantity.ts'
import { quantity } from '../../api/quantity-cache.ts'
import { matcherOfSelector } from '../../api/selectors/label-selector.ts'
import type { CrossVersionObjectReference, MetricIdentifier } from '../../api/types.generated.ts'
import type { Client, ReadOptions } from '../../client/client.ts'
import type {
  ExternalMetricQuery,
  MetricsSource,
  ObjectMetricQuery,
  PodMetric,
  PodMetrics,
  PodsMetricQuery,
  ResourceMetricQuery,
} from './metrics-source.ts'

const MILLI = -3
/** Over how long a metric is taken to be measured that does not say (kubernetes/kubernetes pkg/controller/podautoscaler/metrics/client.go). */
const WINDOW_MS = 60_000
const NAMESPACE = 'Namespace'

/** Figures from the metrics APIs of a cluster, its own or any other: metrics.k8s.io and those for metrics of users' own. */
export class ClientMetrics implements MetricsSource {
  readonly #client: Client

  constructor(client: Client) {
    this.#client = client
  }

  async resource({ resource, namespace, podSelector, container }: ResourceMetricQuery): Promise<PodMetrics> {
    const options = { namespace, labelSelector: podSelector.toString() }
    const { items } = await asking('resource', () => this.#client.list(PodMetricsObject, options))
    const metrics = new Map<string, PodMetric>()
    for (const item of items) {
      const valueMilli = usageOf(item, { resource, container })
      if (valueMilli === undefined) continue
      const windowMs = Number.parseFloat(item.window) * 1_000
      metrics.set(item.metadata.name, { valueMilli, timestampMs: Date.parse(item.timestamp), windowMs })
    }
    return metrics
  }

  async pods({ metric, namespace, podSelector }: PodsMetricQuery): Promise<PodMetrics> {
    const of = { resource: 'pods', namespaced: true, metric: metric.name }
    const options = { ...selectorOf(metric), labelSelector: podSelector.toString() }
    const { items } = await this.#custom((version) =>
      this.#client.read(
        objectMetricKind({ version, ...of }),
        { namespace, name: ALL_OBJECTS },
        {
          subresource: metric.name,
          ...options,
        },
      ),
    )
    return new Map(
      items.map(({ describedObject, timestamp, windowSeconds, value }) => {
        const windowMs = windowSeconds === undefined ? WINDOW_MS : windowSeconds * 1_000
        return [describedObject.name, { valueMilli: milliOf(value), timestampMs: Date.parse(timestamp), windowMs }]
      }),
    )
  }

  async object({ metric, namespace, object }: ObjectMetricQuery): Promise<bigint> {
    const options = selectorOf(metric)
    const { items } = await this.#custom((version) => {
      if (object.kind === NAMESPACE && parseApiVersion(object.apiVersion ?? '').group === '') {
        const key = { namespace: object.name, name: metric.name }
        return this.#client.read(namespaceMetricKind(version), key, options)
      }
      const { namespaced, ...of } = this.#resourceOf(object)
      const kind = objectMetricKind({ version, ...of, namespaced, metric: metric.name })
      return this.#client.read(kind, { namespace, name: object.name }, { subresource: metric.name, ...options })
    })
    const [first] = items
    if (first === undefined) throw new Error('unable to fetch metrics from custom metrics API: no metric was returned')
    return milliOf(first.value)
  }

  async external({ metric, namespace }: ExternalMetricQuery): Promise<readonly bigint[]> {
    const { metricLabelSelector: labelSelector } = selectorOf(metric)
    const options = { namespace, ...(labelSelector === undefined ? {} : { labelSelector }) }
    const { items } = (await asking('external', () =>
      this.#client.list(externalMetricKind(metric.name), options),
    )) as unknown as ExternalMetricValueList
    if (items.length === 0) throw new Error('no metrics returned from external metrics API')
    return items.map(({ value }) => milliOf(value))
  }

  /** Asks by the newest version that is served. */
  #custom(read: (version: string) => Promise<unknown>): Promise<MetricValueList> {
    return asking('custom', async () => {
      let unserved: unknown
      for (const version of CUSTOM_METRICS_VERSIONS) {
        try {
          return (await read(version)) as MetricValueList
        } catch (error) {
          if (!isUnserved(error)) throw error
          unserved = error
        }
      }
      throw unserved
    })
  }

  /** `services`, `ingresses.networking.k8s.io`: what an object's metrics lie below. */
  #resourceOf({ apiVersion = '', kind }: CrossVersionObjectReference): {
    readonly resource: string
    readonly namespaced: boolean
  } {
    const { scheme } = this.#client
    const { group } = parseApiVersion(apiVersion)
    const isIt = (one: Kind): boolean => one.kind === kind && one.group === group
    const found = scheme.byKind(apiVersion, kind) ?? scheme.kinds().find(isIt)
    if (found === undefined) {
      throw new Error(`no matches for kind ${JSON.stringify(kind)} in group ${JSON.stringify(group)}`)
    }
    const { plural, namespaced } = found
    return { resource: group === '' ? plural : `${plural}.${group}`, namespaced }
  }
}

async function asking<T>(api: 'resource' | 'custom' | 'external', read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    const words = isUnserved(error) ? unserved(api) : error instanceof Error ? error.message : String(error)
    throw new Error(`unable to fetch metrics from ${api} metrics API: ${words}`, { cause: error })
  }
}

/** Whether it is the API that is missing, and not what was asked of it: then no more is said than that. */
function isUnserved(error: unknown): boolean {
  if (!(error instanceof StatusError) || error.code !== 404) return false
  return /^404 page not found|^the server could not find the requested resource/.test(error.message)
}

function unserved(api: string): string {
  const group = api === 'resource' ? 'metrics.k8s.io' : `${api}.metrics.k8s.io`
  return `no ${api} metrics API (${group}) registered`
}

function selectorOf({ selector }: MetricIdentifier): Pick<ReadOptions, 'metricLabelSelector'> {
  const text = selector === undefined ? '' : matcherOfSelector(selector).toString()
  return text === '' ? {} : { metricLabelSelector: text }
}

function milliOf(value: string): bigint {
  return scaledValueOf(quantity(value), MILLI)
}

/** A pod counts only with all of its containers, or with the one that is asked for. */
function usageOf(
  { containers }: PodMetricsObject,
  { resource, container }: { readonly resource: string; readonly container: string | undefined },
): bigint | undefined {
  const asked = container === undefined ? containers : containers.filter(({ name }) => name === container)
  if (asked.length === 0) return undefined
  let sum = 0n
  for (const { usage } of asked) {
    const amount = usage[resource]
    if (amount === undefined) return undefined
    sum += scaledValueOf(quantity(amount), MILLI)
  }
  return sum
}
