import { ProtobufError } from '../../api/protobuf/wire.ts'
import { goQuote } from '../../base/go-quote.ts'
import type { FloatHistogram } from '../model/histogram.ts'
import { compact } from '../model/histogram/compact.ts'
import { Labels, METRIC_NAME } from '../model/labels.ts'
import type { Exemplar, MetricType } from '../model/storage.ts'
import { ClassicHistogram } from './classic-histogram.ts'
import {
  type EntryKind,
  type ExposedHistogram,
  ExpositionError,
  type ExpositionOptions,
  type ExpositionParser,
} from './exposition-parser.ts'
import {
  COUNTER,
  type ExemplarMessage,
  GAUGE,
  GAUGE_HISTOGRAM,
  HISTOGRAM,
  type HistogramMessage,
  type Metric,
  type MetricFamily,
  readFamilies,
  readMetric,
  SUMMARY,
  UNTYPED,
} from './metric-family.ts'
import { formatOpenMetricsFloat } from './numbers.ts'
import { sortedLabels } from './series-reader.ts'

/** One series of a metric: most have several. */
interface Part {
  readonly kind: 'series' | 'histogram'
  readonly suffix?: string
  /** `le` or `quantile`. */
  readonly label?: readonly [name: string, value: string]
  readonly value: number
  readonly histogram?: ExposedHistogram
  readonly exemplars?: readonly ExemplarMessage[]
}

const TYPES: Readonly<Record<number, MetricType>> = {
  [COUNTER]: 'counter',
  [GAUGE]: 'gauge',
  [SUMMARY]: 'summary',
  [UNTYPED]: 'unknown',
  [HISTOGRAM]: 'histogram',
  [GAUGE_HISTOGRAM]: 'gaugehistogram',
}

/** Reads delimited messages `io.prometheus.client.MetricFamily` (prometheus: model/textparse/protobufparse.go). */
export class ProtobufParser implements ExpositionParser {
  readonly #entries: Generator<EntryKind>
  readonly #options: ExpositionOptions
  metricName = ''
  text = ''
  type: MetricType = 'unknown'
  #unit = ''
  #metric: Metric | undefined
  #part: Part | undefined
  #labels = Labels.empty

  constructor(bytes: Uint8Array, options: ExpositionOptions = {}) {
    this.#options = options
    this.#entries = this.#walk(bytes)
  }

  next(): EntryKind | undefined {
    try {
      const step = this.#entries.next()
      return step.done === true ? undefined : step.value
    } catch (failure) {
      if (failure instanceof ProtobufError) throw new ExpositionError(failure.message, { cause: failure })
      throw failure
    }
  }

  get seriesText(): string {
    return this.#labels.key
  }

  get value(): number {
    return this.#part?.value ?? 0
  }

  get timestampMs(): number | undefined {
    // The format cannot tell a time that is not given from the epoch.
    const timestampMs = this.#metric?.timestampMs ?? 0
    return timestampMs === 0 ? undefined : timestampMs
  }

  get histogram(): ExposedHistogram | undefined {
    return this.#part?.histogram
  }

  labels(): Labels {
    return this.#labels
  }

  exemplars(): readonly Exemplar[] {
    return (this.#part?.exemplars ?? []).map(({ labels, value, timestampMs }) => ({
      labels: sortedLabels([...labels]),
      value,
      ...(timestampMs === undefined ? {} : { timestampMs }),
    }))
  }

  startTimestampMs(): number | undefined {
    return this.#metric?.startTimestampMs
  }

  *#walk(bytes: Uint8Array): Generator<EntryKind> {
    for (const family of readFamilies(bytes)) {
      if (family.metrics.length === 0) continue
      if (family.name === '') throw new ExpositionError(`invalid metric name: ${family.name}`)
      const type = TYPES[family.type]
      if (type === undefined) {
        throw new ExpositionError(`unknown metric type for metric ${goQuote(family.name)}: ${family.type}`)
      }
      this.metricName = family.name
      this.#unit = family.unit
      this.text = family.help
      this.type = type
      yield 'help'
      if (family.unit !== '') {
        this.text = family.unit
        yield 'unit'
      }
      yield 'type'
      for (const reader of family.metrics) {
        const metric = readMetric(reader)
        this.#metric = metric
        for (const part of partsOf(family, metric, this.#options)) {
          this.#part = part
          this.#labels = this.#labelsOf(family.name, metric, part)
          yield part.kind
        }
      }
    }
  }

  #labelsOf(name: string, metric: Metric, part: Part): Labels {
    const own: [string, string][] = [[METRIC_NAME, name + (part.suffix ?? '')]]
    if (this.#options.typeAndUnitLabels === true) {
      if (this.type !== 'unknown') own.push(['__type__', this.type])
      if (this.#unit !== '') own.push(['__unit__', this.#unit])
    }
    const taken = new Set(own.map(([label]) => label))
    const given = metric.labels.filter(([label, value]) => value !== '' && !taken.has(label))
    return sortedLabels([...own, ...given, ...(part.label === undefined ? [] : [[...part.label] as [string, string]])])
  }
}

