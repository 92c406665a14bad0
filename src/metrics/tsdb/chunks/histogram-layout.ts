import { CUSTOM_BUCKETS_SCHEMA, type FloatHistogram, type Span } from '../../model/histogram.ts'
import type { BitReader } from './bit-reader.ts'
import type { BitWriter } from './bit-writer.ts'
import { floatOf, highBits, lowBits } from './float-bits.ts'
import { readVarbitInt, readVarbitUint, writeVarbitInt, writeVarbitUint } from './varbit.ts'

/** What all histograms of one chunk have in common. */
export interface HistogramLayout {
  readonly schema: number
  readonly zeroThreshold: number
  readonly positiveSpans: readonly Span[]
  readonly negativeSpans: readonly Span[]
  readonly customValues: readonly number[]
}

/** Custom bounds up to this many thousandths take four bytes or fewer. */
const SHORT_BOUND_MAX = 33_554_430

/** The layout as prometheus/prometheus tsdb/chunkenc/histogram_meta.go writes it. */
export function writeLayout(writer: BitWriter, layout: HistogramLayout): void {
  writeZeroThreshold(writer, layout.zeroThreshold)
  writeVarbitInt(writer, layout.schema)
  writeSpans(writer, layout.positiveSpans)
  writeSpans(writer, layout.negativeSpans)
  if (layout.schema !== CUSTOM_BUCKETS_SCHEMA) return
  writeVarbitUint(writer, layout.customValues.length)
  for (const bound of layout.customValues) writeBound(writer, bound)
}

export function readLayout(reader: BitReader): HistogramLayout {
  const zeroThreshold = readZeroThreshold(reader)
  const schema = readVarbitInt(reader)
  const positiveSpans = readSpans(reader)
  const negativeSpans = readSpans(reader)
  const customValues: number[] = []
  if (schema === CUSTOM_BUCKETS_SCHEMA) {
    const count = readVarbitUint(reader)
    for (let index = 0; index < count; index++) customValues.push(readBound(reader))
  }
  return { schema, zeroThreshold, positiveSpans, negativeSpans, customValues }
}

export function bucketCount(spans: readonly Span[]): number {
  let count = 0
  for (const span of spans) count += span.length
  return count
}

/** The indices of the buckets that the spans name. */
export function bucketIndices(spans: readonly Span[]): number[] {
  const indices: number[] = []
  let next = 0
  for (const span of spans) {
    next += span.offset
    for (let step = 0; step < span.length; step++) indices.push(next++)
  }
  return indices
}

export function spansOf(indices: readonly number[]): Span[] {
  const spans: { offset: number; length: number }[] = []
  let end = 0
  for (const index of indices) {
    const last = spans.at(-1)
    if (last !== undefined && index === end) last.length++
    else spans.push({ offset: index - end, length: 1 })
    end = index + 1
  }
  return spans
}

export function sameSpans(a: readonly Span[], b: readonly Span[]): boolean {
  return (
    a.length === b.length &&
    a.every((span, index) => span.offset === b[index]?.offset && span.length === b[index].length)
  )
}

/** The same histogram with the spans given, which cover all its buckets: buckets that it lacks are empty. */
export function spread(
  histogram: FloatHistogram,
  { positiveSpans, negativeSpans }: Pick<HistogramLayout, 'positiveSpans' | 'negativeSpans'>,
): FloatHistogram {
  return {
    ...histogram,
    positiveSpans,
    negativeSpans,
    positiveBuckets: spreadBuckets(histogram.positiveBuckets, histogram.positiveSpans, positiveSpans),
    negativeBuckets: spreadBuckets(histogram.negativeBuckets, histogram.negativeSpans, negativeSpans),
  }
}

function spreadBuckets(buckets: readonly number[], from: readonly Span[], to: readonly Span[]): readonly number[] {
  if (sameSpans(from, to)) return buckets
  const counts = new Map(bucketIndices(from).map((index, position) => [index, buckets[position] ?? 0]))
  return bucketIndices(to).map((index) => counts.get(index) ?? 0)
}

/** Spans of all buckets of either side. */
export function unionSpans(a: readonly Span[], b: readonly Span[]): readonly Span[] {
  if (sameSpans(a, b)) return a
  const indices = [...new Set([...bucketIndices(a), ...bucketIndices(b)])].sort((x, y) => x - y)
  return indices.length === bucketCount(a) ? a : indices.length === bucketCount(b) ? b : spansOf(indices)
}

/** Powers of two, which thresholds commonly are, take a byte; others nine. */
function writeZeroThreshold(writer: BitWriter, threshold: number): void {
  const high = highBits(threshold)
  const low = lowBits(threshold)
  // As 0.5 × 2^exponent, which is how Go's Frexp splits it.
  const exponent = ((high >>> 20) & 0x7ff) - 1022
  const isPowerOfTwo = threshold > 0 && low === 0 && (high & 0xfffff) === 0
  if (threshold === 0) writer.write(0, 8)
  else if (isPowerOfTwo && exponent >= -242 && exponent <= 11) writer.write(exponent + 243, 8)
  else {
    writer.write(255, 8)
    writer.writeLong(high, low, 64)
  }
}

function readZeroThreshold(reader: BitReader): number {
  const code = reader.read(8)
  if (code === 0) return 0
  if (code !== 255) return 2 ** (code - 244)
  reader.readLong(64)
  return floatOf(reader.high, reader.low)
}

function writeSpans(writer: BitWriter, spans: readonly Span[]): void {
  writeVarbitUint(writer, spans.length)
  for (const span of spans) {
    writeVarbitUint(writer, span.length)
    writeVarbitInt(writer, span.offset)
  }
}

function readSpans(reader: BitReader): Span[] {
  const count = readVarbitUint(reader)
  const spans: Span[] = []
  for (let index = 0; index < count; index++) {
    const length = readVarbitUint(reader)
    spans.push({ offset: readVarbitInt(reader), length })
  }
  return spans
}

function writeBound(writer: BitWriter, bound: number): void {
  const thousandths = bound * 1000
  const whole = Math.round(thousandths)
  if (thousandths < 0 || thousandths > SHORT_BOUND_MAX || whole / 1000 !== bound) {
    writer.write(0, 1)
    writer.writeLong(highBits(bound), lowBits(bound), 64)
  } else writeVarbitUint(writer, whole + 1)
}

function readBound(reader: BitReader): number {
  const code = readVarbitUint(reader)
  if (code !== 0) return (code - 1) / 1000
  reader.readLong(64)
  return floatOf(reader.high, reader.low)
}
