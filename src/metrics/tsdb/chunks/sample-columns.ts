import type { FloatHistogram } from '../../model/histogram.ts'
import { STALE_HIGH, STALE_LOW } from './float-bits.ts'
import type { Samples } from '../../model/samples.ts'
import type { SampleBuffer } from '../../model/storage.ts'

/** Which of a float's two 32-bit halves in memory is the upper one. */
export const HIGH_HALF = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0

const ROOM_MIN = 128

/** Samples being decoded: columns that grow, in the caller's buffer when there is one. */
export class SampleColumns implements Samples {
  length = 0
  timestamps: Float64Array
  values: Float64Array
  /** `values` again, as 32-bit halves: index 2i + HIGH_HALF is the upper one. */
  halves: Int32Array
  histograms?: (FloatHistogram | undefined)[]
  stale?: Uint8Array
  startTimestamps?: Float64Array
  readonly #buffer: SampleBuffer | undefined

  constructor(buffer?: SampleBuffer) {
    this.#buffer = buffer
    this.timestamps = buffer?.timestamps ?? new Float64Array(0)
    this.values = buffer?.values ?? new Float64Array(0)
    this.halves = halvesOf(this.values)
  }

  /** Makes room for so many more. */
  reserve(count: number): void {
    const room = Math.min(this.timestamps.length, this.values.length)
    if (this.length + count <= room) return
    const size = Math.max(this.length + count, room * 2, ROOM_MIN)
    const timestamps = new Float64Array(size)
    const values = new Float64Array(size)
    const halves = halvesOf(values)
    timestamps.set(this.timestamps.subarray(0, this.length))
    // As halves: a signalling NaN that passes through a float register comes out as another NaN.
    halves.set(this.halves.subarray(0, this.length * 2))
    this.timestamps = timestamps
    this.values = values
    this.halves = halves
    if (this.#buffer === undefined) return
    this.#buffer.timestamps = timestamps
    this.#buffer.values = values
  }

  pushBits(timestampMs: number, high: number, low: number): void {
    this.reserve(1)
    this.timestamps[this.length] = timestampMs
    this.halves[this.length * 2 + HIGH_HALF] = high
    this.halves[this.length * 2 + 1 - HIGH_HALF] = low
    this.length++
  }

  pushHistogram(timestampMs: number, histogram: FloatHistogram): void {
    this.reserve(1)
    this.timestamps[this.length] = timestampMs
    this.values[this.length] = 0
    this.histograms ??= []
    this.histograms[this.length] = histogram
    this.length++
  }

  /** A stale marker among histograms. */
  pushStaleHistogram(timestampMs: number, histogram: FloatHistogram): void {
    this.pushHistogram(timestampMs, histogram)
    this.halves[this.length * 2 - 2 + HIGH_HALF] = STALE_HIGH
    this.halves[this.length * 2 - 1 - HIGH_HALF] = STALE_LOW
    this.markStale(this.length - 1)
  }

  markStale(index: number): void {
    if (this.stale === undefined || this.stale.length <= index) {
      const stale = new Uint8Array(Math.max(this.timestamps.length, index + 1))
      if (this.stale !== undefined) stale.set(this.stale)
      this.stale = stale
    }
    this.stale[index] = 1
  }

  /** Adds sample `index` of other columns. */
  copy(from: SampleColumns, index: number): void {
    const at = this.length
    this.pushBits(
      from.timestamps[index] ?? 0,
      from.halves[index * 2 + HIGH_HALF] ?? 0,
      from.halves[index * 2 + 1 - HIGH_HALF] ?? 0,
    )
    const histogram = from.histograms?.[index]
    if (histogram !== undefined) (this.histograms ??= [])[at] = histogram
    if (from.stale?.[index] === 1) this.markStale(at)
  }

  /** Takes out the samples from `from` on that `drop` names; the rest keep their order. */
  dropFrom(from: number, drop: (timestampMs: number) => boolean): void {
    let kept = from
    const { histograms, stale } = this
    for (let index = from; index < this.length; index++) {
      if (drop(this.timestamps[index] ?? 0)) continue
      this.timestamps[kept] = this.timestamps[index] ?? 0
      this.halves[kept * 2] = this.halves[index * 2] ?? 0
      this.halves[kept * 2 + 1] = this.halves[index * 2 + 1] ?? 0
      if (histograms !== undefined) histograms[kept] = histograms[index]
      if (stale !== undefined) stale[kept] = stale[index] ?? 0
      kept++
    }
    if (stale !== undefined) stale.fill(0, kept)
    this.length = kept
  }
}

function halvesOf(values: Float64Array): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, values.length * 2)
}
