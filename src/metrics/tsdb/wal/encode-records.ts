import { CUSTOM_BUCKETS_SCHEMA, type FloatHistogram, type Span } from '../../model/histogram.ts'
import type { Labels } from '../../model/labels.ts'
import type { MetricMetadata, SeriesRef } from '../../model/storage.ts'
import { ByteWriter } from '../bytes/byte-writer.ts'
import type { TimeRange } from '../chunks/xor-decoder.ts'
import { STALE_HIGH, STALE_LOW } from '../chunks/float-bits.ts'
import { STALE_HISTOGRAM } from '../chunks/histogram-chunk.ts'
import type { StoredExemplar } from '../exemplars.ts'
import { type Batch, FLOAT, INTEGER_HISTOGRAM, STALE } from '../head/batch.ts'
import type { Head } from '../head/head.ts'
import {
  CUSTOM_FLOAT_HISTOGRAMS,
  CUSTOM_HISTOGRAMS,
  EXEMPLARS,
  FLOAT_HISTOGRAMS,
  HISTOGRAMS,
  METADATA,
  METRIC_TYPES,
  RESET_HINTS,
  SAMPLES,
  SERIES,
  TOMBSTONES,
} from './record-types.ts'

/** A batch's samples as records, in the order of the batch; `rows` names those to be written, else all are. */
export function encodeSamples(head: Head, batch: Batch, rows?: readonly number[]): Uint8Array[] {
  const records: Uint8Array[] = []
  const writer = new ByteWriter(64 + 14 * (rows?.length ?? batch.length))
  let open = 0
  let baseRef = 0
  let baseTime = 0
  const count = rows?.length ?? batch.length
  for (let index = 0; index < count; index++) {
    const row = rows?.[index] ?? index
    const type = recordType(head, batch, row)
    const ref = head.series.ref(batch.slots[row] ?? 0)
    const time = batch.times[row] ?? 0
    if (type !== open) {
      if (open !== 0) records.push(writer.view.slice())
      writer.clear()
      writer.byte(type)
      writer.int64(ref)
      writer.int64(time)
      open = type
      baseRef = ref
      baseTime = time
    }
    writer.varint(ref - baseRef)
    writer.varint(time - baseTime)
    if (type === SAMPLES) writer.bits64(batch.halves[row * 2] ?? 0, batch.halves[row * 2 + 1] ?? 0)
    else writeHistogram(writer, batch.histograms.get(row), type === HISTOGRAMS || type === CUSTOM_HISTOGRAMS)
  }
  if (open !== 0) records.push(writer.view.slice())
  return records
}

/** The kind of record that a row goes into: those of one kind that follow each other go into one. */
function recordType(head: Head, batch: Batch, row: number): number {
  const kind = batch.kinds[row] ?? FLOAT
  if (kind === FLOAT) return SAMPLES
  if (kind === STALE) {
    const last = head.lastHistogram(batch.slots[row] ?? 0)
    return last === undefined ? SAMPLES : last.isInteger ? HISTOGRAMS : FLOAT_HISTOGRAMS
  }
  const isCustom = batch.histograms.get(row)?.schema === CUSTOM_BUCKETS_SCHEMA
  if (kind === INTEGER_HISTOGRAM) return isCustom ? CUSTOM_HISTOGRAMS : HISTOGRAMS
  return isCustom ? CUSTOM_FLOAT_HISTOGRAMS : FLOAT_HISTOGRAMS
}

/** `undefined` is a stale marker. */
export function writeHistogram(writer: ByteWriter, given: FloatHistogram | undefined, isInteger: boolean): void {
  const histogram = given ?? STALE_HISTOGRAM
  writer.byte(RESET_HINTS.indexOf(histogram.counterResetHint))
  writer.varint(histogram.schema)
  writer.float64(histogram.zeroThreshold)
  if (isInteger) {
    writer.uvarint(histogram.zeroCount)
    writer.uvarint(histogram.count)
  } else {
    writer.float64(histogram.zeroCount)
    writer.float64(histogram.count)
  }
  if (given === undefined) writer.bits64(STALE_HIGH, STALE_LOW)
  else writer.float64(histogram.sum)
  writeSpans(writer, histogram.positiveSpans)
  writeSpans(writer, histogram.negativeSpans)
  writeBuckets(writer, histogram.positiveBuckets, isInteger)
  writeBuckets(writer, histogram.negativeBuckets, isInteger)
  if (histogram.schema !== CUSTOM_BUCKETS_SCHEMA) return
  writer.uvarint(histogram.customValues.length)
  for (const bound of histogram.customValues) writer.float64(bound)
}

function writeSpans(writer: ByteWriter, spans: readonly Span[]): void {
  writer.uvarint(spans.length)
  for (const { offset, length } of spans) {
    writer.varint(offset)
    writer.uvarint(length)
  }
}

/** Whole counts go as differences from the bucket before. */
function writeBuckets(writer: ByteWriter, buckets: readonly number[], isInteger: boolean): void {
  writer.uvarint(buckets.length)
  let before = 0
  for (const count of buckets) {
    if (isInteger) writer.varint(count - before)
    else writer.float64(count)
    before = count
  }
}

export function encodeSeries(series: Iterable<{ readonly ref: SeriesRef; readonly labels: Labels }>): Uint8Array {
  const writer = new ByteWriter()
  writer.byte(SERIES)
  for (const { ref, labels } of series) {
    writer.int64(ref)
    writeLabels(writer, labels)
  }
  return writer.view
}

export function encodeExemplars(
  exemplars: readonly { readonly ref: SeriesRef; readonly exemplar: StoredExemplar }[],
): Uint8Array {
  const writer = new ByteWriter()
  writer.byte(EXEMPLARS)
  const [first] = exemplars
  if (first === undefined) return writer.view
  writer.int64(first.ref)
  writer.int64(first.exemplar.timestampMs)
  for (const { ref, exemplar } of exemplars) {
    writer.varint(ref - first.ref)
    writer.varint(exemplar.timestampMs - first.exemplar.timestampMs)
    writer.float64(exemplar.value)
    writeLabels(writer, exemplar.labels)
  }
  return writer.view
}

export function encodeMetadata(
  entries: readonly { readonly ref: SeriesRef; readonly metadata: MetricMetadata }[],
): Uint8Array {
  const writer = new ByteWriter()
  writer.byte(METADATA)
  for (const { ref, metadata } of entries) {
    writer.uvarint(ref)
    writer.byte(METRIC_TYPES.indexOf(metadata.type))
    writer.uvarint(2)
    writer.text('UNIT')
    writer.text(metadata.unit)
    writer.text('HELP')
    writer.text(metadata.help)
  }
  return writer.view
}

export function encodeTombstones(
  stones: readonly { readonly ref: SeriesRef; readonly range: TimeRange }[],
): Uint8Array {
  const writer = new ByteWriter()
  writer.byte(TOMBSTONES)
  for (const { ref, range } of stones) {
    writer.int64(ref)
    writer.varint(range.minMs)
    writer.varint(range.maxMs)
  }
  return writer.view
}

function writeLabels(writer: ByteWriter, labels: Labels): void {
  const { pairs } = labels
  writer.uvarint(pairs.length / 2)
  for (const text of pairs) writer.text(text)
}
