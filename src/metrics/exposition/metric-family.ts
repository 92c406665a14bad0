import { Reader } from '../../api/protobuf/wire.ts'
import type { Span } from '../model/histogram.ts'
import { readFields, readPacked, readText, zigzag } from '../protobuf/read-fields.ts'

/** The messages of `io.prometheus.client` (prometheus/client_model: io/prometheus/client/metrics.proto), as far as they are read. */

export interface MetricFamily {
  name: string
  help: string
  type: number
  unit: string
  /** Each metric still encoded: one at a time is decoded. */
  readonly metrics: Reader[]
}

export interface Metric {
  readonly labels: [string, string][]
  value: number
  exemplar: ExemplarMessage | undefined
  startTimestampMs: number | undefined
  timestampMs: number
  summary: SummaryMessage | undefined
  histogram: HistogramMessage | undefined
}

export interface ExemplarMessage {
  readonly labels: [string, string][]
  value: number
  timestampMs: number | undefined
}

export interface SummaryMessage {
  count: number
  sum: number
  readonly quantiles: { quantile: number; value: number }[]
}

export interface HistogramMessage {
  count: number
  countFloat: number
  sum: number
  readonly buckets: BucketMessage[]
  schema: number
  zeroThreshold: number
  zeroCount: number
  zeroCountFloat: number
  readonly negativeSpans: Span[]
  readonly negativeDeltas: number[]
  readonly negativeCounts: number[]
  readonly positiveSpans: Span[]
  readonly positiveDeltas: number[]
  readonly positiveCounts: number[]
  readonly exemplars: ExemplarMessage[]
}

export interface BucketMessage {
  count: number
  countFloat: number
  upperBound: number
  exemplar: ExemplarMessage | undefined
}

/** Values of `MetricType`. */
export const COUNTER = 0
export const GAUGE = 1
export const SUMMARY = 2
export const UNTYPED = 3
export const HISTOGRAM = 4
export const GAUGE_HISTOGRAM = 5

/** Families one after the other, each with its length before it. */
export function* readFamilies(bytes: Uint8Array): Generator<MetricFamily> {
  const reader = new Reader(bytes)
  while (!reader.done) yield readFamily(reader.message())
}

function readFamily(reader: Reader): MetricFamily {
  const family: MetricFamily = { name: '', help: '', type: COUNTER, unit: '', metrics: [] }
  readFields(reader, 'MetricFamily', (field) => {
    if (field === 1) family.name = readText(reader)
    else if (field === 2) family.help = readText(reader)
    else if (field === 3) family.type = reader.int32()
    else if (field === 4) family.metrics.push(reader.message())
    else if (field === 5) family.unit = readText(reader)
    else return false
    return true
  })
  return family
}

export function readMetric(reader: Reader): Metric {
  const metric: Metric = {
    labels: [],
    value: 0,
    exemplar: undefined,
    startTimestampMs: undefined,
    timestampMs: 0,
    summary: undefined,
    histogram: undefined,
  }
  readFields(reader, 'Metric', (field) => {
    if (field === 1) metric.labels.push(readLabel(reader.message()))
    else if (field === 2 || field === 3 || field === 5) readValue(reader.message(), metric)
    else if (field === 4) metric.summary = readSummary(reader.message(), metric)
    else if (field === 6) metric.timestampMs = reader.int64()
    else if (field === 7) metric.histogram = readHistogram(reader.message(), metric)
    else return false
    return true
  })
  return metric
}

/** Gauges, counters and untyped ones: only counters have more than the first field. */
function readValue(reader: Reader, metric: Metric): void {
  readFields(reader, 'Counter', (field) => {
    if (field === 1) metric.value = reader.double()
    else if (field === 2) metric.exemplar = readExemplar(reader.message())
    else if (field === 3) metric.startTimestampMs = readTimestamp(reader.message())
    else return false
    return true
  })
}

function readSummary(reader: Reader, metric: Metric): SummaryMessage {
  const summary: SummaryMessage = { count: 0, sum: 0, quantiles: [] }
  readFields(reader, 'Summary', (field) => {
    if (field === 1) summary.count = reader.int64()
    else if (field === 2) summary.sum = reader.double()
    else if (field === 3) summary.quantiles.push(readQuantile(reader.message()))
    else if (field === 4) metric.startTimestampMs = readTimestamp(reader.message())
    else return false
    return true
  })
  return summary
}

