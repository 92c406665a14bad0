import type { ConnectionRecord, ExchangeRecord, Parties } from '../exchange/records.ts'
import type { MeshFamily, MeshMetric } from './exposed-family.ts'
import { BOUNDS, type Histogram } from './histogram.ts'
import {
  CONNECTION_LABELS,
  connectionLabels,
  MESSAGE_LABELS,
  messageLabels,
  REQUEST_LABELS,
  requestLabels,
} from './labels.ts'
import { METRIC_KEYS, type MetricKey, METRICS } from './metric-names.ts'
import type { MetricPolicy } from './metric-policy.ts'
import { mergedMetrics } from './merged-metrics.ts'
import {
  ConnectionSeries,
  type LabelSet,
  MessageSeries,
  RequestSeries,
  type Side,
  type TagsByMetric,
} from './series.ts'
import { type SeriesKey, SeriesTable } from './series-table.ts'

/** Kept for one proxy of each of three kinds; beyond it those go that were used longest ago. */
const SERIES_MAX = 10_000

/** The metrics of one proxy. */
export class ProxyMetrics {
  readonly #requests = new SeriesTable<RequestSeries>(authorityOf)
  readonly #messages = new SeriesTable<MessageSeries>(authorityOf)
  readonly #connections = new SeriesTable<ConnectionSeries>(() => undefined)
  readonly #policy: () => MetricPolicy

  constructor(policy: () => MetricPolicy) {
    this.#policy = policy
  }

  exchange(
    record: ExchangeRecord,
    { isGrpc, policy }: { readonly isGrpc: boolean; readonly policy: MetricPolicy },
  ): void {
    const { startMs, endMs, ended } = record
    const series = this.#requestSeries(record, isGrpc, policy)
    series.requests++
    series.lastMs = endMs
    series.duration.observe(Math.trunc(endMs - startMs))
    series.requestBytes.observe(ended.requestBytes)
    series.responseBytes.observe(ended.responseBytes)
    if (isGrpc) this.#countMessages(record, policy)
  }

  connectionOpened(record: ConnectionRecord, policy: MetricPolicy): void {
    const series = this.#connectionSeries(record, policy)
    series.opened++
    series.lastMs = record.endMs
  }

  connection(record: ConnectionRecord, policy: MetricPolicy): void {
    const series = this.#connectionSeries(record, policy)
    series.closed++
    series.sentBytes += record.sentBytes
    series.receivedBytes += record.receivedBytes
    series.lastMs = record.endMs
  }

