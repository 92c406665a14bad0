import type { FloatHistogram } from '../../model/histogram.ts'
import type { MetricMetadata } from '../../model/storage.ts'
import { highBits, lowBits, STALE_HIGH, STALE_LOW } from '../chunks/float-bits.ts'
import { HIGH_HALF } from '../chunks/sample-columns.ts'
import type { StoredExemplar } from '../exemplars.ts'
import { grown } from '../chunks/grown.ts'

/** What a row of a batch holds. */
export const FLOAT = 0
export const STALE = 1
export const INTEGER_HISTOGRAM = 2
export const FLOATS_HISTOGRAM = 3

const scratch = new Float64Array(1)
const scratchHalves = new Int32Array(scratch.buffer)

/** Samples on their way in, in columns. Filled, committed, and filled again. */
export class Batch {
  length = 0
  slots = new Int32Array(256)
  times = new Float64Array(256)
  /** Values by the halves of their bits: the upper one at 2 × row, the lower one behind it. */
  halves = new Int32Array(512)
  kinds = new Uint8Array(256)
  /** By row, where the row is a histogram. */
  readonly histograms = new Map<number, FloatHistogram>()
  /** By row, where it is known when the counter began. */
  readonly starts = new Map<number, number>()
  readonly exemplars: { slot: number; exemplar: StoredExemplar }[] = []
  readonly metadata: { slot: number; metadata: MetricMetadata }[] = []

  pushFloat(slot: number, timestampMs: number, value: number): void {
    scratch[0] = value
    const isNumber = value === value
    const high = isNumber ? (scratchHalves[HIGH_HALF] ?? 0) : highBits(value)
    const low = isNumber ? (scratchHalves[1 - HIGH_HALF] ?? 0) : lowBits(value)
    this.#push(slot, timestampMs, high, low, FLOAT)
  }

  /** A sample other than a float: a stale marker, or a histogram. */
  push(slot: number, timestampMs: number, kind: number): void {
    this.#push(slot, timestampMs, STALE_HIGH, STALE_LOW, kind)
  }

  #push(slot: number, timestampMs: number, high: number, low: number, kind: number): void {
    const row = this.length
    if (row === this.slots.length) this.#grow()
    this.slots[row] = slot
    this.times[row] = timestampMs
    this.halves[row * 2] = high
    this.halves[row * 2 + 1] = low
    this.kinds[row] = kind
    this.length = row + 1
  }

  clear(): void {
    this.length = 0
    this.histograms.clear()
    this.starts.clear()
    this.exemplars.length = 0
    this.metadata.length = 0
  }

  get isEmpty(): boolean {
    return this.length === 0 && this.exemplars.length === 0 && this.metadata.length === 0
  }

  #grow(): void {
    const size = this.slots.length * 2
    this.slots = grown(this.slots, new Int32Array(size))
    this.times = grown(this.times, new Float64Array(size))
    this.halves = grown(this.halves, new Int32Array(size * 2))
    this.kinds = grown(this.kinds, new Uint8Array(size))
  }
}

/** The batches of one head: open ones are known, closed ones are used again. */
export class Batches {
  readonly #open = new Set<Batch>()
  readonly #spare: Batch[] = []

  open(): Batch {
    const batch = this.#spare.pop() ?? new Batch()
    this.#open.add(batch)
    return batch
  }

  close(batch: Batch): void {
    batch.clear()
    this.#open.delete(batch)
    this.#spare.push(batch)
  }

  /** The series that open batches name by slot. */
  slots(): ReadonlySet<number> {
    const slots = new Set<number>()
    for (const batch of this.#open) {
      for (let row = 0; row < batch.length; row++) slots.add(batch.slots[row] ?? 0)
      for (const { slot } of batch.exemplars) slots.add(slot)
      for (const { slot } of batch.metadata) slots.add(slot)
    }
    return slots
  }
}
