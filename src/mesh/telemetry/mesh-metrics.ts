import type { ConnectionRecord, ExchangeRecord, Parties } from '../exchange/records.ts'
import type { Workload } from '../registry/workload.ts'
import type { MeshFamily } from './exposed-family.ts'
import { isGrpcRequest } from './labels.ts'
import { METRIC_KEYS } from './metric-names.ts'
import { type MetricPolicy, PLAIN_METRICS } from './metric-policy.ts'
import { ProxyMetrics } from './proxy-metrics.ts'

export interface MeshMetricsOptions {
  /** What Telemetry says for a workload's proxy; asked once for each record, so it should be quick. Absent: nothing. */
  policyOf?(proxy: Workload | undefined): MetricPolicy
}

/** How long a series is kept that nothing is added to: longer than scrapes look back. */
const IDLE_MS = 15 * 60_000
const SWEEP_EVERY_MS = 60_000

/** Istio's standard metrics of all proxies of a process, each of which is scraped alone. */
export class MeshMetrics {
  readonly #policyOf: (proxy: Workload | undefined) => MetricPolicy
  readonly #byProxy = new WeakMap<object, ProxyMetrics>()
  /** By namespace and address: a proxy keeps its counts when something else about its workload changes. */
  readonly #byAddress = new Map<string, ProxyMetrics>()
  #sweptMs = -Infinity

  constructor(options: MeshMetricsOptions = {}) {
    this.#policyOf = (proxy) => options.policyOf?.(proxy) ?? PLAIN_METRICS
  }

  /** To be called when an exchange has ended; `policy` where the caller has looked it up already. */
  exchange(record: ExchangeRecord, policy: MetricPolicy = this.#policyOf(record.proxy)): void {
    this.#of(record).exchange(record, { isGrpc: isGrpcRequest(record), policy })
  }

  connectionOpened(record: ConnectionRecord): void {
    this.#of(record).connectionOpened(record, this.#policyOf(record.proxy))
  }

  connection(record: ConnectionRecord, policy: MetricPolicy = this.#policyOf(record.proxy)): void {
    this.#of(record).connection(record, policy)
  }

  /** What a scrape of one workload's proxy reads; without a proxy, that of all together. */
  families(proxy?: Workload): readonly MeshFamily[] {
    const tables = proxy === undefined ? [...this.#byAddress.values()] : [this.#byAddress.get(addressKey(proxy))]
    const found = tables.flatMap((table) => table ?? [])
    return METRIC_KEYS.map((metric) => ProxyMetrics.family(found, metric))
  }

  #of(record: Parties): ProxyMetrics {
    const { proxy = NOBODY, endMs } = record
    if (endMs - this.#sweptMs > SWEEP_EVERY_MS) this.#sweep(endMs)
    const known = this.#byProxy.get(proxy)
    if (known !== undefined) return known
    const key = record.proxy === undefined ? '' : addressKey(record.proxy)
    const metrics = this.#byAddress.get(key) ?? new ProxyMetrics(() => this.#policyOf(record.proxy))
    this.#byAddress.set(key, metrics)
    this.#byProxy.set(proxy, metrics)
    return metrics
  }

  #sweep(nowMs: number): void {
    this.#sweptMs = nowMs
    for (const [, metrics] of this.#byAddress) metrics.evict(nowMs - IDLE_MS)
  }
}

const NOBODY = {}

function addressKey({ namespace, addresses, name }: Workload): string {
  return `${namespace}/${addresses[0] ?? name}`
}