  evict(beforeMs: number): void {
    for (const table of [this.#requests, this.#messages, this.#connections]) {
      table.evict({ beforeMs, seriesMax: SERIES_MAX })
    }
  }

  /** One metric of several proxies as one family. */
  static family(proxies: readonly ProxyMetrics[], metric: MetricKey): MeshFamily {
    const metrics = proxies.flatMap((proxy) => proxy.#metricsOf(metric))
    return { ...METRICS[metric], metrics: proxies.length === 1 ? metrics : mergedMetrics(metrics) }
  }

  #requestSeries(record: ExchangeRecord, isGrpc: boolean, policy: MetricPolicy): RequestSeries {
    const { status, grpcStatus } = record
    const tags = policy.asksRequests ? tagsOf(record, policy) : undefined
    const key: SeriesKey = { status, grpcStatus, isGrpc, tags: tagsText(tags) }
    const known = this.#requests.find(record, key)
    if (known !== undefined) return known
    const labels = labelSet(record, REQUEST_LABELS, requestLabels(record), tags)
    return added(this.#requests, { record, key, labels, make: () => new RequestSeries(labels) })
  }

  #countMessages(record: ExchangeRecord, policy: MetricPolicy): void {
    const tags = policy.asksRequests ? tagsOf(record, policy) : undefined
    const key: SeriesKey = { status: 0, grpcStatus: undefined, isGrpc: true, tags: tagsText(tags) }
    let series = this.#messages.find(record, key)
    if (series === undefined) {
      const labels = labelSet(record, MESSAGE_LABELS, messageLabels(record), tags)
      series = added(this.#messages, { record, key, labels, make: () => new MessageSeries(labels) })
    }
    series.requests += record.ended.requestMessages ?? 0
    series.responses += record.ended.responseMessages ?? 0
    series.lastMs = record.endMs
  }

  #connectionSeries(record: ConnectionRecord, policy: MetricPolicy): ConnectionSeries {
    const tags = policy.asksRequests ? tagsOf(record, policy) : undefined
    const key: SeriesKey = { status: 0, grpcStatus: undefined, isGrpc: false, tags: tagsText(tags) }
    const known = this.#connections.find(record, key)
    if (known !== undefined) return known
    const labels = labelSet(record, CONNECTION_LABELS, connectionLabels(record), tags)
    return added(this.#connections, { record, key, labels, make: () => new ConnectionSeries(labels) })
  }

  #metricsOf(metric: MetricKey): readonly MeshMetric[] {
    const policy = this.#policy()
    const exposed = this.#valuesOf(metric).flatMap(({ labels, value }) => {
      const change = policy.of(labels.side, metric)
      if (change === undefined) return [{ labels: standardLabels(labels), value, isChanged: false }]
      if (change.isDisabled) return []
      const kept = standardLabels(labels).filter(([name]) => !change.removed.has(name))
      const tags = new Map([...kept, ...(labels.tags?.get(metric) ?? [])])
      return [{ labels: [...tags], value, isChanged: true }]
    })
    const metrics = exposed.map(({ labels, value }) => ({ labels, value }))
    return exposed.some(({ isChanged }) => isChanged) ? mergedMetrics(metrics) : metrics
  }

  #valuesOf(metric: MetricKey): readonly { readonly labels: LabelSet; readonly value: MeshMetric['value'] }[] {
    switch (metric) {
      case 'REQUEST_COUNT':
        return valuesOf(this.#requests, ({ requests }) => number(requests))
      case 'REQUEST_DURATION':
        return valuesOf(this.#requests, ({ duration }) => buckets(duration))
      case 'REQUEST_SIZE':
        return valuesOf(this.#requests, ({ requestBytes }) => buckets(requestBytes))
      case 'RESPONSE_SIZE':
        return valuesOf(this.#requests, ({ responseBytes }) => buckets(responseBytes))
      case 'GRPC_REQUEST_MESSAGES':
        return valuesOf(this.#messages, ({ requests }) => number(requests))
      case 'GRPC_RESPONSE_MESSAGES':
        return valuesOf(this.#messages, ({ responses }) => number(responses))
      case 'TCP_OPENED_CONNECTIONS':
        return valuesOf(this.#connections, ({ opened }) => number(opened))
      case 'TCP_CLOSED_CONNECTIONS':
        return valuesOf(this.#connections, ({ closed }) => number(closed))
      case 'TCP_SENT_BYTES':
        return valuesOf(this.#connections, ({ sentBytes }) => number(sentBytes))
      case 'TCP_RECEIVED_BYTES':
        return valuesOf(this.#connections, ({ receivedBytes }) => number(receivedBytes))
    }
  }
}

/** Of a record without a service, the host tells series apart. */
function authorityOf(record: Parties): string | undefined {
  return (record as ExchangeRecord).request.authority
}

function added<Series extends { lastMs: number }>(
  table: SeriesTable<Series>,
  { record, key, labels, make }: { record: Parties; key: SeriesKey; labels: LabelSet; make: () => Series },
): Series {
  if (table.size >= 2 * SERIES_MAX) table.evict({ beforeMs: -Infinity, seriesMax: SERIES_MAX })
  return table.add(record, key, { labels: JSON.stringify([labels.values, key.tags]), make })
}

function labelSet(
  { reporter }: Parties,
  names: readonly string[],
  values: readonly string[],
  tags: TagsByMetric | undefined,
): LabelSet {
  const side: Side = reporter === 'source' ? 'client' : 'server'
  return { side, names, values, ...(tags && { tags }) }
}

/** Values of expressions, which differ from request to request. */
function tagsOf(record: ExchangeRecord | ConnectionRecord, policy: MetricPolicy): TagsByMetric {
  const side: Side = record.reporter === 'source' ? 'client' : 'server'
  return new Map(
    METRIC_KEYS.flatMap((metric) => {
      const asked = policy.of(side, metric)?.added ?? []
      return asked.length === 0 ? [] : [[metric, asked.map(([label, of]) => [label, of.text(record)] as const)]]
    }),
  )
}

function tagsText(tags: TagsByMetric | undefined): string {
  return tags === undefined || tags.size === 0 ? '' : JSON.stringify([...tags])
}

function valuesOf<Series extends { readonly labels: LabelSet; lastMs: number }>(
  table: SeriesTable<Series>,
  value: (series: Series) => MeshMetric['value'],
): readonly { readonly labels: LabelSet; readonly value: MeshMetric['value'] }[] {
  return Array.from(table.all(), (series) => ({ labels: series.labels, value: value(series) }))
}

function standardLabels({ names, values }: LabelSet): readonly (readonly [string, string])[] {
  return names.map((name, index) => [name, values[index] ?? ''])
}

function number(value: number): MeshMetric['value'] {
  return { kind: 'number', value }
}

function buckets(histogram: Histogram): MeshMetric['value'] {
  const counts = histogram.cumulative()
  return {
    kind: 'buckets',
    count: histogram.count,
    sum: histogram.sum,
    buckets: BOUNDS.map((upperBound, index) => ({ upperBound, count: counts[index] ?? 0 })),
  }
}
