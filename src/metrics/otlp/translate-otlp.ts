import { CUSTOM_BUCKETS_SCHEMA, type FloatHistogram } from '../model/histogram.ts'
import { compact } from '../model/histogram/compact.ts'
import { pack } from '../model/histogram/layout.ts'
import { LabelBuilder } from '../model/label-builder.ts'
import { type Labels, labelsOf, METRIC_NAME } from '../model/labels.ts'
import type { Exemplar, MetricMetadata, MetricType } from '../model/storage.ts'
import { formatOpenMetricsFloat } from '../exposition/numbers.ts'
import type { WrittenSeries } from '../remote/written-series.ts'
import { metricName, unitName } from './otlp-names.ts'
import type {
  ExponentialBuckets,
  ExponentialPoint,
  ExportRequest,
  HistogramPoint,
  NumberPoint,
  OtlpExemplar,
  OtlpMetric,
  ResourceMetrics,
  SummaryPoint,
  Whole,
} from './otlp-model.ts'
import { type OtlpConfig, ResourceLabels, strategyOf, textOf } from './resource-labels.ts'

/** What became of a request: series, and what could not be made into any. */
export interface Translation {
  readonly series: readonly WrittenSeries[]
  readonly problems: readonly string[]
}

const CUMULATIVE = 2
const NO_RECORDED_VALUE = 1
const NS_PER_MS = 1_000_000
const SCHEMA_MIN = -4
const SCHEMA_MAX = 8
/** Upstream's storage/remote/otlptranslator: OpenTelemetry does not send one mostly. */
const ZERO_THRESHOLD = 1e-128
/** `target_info` is repeated, so that it is found at every time in between. */
const TARGET_INFO_PERIOD_MS = 150_000

/** Metrics of OpenTelemetry as series (prometheus: storage/remote/otlptranslator/prometheusremotewrite). */
export function translateOtlp(request: ExportRequest, config: OtlpConfig): Translation {
  const series: WrittenSeries[] = []
  const problems: string[] = []
  for (const resource of request.resourceMetrics ?? []) translateResource(resource, { config, series, problems })
  return { series, problems }
}

interface Output {
  readonly config: OtlpConfig
  readonly series: WrittenSeries[]
  readonly problems: string[]
}

function translateResource(resource: ResourceMetrics, output: Output): void {
  const resourceLabels = new ResourceLabels(resource.resource?.attributes ?? [], output.config)
  const firstIndex = output.series.length
  for (const scoped of resource.scopeMetrics ?? []) {
    const scope = resourceLabels.inScope(scoped)
    for (const metric of scoped.metrics ?? []) new MetricTranslation(metric, scope, output).run()
  }
  const times = output.series.slice(firstIndex).flatMap(timesOf)
  const info = resourceLabels.targetInfo()
  if (info === undefined || times.length === 0) return
  const lastMs = Math.max(...times)
  const samples = []
  for (let timestampMs = Math.min(...times); timestampMs < lastMs; timestampMs += TARGET_INFO_PERIOD_MS) {
    samples.push({ timestampMs, value: 1, stale: false })
  }
  samples.push({ timestampMs: lastMs, value: 1, stale: false })
  const metadata = { type: 'gauge', help: 'Target metadata', unit: '' } as const
  output.series.push({ labels: info, samples, histograms: [], exemplars: [], metadata })
}

function timesOf({ samples, histograms }: WrittenSeries): number[] {
  return [...samples, ...histograms].map(({ timestampMs }) => timestampMs)
}

class MetricTranslation {
  readonly #metric: OtlpMetric
  readonly #labels: ResourceLabels
  readonly #output: Output
  readonly #name: string
  readonly #metadata: MetricMetadata

  constructor(metric: OtlpMetric, labels: ResourceLabels, output: Output) {
    this.#metric = metric
    this.#labels = labels
    this.#output = output
    const { name = '', unit = '', description = '' } = metric
    const isCounter = metric.sum?.isMonotonic === true && isCumulative(metric.sum)
    const isGauge = metric.gauge !== undefined
    this.#name = metricName({ name, unit, isCounter, isGauge }, strategyOf(output.config))
    this.#metadata = { type: typeOf(metric, isCounter), unit: unitName(unit), help: description }
  }