function readQuantile(reader: Reader): { quantile: number; value: number } {
  const pair = { quantile: 0, value: 0 }
  readFields(reader, 'Quantile', (field) => {
    if (field === 1) pair.quantile = reader.double()
    else if (field === 2) pair.value = reader.double()
    else return false
    return true
  })
  return pair
}

function readHistogram(reader: Reader, metric: Metric): HistogramMessage {
  const histogram = emptyHistogram()
  readFields(reader, 'Histogram', (field, type) => {
    if (field === 1) histogram.count = reader.int64()
    else if (field === 2) histogram.sum = reader.double()
    else if (field === 3) histogram.buckets.push(readBucket(reader.message()))
    else if (field === 4) histogram.countFloat = reader.double()
    else if (field === 5) histogram.schema = zigzag(reader.int64())
    else if (field === 6) histogram.zeroThreshold = reader.double()
    else if (field === 7) histogram.zeroCount = reader.int64()
    else if (field === 8) histogram.zeroCountFloat = reader.double()
    else if (field === 9) histogram.negativeSpans.push(readSpan(reader.message()))
    else if (field === 10) readPacked(reader, type, (part) => histogram.negativeDeltas.push(zigzag(part.int64())))
    else if (field === 11) readPacked(reader, type, (part) => histogram.negativeCounts.push(part.double()))
    else if (field === 12) histogram.positiveSpans.push(readSpan(reader.message()))
    else if (field === 13) readPacked(reader, type, (part) => histogram.positiveDeltas.push(zigzag(part.int64())))
    else if (field === 14) readPacked(reader, type, (part) => histogram.positiveCounts.push(part.double()))
    else if (field === 15) metric.startTimestampMs = readTimestamp(reader.message())
    else if (field === 16) histogram.exemplars.push(readExemplar(reader.message()))
    else return false
    return true
  })
  return histogram
}

function emptyHistogram(): HistogramMessage {
  return {
    count: 0,
    countFloat: 0,
    sum: 0,
    buckets: [],
    schema: 0,
    zeroThreshold: 0,
    zeroCount: 0,
    zeroCountFloat: 0,
    negativeSpans: [],
    negativeDeltas: [],
    negativeCounts: [],
    positiveSpans: [],
    positiveDeltas: [],
    positiveCounts: [],
    exemplars: [],
  }
}

function readBucket(reader: Reader): BucketMessage {
  const bucket: BucketMessage = { count: 0, countFloat: 0, upperBound: 0, exemplar: undefined }
  readFields(reader, 'Bucket', (field) => {
    if (field === 1) bucket.count = reader.int64()
    else if (field === 2) bucket.upperBound = reader.double()
    else if (field === 3) bucket.exemplar = readExemplar(reader.message())
    else if (field === 4) bucket.countFloat = reader.double()
    else return false
    return true
  })
  return bucket
}

function readSpan(reader: Reader): Span {
  const span = { offset: 0, length: 0 }
  readFields(reader, 'BucketSpan', (field) => {
    if (field === 1) span.offset = zigzag(reader.int64())
    else if (field === 2) span.length = reader.int64()
    else return false
    return true
  })
  return span
}

function readExemplar(reader: Reader): ExemplarMessage {
  const exemplar: ExemplarMessage = { labels: [], value: 0, timestampMs: undefined }
  readFields(reader, 'Exemplar', (field) => {
    if (field === 1) exemplar.labels.push(readLabel(reader.message()))
    else if (field === 2) exemplar.value = reader.double()
    else if (field === 3) exemplar.timestampMs = readTimestamp(reader.message())
    else return false
    return true
  })
  return exemplar
}

function readLabel(reader: Reader): [string, string] {
  const label: [string, string] = ['', '']
  readFields(reader, 'LabelPair', (field) => {
    if (field === 1) label[0] = readText(reader)
    else if (field === 2) label[1] = readText(reader)
    else return false
    return true
  })
  return label
}

const MS_PER_SECOND = 1_000
const NS_PER_MS = 1_000_000

function readTimestamp(reader: Reader): number {
  let seconds = 0
  let nanoseconds = 0
  readFields(reader, 'Timestamp', (field) => {
    if (field === 1) seconds = reader.int64()
    else if (field === 2) nanoseconds = reader.int32()
    else return false
    return true
  })
  return seconds * MS_PER_SECOND + Math.trunc(nanoseconds / NS_PER_MS)
}
