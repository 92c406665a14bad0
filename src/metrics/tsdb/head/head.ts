import type { FloatHistogram } from '../../model/histogram.ts'
import type { MetricMetadata, SeriesRef } from '../../model/storage.ts'
import { assert } from '../../../base/assert.ts'
import { ChunkTable, NONE } from '../chunks/chunk-table.ts'
import type { Chunk, ChunkList } from '../chunks/chunk-list.ts'
import type { BitSample } from '../chunks/encode-runs.ts'
import { FLOAT_HISTOGRAM, HISTOGRAM, XOR } from '../chunks/encoding.ts'
import { STALE_HIGH, STALE_LOW } from '../chunks/float-bits.ts'
import { appendFitting, headerAfter, judge } from '../chunks/histogram-append.ts'
import { HistogramChunk } from '../chunks/histogram-chunk.ts'
import { READ_SLACK_BYTES, type TimeRange } from '../chunks/xor-decoder.ts'
import { XorEncoders } from '../chunks/xor-encoder.ts'
import type { DeletedRanges } from '../tombstones.ts'
import {
  chunkEnd,
  HISTOGRAM_CHUNK_BYTES,
  HISTOGRAMS_PER_CHUNK_MIN,
  rangeEnd,
  SAMPLES_PER_CHUNK,
  XOR_BYTES_MAX,
} from './chunk-times.ts'
import { LateSamples } from './late-samples.ts'
import { SeriesTable } from './series-table.ts'
import { StartTimes } from './start-times.ts'
import { grown } from '../chunks/grown.ts'

export interface HeadOptions {
  /** Chunks end where ranges of this length do. */
  readonly chunkRangeMs: number
  /** Samples this much older than the head's newest are still taken; 0: each series only goes forward. */
  readonly outOfOrderWindowMs: number
  /** How many late samples of a series are kept before they become a chunk. */
  readonly outOfOrderSamplesMax: number
  /** Told of every chunk of in-order samples that is sealed. */
  onSealed?(ref: SeriesRef, chunk: Chunk): void
}

/** Sealed chunks of a series that is not known yet. */
interface Adopted {
  readonly first: number
  readonly last: number
}

/** No time yet. */
const NEVER = -Infinity

/**
 * The newest samples of all series, in memory.
 *
 *     slot ──► sealed chunks (a chain, oldest first) ──► one open chunk: floats in `#xor`, histograms in `#histograms`
 *         └──► late samples: sealed chunks of their own, and a few not yet in one
 *
 * Invariants:
 *  1. In-order chunks of a series do not overlap, and its open chunk is the newest.
 *  2. A series has an open chunk of floats or one of histograms, never both.
 *  3. What is sealed is never written again: readers hold it without copying.
 */
export class Head {
  readonly series = new SeriesTable()
  readonly options: HeadOptions
  readonly deleted = new Map<number, DeletedRanges>()
  readonly startTimes = new StartTimes()
  readonly metadata = new Map<number, MetricMetadata>()
  /** Bounds of all samples; infinite and crossed while there is none. */
  minMs = Infinity
  maxMs = NEVER
  /** What is older lies in blocks and is no longer taken. */
  minValidMs = NEVER
  readonly #chunks = new ChunkTable()
  readonly #xor = new XorEncoders()
  readonly #histograms = new Map<number, HistogramChunk>()
  readonly #adopted = new Map<SeriesRef, Adopted>()
  #late: LateSamples
  /** Late samples that are being written to a block: readers still find them here. */
  #parting: LateSamples | undefined
  #first = new Int32Array(0)
  #last = new Int32Array(0)
  #chunkStart = new Float64Array(0)
  #chunkEnd = new Float64Array(0)
  #maxTime = new Float64Array(0)

  constructor(options: HeadOptions) {
    this.options = options
    this.#late = new LateSamples(this.#chunks, options.outOfOrderSamplesMax)
  }