function partsOf(family: MetricFamily, metric: Metric, options: ExpositionOptions): Iterable<Part> {
  if (family.type === SUMMARY) return summaryParts(metric)
  if (family.type === HISTOGRAM || family.type === GAUGE_HISTOGRAM) return histogramParts(family, metric, options)
  const exemplars = family.type === COUNTER && metric.exemplar !== undefined ? [metric.exemplar] : []
  return [{ kind: 'series', value: metric.value, exemplars }]
}

function* summaryParts({ summary }: Metric): Generator<Part> {
  yield { kind: 'series', suffix: '_count', value: summary?.count ?? 0 }
  yield { kind: 'series', suffix: '_sum', value: summary?.sum ?? 0 }
  for (const { quantile, value } of summary?.quantiles ?? []) {
    yield { kind: 'series', label: ['quantile', formatOpenMetricsFloat(quantile)], value }
  }
}

function* histogramParts(family: MetricFamily, metric: Metric, options: ExpositionOptions): Generator<Part> {
  const { histogram } = metric
  if (histogram === undefined) return
  const isGauge = family.type === GAUGE_HISTOGRAM
  if (options.ignoreNativeHistograms !== true && isNative(histogram)) {
    yield nativePart(histogram, family, isGauge)
    if (options.keepClassicHistograms === true && histogram.buckets.length > 0) yield* classicParts(histogram)
    return
  }
  const converts = options.convertClassicHistograms === true
  if (!converts || options.keepClassicHistograms === true) yield* classicParts(histogram)
  if (converts) yield customBucketsPart(histogram, isGauge)
}

/** A producer that means a native histogram without observations writes an empty span. */
function isNative(histogram: HistogramMessage): boolean {
  const { positiveSpans, negativeSpans, zeroThreshold, zeroCount } = histogram
  return positiveSpans.length > 0 || negativeSpans.length > 0 || zeroThreshold > 0 || zeroCount > 0
}

function* classicParts(histogram: HistogramMessage): Generator<Part> {
  const count = histogram.countFloat === 0 ? histogram.count : histogram.countFloat
  yield { kind: 'series', suffix: '_count', value: count }
  yield { kind: 'series', suffix: '_sum', value: histogram.sum }
  for (const bucket of histogram.buckets) {
    yield {
      kind: 'series',
      suffix: '_bucket',
      label: ['le', formatOpenMetricsFloat(bucket.upperBound)],
      value: bucket.countFloat === 0 ? bucket.count : bucket.countFloat,
      exemplars: bucket.exemplar === undefined ? [] : [bucket.exemplar],
    }
    if (bucket.upperBound === Number.POSITIVE_INFINITY) return
  }
  yield { kind: 'series', suffix: '_bucket', label: ['le', '+Inf'], value: count }
}

function nativePart(message: HistogramMessage, family: MetricFamily, isGauge: boolean): Part {
  const isFloat = message.countFloat > 0 || message.zeroCountFloat > 0
  const positive = isFloat ? message.positiveCounts : summedUp(message.positiveDeltas)
  const negative = isFloat ? message.negativeCounts : summedUp(message.negativeDeltas)
  for (const [side, spans, buckets] of [
    ['positive', message.positiveSpans, positive],
    ['negative', message.negativeSpans, negative],
  ] as const) {
    const needed = spans.reduce((sum, { length }) => sum + length, 0)
    if (needed !== buckets.length) {
      throw new ExpositionError(
        `histogram ${goQuote(family.name)}: ${side} side: spans require ${needed} buckets, have ${buckets.length}`,
      )
    }
  }
  const histogram: FloatHistogram = {
    counterResetHint: isGauge ? 'gauge' : 'unknown',
    schema: message.schema,
    zeroThreshold: message.zeroThreshold,
    zeroCount: isFloat ? message.zeroCountFloat : message.zeroCount,
    count: isFloat ? message.countFloat : message.count,
    sum: message.sum,
    positiveSpans: message.positiveSpans,
    negativeSpans: message.negativeSpans,
    positiveBuckets: positive,
    negativeBuckets: negative,
    customValues: [],
  }
  const own =
    message.exemplars.length > 0 ? message.exemplars : message.buckets.flatMap(({ exemplar }) => exemplar ?? [])
  // Which of them is newer decides: one without a time cannot be told.
  const exemplars = own.filter(({ timestampMs }) => timestampMs !== undefined)
  return { kind: 'histogram', value: 0, histogram: { histogram: compact(histogram), isInteger: !isFloat }, exemplars }
}

function summedUp(deltas: readonly number[]): number[] {
  let count = 0
  return deltas.map((delta) => (count += delta))
}

function customBucketsPart(message: HistogramMessage, isGauge: boolean): Part {
  const classic = new ClassicHistogram()
  classic.setCount(message.countFloat === 0 ? message.count : message.countFloat)
  classic.setSum(message.sum)
  for (const bucket of message.buckets) {
    classic.addBucket(bucket.upperBound, bucket.countFloat === 0 ? bucket.count : bucket.countFloat)
  }
  const converted = classic.convert()
  const exemplars = message.buckets.flatMap(({ exemplar }) => (exemplar?.timestampMs === undefined ? [] : [exemplar]))
  if (!isGauge) return { kind: 'histogram', value: 0, histogram: converted, exemplars }
  const histogram: FloatHistogram = { ...converted.histogram, counterResetHint: 'gauge' }
  return { kind: 'histogram', value: 0, histogram: { ...converted, histogram }, exemplars }
}
