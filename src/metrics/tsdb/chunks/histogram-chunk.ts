import type { FloatHistogram } from '../../model/histogram.ts'
import { BitReader } from './bit-reader.ts'
import { BitWriter, WRITE_SLACK_BYTES } from './bit-writer.ts'
import { isStaleBits, STALE_HIGH, STALE_LOW } from './float-bits.ts'
import { bucketCount, type HistogramLayout, readLayout, writeLayout } from './histogram-layout.ts'
import type { SampleColumns } from './sample-columns.ts'
import { readVarbitInt, readVarbitUint, writeVarbitInt, writeVarbitUint } from './varbit.ts'
import type { TimeRange } from './xor-decoder.ts'
import { writeFirstValue, writeNextValue, XorValue } from './xor-value.ts'

/** What a chunk's first bits say of the counter at its start (prometheus/prometheus tsdb/chunkenc/histogram.go). */
export const UNKNOWN_RESET = 0b00
export const NOT_RESET = 0b01
export const RESET = 0b10
export const GAUGE = 0b11
export type ResetHeader = typeof UNKNOWN_RESET | typeof NOT_RESET | typeof RESET | typeof GAUGE

/** Samples' count, and a byte with the reset bits. */
const HEADER_BYTES = 3

/** A field's longest form, with its prefix. */
const FIELD_BYTES_MAX = 10

const NO_LAYOUT: HistogramLayout = {
  schema: 0,
  zeroThreshold: 0,
  positiveSpans: [],
  negativeSpans: [],
  customValues: [],
}

/** What stands for a stale marker among histograms: no buckets, and a sum that says it. */
export const STALE_HISTOGRAM: FloatHistogram = {
  ...NO_LAYOUT,
  counterResetHint: 'unknown',
  zeroCount: 0,
  count: 0,
  sum: Number.NaN,
  positiveBuckets: [],
  negativeBuckets: [],
}

/** A whole number written as the change of its change. */
class Counted {
  value = 0
  delta = 0

  next(value: number): number {
    const delta = value - this.value
    const change = delta - this.delta
    this.value = value
    this.delta = delta
    return change
  }

  first(value: number): number {
    this.value = value
    this.delta = 0
    return value
  }

  read(change: number): void {
    this.delta += change
    this.value += this.delta
  }
}

/**
 * An open chunk of histograms of one layout, in Prometheus' encoding 2 (counts as integers) or 3 (as floats).
 *
 *     count (2 bytes) | reset bits (1) | layout | time | count | zero count | sum | buckets… | time | …
 *
 * Integers: first raw, then the change of the change, in varbits; a bucket counts from the bucket before it. Floats and all
 * sums: first raw, then the bits that changed.
 */
export class HistogramChunk {
  readonly isInteger: boolean
  readonly layout: HistogramLayout
  readonly minMs: number
  maxMs: number
  samples = 0
  /** The latest histogram; undefined after a stale marker. */
  last: FloatHistogram | undefined
  readonly #writer: BitWriter
  readonly #time = new Counted()
  readonly #wholes: readonly Counted[]
  readonly #floats: readonly XorValue[]
  readonly #sum = new XorValue()