  get chunkCount(): number {
    let open = this.#histograms.size
    for (let slot = 0; slot < this.series.slotsEnd; slot++) if (this.#xor.count(slot) > 0) open++
    return this.#chunks.count + open
  }

  /** Bytes of chunks that are sealed. */
  get sizeBytes(): number {
    return this.#chunks.sizeBytes
  }

  /** The late samples that are not being written to a block. */
  get late(): LateSamples {
    return this.#late
  }

  /** Whether there may be samples in the range. */
  overlaps({ minMs, maxMs }: TimeRange): boolean {
    if (maxMs >= this.minMs && minMs <= this.maxMs) return true
    return [this.#late, this.#parting].some((late) => late !== undefined && maxMs >= late.minMs && minMs <= late.maxMs)
  }

  /** Makes room in the columns for a new slot. */
  open(slot: number): void {
    if (slot >= this.#first.length) this.#grow(slot + 1)
    this.#first[slot] = NONE
    this.#last[slot] = NONE
    this.#maxTime[slot] = NEVER
  }

  /** The series' newest in-order sample. */
  maxTime(slot: number): number {
    return this.#maxTime[slot] ?? NEVER
  }

  /** Halves of the newest sample's bits, when it is a float in an open chunk. */
  lastFloat(slot: number): readonly [high: number, low: number] | undefined {
    return this.#xor.count(slot) > 0 ? [this.#xor.lastHigh(slot), this.#xor.lastLow(slot)] : undefined
  }

  /** The newest sample, when it is a histogram: `undefined` inside says that it is a stale marker. */
  lastHistogram(
    slot: number,
  ): { readonly histogram: FloatHistogram | undefined; readonly isInteger: boolean } | undefined {
    const chunk = this.#histograms.get(slot)
    return chunk === undefined ? undefined : { histogram: chunk.last, isInteger: chunk.isInteger }
  }

  /** Takes a float that is newer than the series' newest sample. */
  appendFloat(slot: number, timestampMs: number, high: number, low: number): void {
    const histograms = this.#histograms.size === 0 ? undefined : this.#histograms.get(slot)
    if (histograms !== undefined) {
      if (high === STALE_HIGH && low === STALE_LOW) {
        this.appendHistogram(slot, { timestampMs, high, low, isInteger: histograms.isInteger })
        return
      }
      this.#sealHistograms(slot, histograms)
    }
    const xor = this.#xor
    let count = xor.count(slot)
    if (count === SAMPLES_PER_CHUNK / 4) {
      const chunk = {
        startMs: this.#chunkStart[slot] ?? 0,
        nowMs: xor.lastTime(slot),
        endMs: this.#chunkEnd[slot] ?? 0,
      }
      this.#chunkEnd[slot] = chunkEnd(chunk, 4)
    }
    if (
      count > 0 &&
      (timestampMs >= (this.#chunkEnd[slot] ?? 0) ||
        count >= SAMPLES_PER_CHUNK * 2 ||
        xor.sizeBytes(slot) > XOR_BYTES_MAX)
    ) {
      this.#sealFloats(slot)
      count = 0
    }
    if (count === 0) this.#startChunk(slot, timestampMs)
    xor.append(slot, timestampMs, high, low)
    this.#noteTime(slot, timestampMs)
  }

  /** Takes a sealed chunk from before the start; its series is named later, if at all. */
  adopt(ref: SeriesRef, chunk: Chunk): void {
    this.series.reserveRef(ref)
    const known = this.#adopted.get(ref)
    if (chunk.maxMs < this.minValidMs) return
    if (known !== undefined && this.#chunks.maxTime(known.last) >= chunk.minMs) return
    const last = this.#chunks.add(known?.last ?? NONE, chunk, (bytes, offset) =>
      bytes.set(chunk.bytes.subarray(chunk.offset, chunk.offset + chunk.length), offset),
    )
    this.#adopted.set(ref, { first: known?.first ?? last, last })
  }

  /** Gives a series the chunks that were adopted under its reference. */
  takeAdopted(ref: SeriesRef, slot: number): void {
    const adopted = this.#adopted.get(ref)
    if (adopted === undefined || this.#chunks.minTime(adopted.first) <= this.maxTime(slot)) return
    this.#adopted.delete(ref)
    this.#sealOpen(slot)
    const last = this.#last[slot] ?? NONE
    if (last === NONE) this.#first[slot] = adopted.first
    else this.#chunks.link(last, adopted.first)
    this.#last[slot] = adopted.last
    this.minMs = Math.min(this.minMs, this.#chunks.minTime(adopted.first))
    this.#noteTime(slot, this.#chunks.maxTime(adopted.last))
  }

  /** Lets go adopted chunks that no series asked for. */
  dropAdopted(): void {
    for (const { first } of this.#adopted.values()) {
      for (let chunk = first; chunk !== NONE;) {
        const next = this.#chunks.next(chunk)
        this.#chunks.release(chunk)
        chunk = next
      }
    }
    this.#adopted.clear()
  }

  #sealOpen(slot: number): void {
    const histograms = this.#histograms.get(slot)
    if (histograms !== undefined) this.#sealHistograms(slot, histograms)
    else if (this.#xor.count(slot) > 0) this.#sealFloats(slot)
  }

  /** Takes a histogram, or a stale marker among histograms, that is newer than the series' newest sample. */
  appendHistogram(slot: number, sample: BitSample): void {
    const { timestampMs, histogram, isInteger = false } = sample
    if (this.#xor.count(slot) > 0) this.#sealFloats(slot)
    let open = this.#histograms.get(slot)
    const previous = open
    if (open !== undefined && open.isInteger !== isInteger) {
      this.#sealHistograms(slot, open)
      open = undefined
    }
    if (open !== undefined && this.#isFull(slot, open, timestampMs)) {
      this.#sealHistograms(slot, open)
      open = undefined
    }
    const verdict = open === undefined ? undefined : judge(open, histogram)
    if (open !== undefined && verdict?.fits === true) {
      this.#histograms.set(slot, appendFitting(open, histogram, timestampMs))
    } else {
      if (open !== undefined) this.#sealHistograms(slot, open)
      const reset = verdict?.fits === false ? verdict.reset : headerAfter(sameKind(previous, isInteger), histogram)
      this.#histograms.set(slot, new HistogramChunk(histogram, { timestampMs, isInteger, reset }))
      this.#startChunk(slot, timestampMs)
    }
    this.#noteTime(slot, timestampMs)
  }

  /** Takes a late sample. Returns false when its instant is already among the late ones. */
  appendLate(slot: number, sample: BitSample): boolean {
    return this.#late.add(slot, sample)
  }

  /** Adds the series' in-order chunks that overlap the range; open ones as copies. */
  collect(slot: number, range: TimeRange, into: ChunkList): void {
    if (range.minMs > this.maxTime(slot)) return
    this.#chunks.collect(this.#first[slot] ?? NONE, range, into)
    if ((this.#chunkStart[slot] ?? 0) > range.maxMs) return
    const histograms = this.#histograms.get(slot)
    const source = histograms ?? (this.#xor.count(slot) > 0 ? this.#xor : undefined)
    if (source === undefined) return
    const length = histograms === undefined ? this.#xor.sizeBytes(slot) : histograms.sizeBytes
    const bytes = new Uint8Array(length + READ_SLACK_BYTES)
    if (histograms === undefined) this.#xor.copyTo(slot, bytes, 0)
    else histograms.copyTo(bytes, 0)
    const encoding = histograms === undefined ? XOR : histograms.isInteger ? HISTOGRAM : FLOAT_HISTOGRAM
    const minMs = this.#chunkStart[slot] ?? 0
    into.push({ bytes, offset: 0, length, encoding, minMs, maxMs: this.maxTime(slot) })
  }

  /** Adds the chunks of late samples. */
  collectLate(slot: number, range: TimeRange, into: ChunkList): void {
    if (this.#late.isEmpty && this.#parting === undefined) return
    this.#parting?.collect(slot, range, into)
    this.#late.collect(slot, range, into)
  }

  /** Sets the late samples apart, so that they can be written while others come. */
  partWithLate(): LateSamples {
    assert(this.#parting === undefined, 'late samples are written once at a time')
    this.#parting = this.#late
    this.#late = new LateSamples(this.#chunks, this.options.outOfOrderSamplesMax)
    return this.#parting
  }

  /** Takes back the late samples that were set apart, with those that came since. */
  takeBackLate(): void {
    const parted = this.#parting
    if (parted === undefined) return
    for (const slot of this.#late.slots()) {
      for (const sample of this.#late.samples(slot)) parted.add(slot, sample)
    }
    this.#late.release()
    this.#late = parted
    this.#parting = undefined
  }

  /** Lets go the late samples that were set apart: they lie in a block now. */
  dropParted(): void {
    this.#parting?.release()
    this.#parting = undefined
  }

  /**
   * Lets go what is older than `minMs`: sealed chunks that end before it, and series that have nothing left.
   * `pending` names series that must stay: a batch that is not committed yet holds their slots. Returns the references of
   * the series that went.
   */
  truncate(minMs: number, pending: ReadonlySet<number>): readonly SeriesRef[] {
    const gone: number[] = []
    let oldest = Infinity
    for (let slot = 0; slot < this.series.slotsEnd; slot++) {
      if (!this.series.isUsed(slot)) continue
      oldest = Math.min(oldest, this.#truncateSeries(slot, minMs))
      const isEmpty = this.#first[slot] === NONE && !this.#hasOpenChunk(slot)
      const hasLate = this.#late.has(slot) || this.#parting?.has(slot) === true
      if (isEmpty && !hasLate && !pending.has(slot)) gone.push(slot)
    }
    for (const slot of gone) {
      this.deleted.delete(slot)
      this.metadata.delete(slot)
      this.startTimes.forget(slot)
    }
    const references = gone.map((slot) => this.series.ref(slot))
    this.series.remove(gone)
    this.minMs = oldest
    this.minValidMs = Math.max(this.minValidMs, minMs)
    return references
  }

  /** Returns where the series begins now. */
  #truncateSeries(slot: number, minMs: number): number {
    let chunk = this.#first[slot] ?? NONE
    while (chunk !== NONE && this.#chunks.maxTime(chunk) < minMs) {
      const next = this.#chunks.next(chunk)
      this.#chunks.release(chunk)
      chunk = next
    }
    this.#first[slot] = chunk
    if (chunk === NONE) this.#last[slot] = NONE
    this.startTimes.truncate(slot, minMs)
    if (this.maxTime(slot) < minMs) {
      this.#xor.clear(slot)
      this.#histograms.delete(slot)
    }
    if (chunk !== NONE) return this.#chunks.minTime(chunk)
    return this.#hasOpenChunk(slot) ? (this.#chunkStart[slot] ?? 0) : Infinity
  }

  #hasOpenChunk(slot: number): boolean {
    return this.#xor.count(slot) > 0 || this.#histograms.has(slot)
  }

  #noteTime(slot: number, timestampMs: number): void {
    this.#maxTime[slot] = timestampMs
    if (timestampMs > this.maxMs) this.maxMs = timestampMs
    if (timestampMs < this.minMs) this.minMs = timestampMs
  }

  #startChunk(slot: number, timestampMs: number): void {
    this.#chunkStart[slot] = timestampMs
    this.#chunkEnd[slot] = rangeEnd(timestampMs, this.options.chunkRangeMs)
  }

  #isFull(slot: number, chunk: HistogramChunk, timestampMs: number): boolean {
    const hardEnd = rangeEnd(chunk.minMs, this.options.chunkRangeMs)
    if (timestampMs >= hardEnd) return true
    const size = chunk.sizeBytes
    if (this.#chunkEnd[slot] === hardEnd && size >= HISTOGRAM_CHUNK_BYTES / 4) {
      const bounds = { startMs: chunk.minMs, nowMs: chunk.maxMs, endMs: hardEnd }
      this.#chunkEnd[slot] = chunkEnd(bounds, HISTOGRAM_CHUNK_BYTES / size)
    }
    const isDue = timestampMs >= (this.#chunkEnd[slot] ?? 0) || size >= 2 * HISTOGRAM_CHUNK_BYTES
    return isDue && chunk.samples >= HISTOGRAMS_PER_CHUNK_MIN
  }

  #sealFloats(slot: number): void {
    const chunk = {
      length: this.#xor.sizeBytes(slot),
      encoding: XOR,
      minMs: this.#chunkStart[slot] ?? 0,
      maxMs: this.#xor.lastTime(slot),
    }
    this.#chain(slot, chunk, (bytes, offset) => this.#xor.copyTo(slot, bytes, offset))
    this.#xor.clear(slot)
  }

  #sealHistograms(slot: number, open: HistogramChunk): void {
    const encoding = open.isInteger ? HISTOGRAM : FLOAT_HISTOGRAM
    const chunk = { length: open.sizeBytes, encoding, minMs: open.minMs, maxMs: open.maxMs }
    this.#chain(slot, chunk, (bytes, offset) => open.copyTo(bytes, offset))
    this.#histograms.delete(slot)
  }

  #chain(
    slot: number,
    chunk: { length: number; encoding: number; minMs: number; maxMs: number },
    fill: (bytes: Uint8Array, offset: number) => void,
  ): void {
    const index = this.#chunks.add(this.#last[slot] ?? NONE, chunk, (bytes, offset) => {
      fill(bytes, offset)
      this.options.onSealed?.(this.series.ref(slot), { ...chunk, bytes, offset })
    })
    if (this.#first[slot] === NONE) this.#first[slot] = index
    this.#last[slot] = index
  }

  #grow(slots: number): void {
    const size = Math.max(slots, this.#first.length * 2, 1024)
    this.#xor.reserve(size)
    this.#first = grown(this.#first, new Int32Array(size))
    this.#last = grown(this.#last, new Int32Array(size))
    this.#chunkStart = grown(this.#chunkStart, new Float64Array(size))
    this.#chunkEnd = grown(this.#chunkEnd, new Float64Array(size))
    this.#maxTime = grown(this.#maxTime, new Float64Array(size))
  }
}

function sameKind(chunk: HistogramChunk | undefined, isInteger: boolean): HistogramChunk | undefined {
  return chunk?.isInteger === isInteger ? chunk : undefined
}