  run(): void {
    const { gauge, sum, histogram, exponentialHistogram: exponential, summary, name = '' } = this.#metric
    const kind = sum ?? histogram ?? exponential
    if (kind !== undefined && !isCumulative(kind)) {
      this.#output.problems.push(`invalid temporality and type combination for metric ${JSON.stringify(name)}`)
      return
    }
    for (const point of gauge?.dataPoints ?? sum?.dataPoints ?? []) this.#number(point)
    for (const point of histogram?.dataPoints ?? []) this.#histogram(point)
    for (const point of exponential?.dataPoints ?? []) this.#exponential(point)
    for (const point of summary?.dataPoints ?? []) this.#summary(point)
  }

  #number(point: NumberPoint): void {
    const value = point.asDouble ?? Number(point.asInt ?? 0)
    const exemplars = this.#metric.sum?.isMonotonic === true ? (point.exemplars ?? []).map(exemplarOf) : []
    this.#push(point, { name: this.#name, value, exemplars })
  }

  #histogram(point: HistogramPoint): void {
    if (this.#output.config.convert_histograms_to_nhcb) {
      this.#pushHistogram(point, customBuckets(point))
      return
    }
    const { explicitBounds: bounds = [], bucketCounts = [], count = 0, sum, exemplars = [] } = point
    if (sum !== undefined) this.#push(point, { name: `${this.#name}_sum`, value: sum })
    this.#push(point, { name: `${this.#name}_count`, value: Number(count) })
    let below = 0
    let previous = Number.NEGATIVE_INFINITY
    for (const [index, bound] of [...bounds, Number.POSITIVE_INFINITY].entries()) {
      below += Number(bucketCounts[index] ?? 0)
      const from = previous
      const inside = exemplars.map(exemplarOf).filter(({ value }) => value > from && value <= bound)
      this.#push(point, {
        name: `${this.#name}_bucket`,
        extra: ['le', formatOpenMetricsFloat(bound)],
        value: bound === Number.POSITIVE_INFINITY ? Number(count) : below,
        exemplars: inside,
      })
      previous = bound
    }
  }

  #exponential(point: ExponentialPoint): void {
    const histogram = exponentialHistogram(point)
    if (histogram === undefined) {
      this.#output.problems.push(
        `cannot convert exponential to native histogram. Scale must be >= ${SCHEMA_MIN}, was ${point.scale ?? 0}`,
      )
    } else this.#pushHistogram(point, histogram)
  }

  #summary(point: SummaryPoint): void {
    this.#push(point, { name: `${this.#name}_sum`, value: point.sum ?? 0 })
    this.#push(point, { name: `${this.#name}_count`, value: Number(point.count ?? 0) })
    for (const { quantile = 0, value = 0 } of point.quantileValues ?? []) {
      this.#push(point, { name: this.#name, extra: ['quantile', formatOpenMetricsFloat(quantile)], value })
    }
  }

  #push(
    point: NumberPoint | HistogramPoint | SummaryPoint,
    sample: { name: string; value: number; extra?: readonly [string, string]; exemplars?: readonly Exemplar[] },
  ): void {
    this.#output.series.push({
      labels: this.#labelsOf(point, sample.name, sample.extra),
      samples: [{ ...timing(point), value: sample.value, stale: isStale(point) }],
      histograms: [],
      exemplars: sample.exemplars ?? [],
      metadata: this.#metadata,
    })
  }

  #pushHistogram(point: HistogramPoint | ExponentialPoint, histogram: FloatHistogram): void {
    this.#output.series.push({
      labels: this.#labelsOf(point, this.#name),
      samples: [],
      histograms: [{ ...timing(point), histogram: compact(histogram), isInteger: true, stale: isStale(point) }],
      exemplars: (point.exemplars ?? []).map(exemplarOf),
      metadata: this.#metadata,
    })
  }

  #labelsOf(point: NumberPoint, name: string, extra?: readonly [string, string]): Labels {
    const builder = new LabelBuilder(this.#labels.complete(point.attributes ?? []))
    if (extra !== undefined) builder.set(...extra)
    builder.set(METRIC_NAME, name)
    return builder.build()
  }
}

