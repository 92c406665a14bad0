import { PodMetrics as PodMetricsObject } from '../../api/kinds/metrics/pod-metrics.ts'
import { scaledValueOf } from '../../api/quantity.ts'
import { quantity } from '../../api/quantity-cache.ts'
import type { Client } from '../../client/client.ts'
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

/** Whoever answers for metrics of users' own: custom.metrics.k8s.io and external.metrics.k8s.io. */
export type CustomMetrics = Pick<MetricsSource, 'pods' | 'object' | 'external'>

/** Figures from the metrics APIs: resources through the client, all others from who has them. */
export class ClientMetrics implements MetricsSource {
  readonly #client: Client
  readonly #custom: CustomMetrics | undefined

  constructor(client: Client, custom?: CustomMetrics) {
    this.#client = client
    this.#custom = custom
  }

  async resource({ resource, namespace, podSelector, container }: ResourceMetricQuery): Promise<PodMetrics> {
    const options = { namespace, labelSelector: podSelector.toString() }
    const { items } = await this.#asking('resource metrics', () => this.#client.list(PodMetricsObject, options))
    const metrics = new Map<string, PodMetric>()
    for (const item of items) {
      const valueMilli = usageOf(item, { resource, container })
      if (valueMilli === undefined) continue
      const windowMs = Number.parseFloat(item.window) * 1_000
      metrics.set(item.metadata.name, { valueMilli, timestampMs: Date.parse(item.timestamp), windowMs })
    }
    return metrics
  }

  pods(query: PodsMetricQuery): Promise<PodMetrics> {
    return this.#asking('custom metrics', () => this.#registered('custom').pods(query))
  }

  object(query: ObjectMetricQuery): Promise<bigint> {
    return this.#asking('custom metrics', () => this.#registered('custom').object(query))
  }

  external(query: ExternalMetricQuery): Promise<readonly bigint[]> {
    return this.#asking('external metrics', () => this.#registered('external').external(query))
  }

  #registered(api: 'custom' | 'external'): CustomMetrics {
    if (this.#custom === undefined) throw new Error(`no ${api} metrics API (${api}.metrics.k8s.io) registered`)
    return this.#custom
  }

  async #asking<T>(api: string, read: () => Promise<T>): Promise<T> {
    try {
      return await read()
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error)
      throw new Error(`unable to fetch metrics from ${api} API: ${words}`, { cause: error })
    }
  }
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