  /** Opens a chunk with its first sample; `undefined` is a stale marker. */
  constructor(first: FloatHistogram | undefined, at: { timestampMs: number; isInteger: boolean; reset: ResetHeader }) {
    this.isInteger = at.isInteger
    this.layout = first ?? NO_LAYOUT
    const fields = 2 + bucketCount(this.layout.positiveSpans) + bucketCount(this.layout.negativeSpans)
    this.#wholes = at.isInteger ? Array.from({ length: fields }, () => new Counted()) : []
    this.#floats = at.isInteger ? [] : Array.from({ length: fields }, () => new XorValue())
    const { positiveSpans, negativeSpans, customValues } = this.layout
    const layoutFields = 8 + 2 * (positiveSpans.length + negativeSpans.length) + customValues.length
    this.#writer = new BitWriter(new Uint8Array(128), HEADER_BYTES * 8)
    this.#reserve(layoutFields)
    this.#writer.bytes[2] = at.reset << 6
    writeLayout(this.#writer, this.layout)
    this.minMs = at.timestampMs
    this.maxMs = at.timestampMs
    this.append(first, at.timestampMs)
  }

  get reset(): ResetHeader {
    return ((this.#writer.bytes[2] ?? 0) >>> 6) as ResetHeader
  }

  get sizeBytes(): number {
    return (this.#writer.bit + 7) >>> 3
  }

  copyTo(target: Uint8Array, at: number): void {
    target.set(this.#writer.bytes.subarray(0, this.sizeBytes), at)
    target[at] = this.samples >>> 8
    target[at + 1] = this.samples
  }

  /** Adds a histogram, which must have the chunk's very layout, or a stale marker. */
  append(histogram: FloatHistogram | undefined, timestampMs: number): void {
    this.#reserve(4 + this.#wholes.length + this.#floats.length)
    writeVarbitInt(this.#writer, this.samples === 0 ? this.#time.first(timestampMs) : this.#time.next(timestampMs))
    if (this.isInteger) this.#writeWholes(histogram)
    else this.#writeFloats(histogram)
    this.maxMs = timestampMs
    this.last = histogram
    this.samples++
  }

  #writeWholes(histogram: FloatHistogram | undefined): void {
    const writer = this.#writer
    const [count, zeroCount] = this.#wholes
    if (this.samples === 0) {
      writeVarbitUint(writer, count?.first(histogram?.count ?? 0) ?? 0)
      writeVarbitUint(writer, zeroCount?.first(histogram?.zeroCount ?? 0) ?? 0)
    } else if (histogram === undefined) writer.write(0, 2)
    else {
      writeVarbitInt(writer, count?.next(histogram.count) ?? 0)
      writeVarbitInt(writer, zeroCount?.next(histogram.zeroCount) ?? 0)
    }
    this.#writeSum(histogram)
    if (histogram === undefined) return
    let field = 2
    for (const buckets of [histogram.positiveBuckets, histogram.negativeBuckets]) {
      let before = 0
      for (const bucket of buckets) {
        const whole = this.#wholes[field++]
        const value = bucket - before
        writeVarbitInt(writer, (this.samples === 0 ? whole?.first(value) : whole?.next(value)) ?? 0)
        before = bucket
      }
    }
  }

  #writeFloats(histogram: FloatHistogram | undefined): void {
    const write = this.samples === 0 ? writeFirstValue : writeNextValue
    const [count = this.#sum, zeroCount = this.#sum] = this.#floats
    write(count, this.#writer, histogram?.count ?? 0)
    write(zeroCount, this.#writer, histogram?.zeroCount ?? 0)
    this.#writeSum(histogram)
    if (histogram === undefined) return
    let field = 2
    for (const buckets of [histogram.positiveBuckets, histogram.negativeBuckets]) {
      for (const bucket of buckets) write(this.#floats[field++] ?? this.#sum, this.#writer, bucket)
    }
  }

  #writeSum(histogram: FloatHistogram | undefined): void {
    if (histogram !== undefined) {
      const write = this.samples === 0 ? writeFirstValue : writeNextValue
      write(this.#sum, this.#writer, histogram.sum)
    } else if (this.samples === 0) this.#sum.writeFirst(this.#writer, STALE_HIGH, STALE_LOW)
    else this.#sum.writeNext(this.#writer, STALE_HIGH, STALE_LOW)
  }

  #reserve(fields: number): void {
    const writer = this.#writer
    const needed = this.sizeBytes + fields * FIELD_BYTES_MAX + WRITE_SLACK_BYTES
    if (needed <= writer.bytes.length) return
    const bytes = new Uint8Array(Math.max(needed, writer.bytes.length * 2))
    bytes.set(writer.bytes)
    writer.bytes = bytes
  }
}

/** Appends the histograms of a chunk that lie in the range to the columns. */
export function decodeHistograms(
  chunk: { readonly bytes: Uint8Array; readonly offset: number; readonly isInteger: boolean },
  range: TimeRange,
  into: SampleColumns,
): void {
  const { bytes, offset, isInteger } = chunk
  const samples = ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0)
  const isGauge = (bytes[offset + 2] ?? 0) >>> 6 === GAUGE
  const reader = new BitReader(bytes, (offset + HEADER_BYTES) * 8)
  const layout = readLayout(reader)
  const positives = bucketCount(layout.positiveSpans)
  const fields = 2 + positives + bucketCount(layout.negativeSpans)
  const wholes = isInteger ? Array.from({ length: fields }, () => new Counted()) : []
  const floats = isInteger ? [] : Array.from({ length: fields }, () => new XorValue())
  const time = new Counted()
  const sum = new XorValue()

  for (let index = 0; index < samples; index++) {
    if (index === 0) time.first(readVarbitInt(reader))
    else time.read(readVarbitInt(reader))
    for (let field = 0; field < 2; field++) readField(field)
    if (index === 0) sum.readFirst(reader)
    else sum.readNext(reader)
    const isStale = isStaleBits(sum.high, sum.low)
    if (!isStale) for (let field = 2; field < fields; field++) readField(field)
    if (time.value > range.maxMs) break
    if (time.value < range.minMs) continue
    if (isStale) into.pushStaleHistogram(time.value, STALE_HISTOGRAM)
    else into.pushHistogram(time.value, histogramNow(index === 0))

    function readField(field: number): void {
      const whole = wholes[field]
      if (whole === undefined) {
        if (index === 0) floats[field]?.readFirst(reader)
        else floats[field]?.readNext(reader)
      } else if (index > 0) whole.read(readVarbitInt(reader))
      else whole.first(field < 2 ? readVarbitUint(reader) : readVarbitInt(reader))
    }
  }

  function histogramNow(isFirst: boolean): FloatHistogram {
    return {
      ...layout,
      // The first of a chunk is not known to follow the chunk before: that one may have gone, or have come later.
      counterResetHint: isGauge ? 'gauge' : isFirst ? 'unknown' : 'not-reset',
      count: wholes[0]?.value ?? floats[0]?.value ?? 0,
      zeroCount: wholes[1]?.value ?? floats[1]?.value ?? 0,
      sum: sum.value,
      positiveBuckets: buckets(2, 2 + positives),
      negativeBuckets: buckets(2 + positives, fields),
    }
  }

  function buckets(from: number, to: number): number[] {
    const counts: number[] = []
    let total = 0
    for (let field = from; field < to; field++) {
      const whole = wholes[field]
      total = whole === undefined ? (floats[field]?.value ?? 0) : total + whole.value
      counts.push(total)
    }
    return counts
  }
}
