import { ReverseWriter } from '../../api/protobuf/wire.ts'
import type { FloatHistogram, Span } from '../model/histogram.ts'
import type { Exemplar, MetricType } from '../model/storage.ts'
import { double, doubles, message, number, text, zigzag } from '../protobuf/write-fields.ts'
import { type BucketsValue, type ExposedFamily, type ExposedMetric } from './exposed-family.ts'
import { COUNTER, GAUGE, GAUGE_HISTOGRAM, HISTOGRAM, SUMMARY, UNTYPED } from './metric-family.ts'

const TYPES: Readonly<Record<MetricType, number>> = {
  counter: COUNTER,
  gauge: GAUGE,
  histogram: HISTOGRAM,
  gaugehistogram: GAUGE_HISTOGRAM,
  summary: SUMMARY,
  info: GAUGE,
  stateset: GAUGE,
  unknown: UNTYPED,
}

/** Delimited messages `io.prometheus.client.MetricFamily`: fields are written in reverse, the last one first. */
export function writeProtobuf(families: readonly ExposedFamily[]): Uint8Array {
  return Buffer.concat(families.filter(({ metrics }) => metrics.length > 0).map(encodeFamily))
}

function encodeFamily(family: ExposedFamily): Uint8Array {
  const writer = new ReverseWriter()
  const type = TYPES[family.type]
  if (family.unit !== undefined && family.unit !== '') text(writer, 5, family.unit)
  for (const metric of family.metrics.toReversed()) message(writer, 4, () => writeMetric(writer, metric, type))
  number(writer, 3, type)
  if (family.help !== '') text(writer, 2, family.help)
  text(writer, 1, family.name)
  writer.varint(writer.sizeBytes)
  return writer.finish()
}

function writeMetric(writer: ReverseWriter, metric: ExposedMetric, type: number): void {
  const { value, timestampMs, labels } = metric
  if (value.kind === 'buckets') message(writer, 7, () => writeBuckets(writer, value, metric.startTimestampMs))
  if (value.kind === 'native') message(writer, 7, () => writeNative(writer, value.histogram, metric.startTimestampMs))
  if (timestampMs !== undefined) number(writer, 6, timestampMs)
  if (value.kind === 'number') {
    const { exemplar } = value
    message(writer, type === COUNTER ? 3 : type === UNTYPED ? 5 : 2, () => {
      if (type === COUNTER) {
        writeTimestamp(writer, 3, metric.startTimestampMs)
        if (exemplar !== undefined) writeExemplar(writer, 2, exemplar)
      }
      double(writer, 1, value.value)
    })
  }
  if (value.kind === 'summary') {
    message(writer, 4, () => {
      writeTimestamp(writer, 4, metric.startTimestampMs)
      for (const each of value.quantiles.toReversed()) {
        message(writer, 3, () => {
          double(writer, 2, each.value)
          double(writer, 1, each.quantile)
        })
      }
      double(writer, 2, value.sum)
      number(writer, 1, value.count)
    })
  }
  writeLabels(writer, 1, labels)
}

function writeBuckets(writer: ReverseWriter, value: BucketsValue, startTimestampMs: number | undefined): void {
  const isInteger = Number.isInteger(value.count) && value.buckets.every(({ count }) => Number.isInteger(count))
  writeTimestamp(writer, 15, startTimestampMs)
  if (!isInteger) double(writer, 4, value.count)
  for (const { upperBound, count, exemplar } of value.buckets.toReversed()) {
    message(writer, 3, () => {
      if (!isInteger) double(writer, 4, count)
      if (exemplar !== undefined) writeExemplar(writer, 3, exemplar)
      double(writer, 2, upperBound)
      if (isInteger) number(writer, 1, count)
    })
  }
  double(writer, 2, value.sum)
  if (isInteger) number(writer, 1, value.count)
}

function writeNative(writer: ReverseWriter, histogram: FloatHistogram, startTimestampMs: number | undefined): void {
  writeTimestamp(writer, 15, startTimestampMs)
  doubles(writer, 14, histogram.positiveBuckets)
  writeSpans(writer, 12, histogram.positiveSpans)
  doubles(writer, 11, histogram.negativeBuckets)
  writeSpans(writer, 9, histogram.negativeSpans)
  double(writer, 8, histogram.zeroCount)
  double(writer, 6, histogram.zeroThreshold)
  number(writer, 5, zigzag(histogram.schema))
  double(writer, 4, histogram.count)
  double(writer, 2, histogram.sum)
}

function writeSpans(writer: ReverseWriter, field: number, spans: readonly Span[]): void {
  for (const { offset, length } of spans.toReversed()) {
    message(writer, field, () => {
      number(writer, 2, length)
      number(writer, 1, zigzag(offset))
    })
  }
}

function writeExemplar(writer: ReverseWriter, field: number, { labels, value, timestampMs }: Exemplar): void {
  message(writer, field, () => {
    writeTimestamp(writer, 3, timestampMs)
    double(writer, 2, value)
    writeLabels(writer, 1, [...labels])
  })
}

function writeLabels(writer: ReverseWriter, field: number, labels: ExposedMetric['labels']): void {
  for (const [name, value] of labels.toReversed()) {
    message(writer, field, () => {
      text(writer, 2, value)
      text(writer, 1, name)
    })
  }
}

const MS_PER_SECOND = 1_000
const NS_PER_MS = 1_000_000

function writeTimestamp(writer: ReverseWriter, field: number, timestampMs: number | undefined): void {
  if (timestampMs === undefined) return
  const seconds = Math.floor(timestampMs / MS_PER_SECOND)
  message(writer, field, () => {
    number(writer, 2, (timestampMs - seconds * MS_PER_SECOND) * NS_PER_MS)
    number(writer, 1, seconds)
  })
}
