import { FIXED64, Reader, type ReverseWriter } from '../../api/protobuf/wire.ts'
import type { CounterResetHint, FloatHistogram, Span } from '../model/histogram.ts'
import { readFields, readPacked, zigzag } from '../protobuf/read-fields.ts'
import { double, doubles, message, number, zigzag as toZigzag } from '../protobuf/write-fields.ts'
import { STALE_BYTES, type WrittenHistogram } from './written-series.ts'

/** The message `Histogram`, which is the same in both versions (prometheus: prompb/types.proto). */

const HINTS: readonly CounterResetHint[] = ['unknown', 'reset', 'not-reset', 'gauge']

export function readHistogramMessage(bytes: Uint8Array): WrittenHistogram {
  const reader = new Reader(bytes)
  const read = {
    isInteger: true,
    count: 0,
    sum: 0,
    schema: 0,
    zeroThreshold: 0,
    zeroCount: 0,
    hint: 0,
    timestampMs: 0,
    startTimestampMs: 0,
  }
  const negativeSpans: Span[] = []
  const positiveSpans: Span[] = []
  const deltas = { negative: [] as number[], positive: [] as number[] }
  const counts = { negative: [] as number[], positive: [] as number[] }
  const customValues: number[] = []
  readFields(reader, 'Histogram', (field, type) => {
    if (field === 1) read.count = reader.int64()
    else if (field === 2) {
      read.count = reader.double()
      read.isInteger = false
    } else if (field === 3) read.sum = reader.double()
    else if (field === 4) read.schema = zigzag(reader.int64())
    else if (field === 5) read.zeroThreshold = reader.double()
    else if (field === 6) read.zeroCount = reader.int64()
    else if (field === 7) read.zeroCount = reader.double()
    else if (field === 8) negativeSpans.push(readSpan(reader.message()))
    else if (field === 9) readPacked(reader, type, (part) => deltas.negative.push(zigzag(part.int64())))
    else if (field === 10) readPacked(reader, type, (part) => counts.negative.push(part.double()))
    else if (field === 11) positiveSpans.push(readSpan(reader.message()))
    else if (field === 12) readPacked(reader, type, (part) => deltas.positive.push(zigzag(part.int64())))
    else if (field === 13) readPacked(reader, type, (part) => counts.positive.push(part.double()))
    else if (field === 14) read.hint = reader.int32()
    else if (field === 15) read.timestampMs = reader.int64()
    else if (field === 16) readPacked(reader, type, (part) => customValues.push(part.double()))
    else if (field === 17) read.startTimestampMs = reader.int64()
    else return false
    return true
  })
  const { isInteger, timestampMs, startTimestampMs } = read
  return {
    timestampMs,
    isInteger,
    stale: Number.isNaN(read.sum) && hasStaleMarker(bytes),
    ...(startTimestampMs !== 0 && { startTimestampMs }),
    histogram: {
      counterResetHint: HINTS[read.hint] ?? 'unknown',
      schema: read.schema,
      zeroThreshold: read.zeroThreshold,
      zeroCount: read.zeroCount,
      count: read.count,
      sum: read.sum,
      positiveSpans,
      negativeSpans,
      positiveBuckets: isInteger ? summedUp(deltas.positive) : counts.positive,
      negativeBuckets: isInteger ? summedUp(deltas.negative) : counts.negative,
      customValues,
    },
  }
}

/** Writes the message's fields, in reverse. */
export function writeHistogramMessage(writer: ReverseWriter, written: WrittenHistogram): void {
  const { histogram, isInteger, timestampMs, stale, startTimestampMs } = written
  if (startTimestampMs !== undefined) number(writer, 17, startTimestampMs)
  doubles(writer, 16, histogram.customValues)
  number(writer, 15, timestampMs)
  const hint = HINTS.indexOf(histogram.counterResetHint)
  if (hint > 0) number(writer, 14, hint)
  writeSide(
    writer,
    { spans: 11, deltas: 12, counts: 13 },
    histogram.positiveSpans,
    histogram.positiveBuckets,
    isInteger,
  )
  writeSide(writer, { spans: 8, deltas: 9, counts: 10 }, histogram.negativeSpans, histogram.negativeBuckets, isInteger)
  if (isInteger) number(writer, 6, histogram.zeroCount)
  else double(writer, 7, histogram.zeroCount)
  double(writer, 5, histogram.zeroThreshold)
  number(writer, 4, toZigzag(histogram.schema))
  if (stale) staleDouble(writer, 3)
  else double(writer, 3, histogram.sum)
  if (isInteger) number(writer, 1, histogram.count)
  else double(writer, 2, histogram.count)
}

/** A field whose value marks the end of a series. */
export function staleDouble(writer: ReverseWriter, field: number): void {
  writer.raw(STALE_BYTES)
  writer.tag(field, FIXED64)
}

/** Are the bits of the marker among those of a message that has a NaN? */
export function hasStaleMarker(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(STALE_BYTES)
}

/** Stands for the end of a series of histograms: what it counts does not matter. */
export const STALE_HISTOGRAM: FloatHistogram = {
  counterResetHint: 'unknown',
  schema: 0,
  zeroThreshold: 0,
  zeroCount: 0,
  count: 0,
  sum: Number.NaN,
  positiveSpans: [],
  negativeSpans: [],
  positiveBuckets: [],
  negativeBuckets: [],
  customValues: [],
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

function summedUp(deltas: readonly number[]): number[] {
  let count = 0
  return deltas.map((delta) => (count += delta))
}

function writeSide(
  writer: ReverseWriter,
  fields: { spans: number; deltas: number; counts: number },
  spans: readonly Span[],
  buckets: readonly number[],
  isInteger: boolean,
): void {
  if (!isInteger) doubles(writer, fields.counts, buckets)
  else if (buckets.length > 0) {
    message(writer, fields.deltas, () => {
      for (let index = buckets.length - 1; index >= 0; index--) {
        writer.varint(toZigzag((buckets[index] ?? 0) - (buckets[index - 1] ?? 0)))
      }
    })
  }
  for (const { offset, length } of spans.toReversed()) {
    message(writer, fields.spans, () => {
      number(writer, 2, length)
      number(writer, 1, toZigzag(offset))
    })
  }
}