function isCumulative({ aggregationTemporality: temporality }: { aggregationTemporality?: number | string }): boolean {
  return temporality === CUMULATIVE || temporality === 'AGGREGATION_TEMPORALITY_CUMULATIVE'
}

function typeOf(metric: OtlpMetric, isCounter: boolean): MetricType {
  if (isCounter) return 'counter'
  if (metric.gauge !== undefined || metric.sum !== undefined) return 'gauge'
  if (metric.histogram !== undefined || metric.exponentialHistogram !== undefined) return 'histogram'
  return metric.summary === undefined ? 'unknown' : 'summary'
}

function isStale({ flags = 0 }: NumberPoint): boolean {
  return (flags & NO_RECORDED_VALUE) !== 0
}

function timing({ timeUnixNano, startTimeUnixNano }: NumberPoint): { timestampMs: number; startTimestampMs?: number } {
  const startTimestampMs = msOf(startTimeUnixNano)
  return { timestampMs: msOf(timeUnixNano), ...(startTimestampMs !== 0 && { startTimestampMs }) }
}

function msOf(nanoseconds: Whole | undefined): number {
  return Math.floor(Number(nanoseconds ?? 0) / NS_PER_MS)
}

function exemplarOf(exemplar: OtlpExemplar): Exemplar {
  const { filteredAttributes = [], traceId = '', spanId = '' } = exemplar
  const attributes = filteredAttributes.map(({ key = '', value }) => [key, textOf(value)] as const)
  return {
    labels: labelsOf([['trace_id', traceId], ['span_id', spanId], ...attributes]),
    value: exemplar.asDouble ?? Number(exemplar.asInt ?? 0),
    timestampMs: msOf(exemplar.timeUnixNano),
  }
}

const NO_BUCKETS = {
  counterResetHint: 'unknown',
  zeroThreshold: 0,
  zeroCount: 0,
  negativeSpans: [],
  negativeBuckets: [],
} as const

function customBuckets({ explicitBounds = [], bucketCounts = [], count = 0, sum = 0 }: HistogramPoint): FloatHistogram {
  const counts = bucketCounts.map(Number)
  return {
    ...NO_BUCKETS,
    schema: CUSTOM_BUCKETS_SCHEMA,
    count: Number(count),
    sum,
    positiveSpans: counts.length === 0 ? [] : [{ offset: 0, length: counts.length }],
    positiveBuckets: counts,
    customValues: explicitBounds,
  }
}

/** Undefined when it is coarser than any histogram here. */
function exponentialHistogram(point: ExponentialPoint): FloatHistogram | undefined {
  const { scale = 0, sum = 0, count = 0, zeroCount = 0, positive = {}, negative = {} } = point
  if (scale < SCHEMA_MIN) return undefined
  const coarser = Math.max(scale - SCHEMA_MAX, 0)
  const above = packed(positive, coarser)
  const below = packed(negative, coarser)
  return {
    counterResetHint: 'unknown',
    schema: scale - coarser,
    zeroThreshold: ZERO_THRESHOLD,
    zeroCount: Number(zeroCount),
    count: Number(count),
    sum,
    positiveSpans: above.spans,
    positiveBuckets: above.buckets,
    negativeSpans: below.spans,
    negativeBuckets: below.buckets,
    customValues: [],
  }
}

/** OpenTelemetry's bucket i begins where Prometheus' bucket i ends. */
function packed({ offset = 0, bucketCounts = [] }: ExponentialBuckets, coarser: number): ReturnType<typeof pack> {
  const counts = new Map<number, number>()
  for (const [index, count] of bucketCounts.entries()) {
    const bucket = ((offset + index) >> coarser) + 1
    counts.set(bucket, (counts.get(bucket) ?? 0) + Number(count))
  }
  return pack({ indexes: [...counts.keys()], counts: [...counts.values()] })
}
