import { ChunkList } from '../chunks/chunk-list.ts'
import { type ChunkTable, NONE } from '../chunks/chunk-table.ts'
import { type BitSample, encodeRuns } from '../chunks/encode-runs.ts'
import { samplesOf } from '../chunks/rewrite-chunks.ts'
import type { TimeRange } from '../chunks/xor-decoder.ts'

/**
 * Samples that came late: each series' chunks of them, which may overlap, and a few that are not in a chunk yet. They go into
 * blocks of their own.
 */
export class LateSamples {
  readonly #chunks: ChunkTable
  readonly #samplesMax: number
  readonly #open = new Map<number, BitSample[]>()
  readonly #sealed = new Map<number, { readonly first: number; readonly last: number }>()
  /** Bounds; infinite and crossed while there is none. */
  minMs = Infinity
  maxMs = -Infinity

  constructor(chunks: ChunkTable, samplesMax: number) {
    this.#chunks = chunks
    this.#samplesMax = samplesMax
  }

  get isEmpty(): boolean {
    return this.minMs > this.maxMs
  }

  has(slot: number): boolean {
    return this.#open.has(slot) || this.#sealed.has(slot)
  }

  slots(): readonly number[] {
    return [...new Set([...this.#open.keys(), ...this.#sealed.keys()])]
  }

  /** Returns false for an instant that is among the series' latest already. */
  add(slot: number, sample: BitSample): boolean {
    let samples = this.#open.get(slot)
    if (samples === undefined) this.#open.set(slot, (samples = []))
    let at = samples.length
    while (at > 0 && (samples[at - 1]?.timestampMs ?? 0) > sample.timestampMs) at--
    if (samples[at - 1]?.timestampMs === sample.timestampMs) return false
    samples.splice(at, 0, sample)
    this.minMs = Math.min(this.minMs, sample.timestampMs)
    this.maxMs = Math.max(this.maxMs, sample.timestampMs)
    if (samples.length >= this.#samplesMax) this.#seal(slot, samples)
    return true
  }

  /** Adds the series' chunks that overlap the range. */
  collect(slot: number, range: TimeRange, into: ChunkList): void {
    this.#chunks.collect(this.#sealed.get(slot)?.first ?? NONE, range, into)
    for (const chunk of encodeRuns(this.#open.get(slot) ?? [])) {
      if (chunk.maxMs >= range.minMs && chunk.minMs <= range.maxMs) into.push(chunk)
    }
  }

  /** The series' samples, in no particular order. */
  samples(slot: number): BitSample[] {
    const list = new ChunkList()
    this.collect(slot, { minMs: -Infinity, maxMs: Infinity }, list)
    return Array.from({ length: list.length }, (_, index) =>
      samplesOf(list, index, { minMs: -Infinity, maxMs: Infinity }),
    ).flat()
  }

  /** Lets go what is older than `minMs`. */
  truncate(minMs: number): void {
    if (this.minMs >= minMs) return
    for (const [slot, { first }] of this.#sealed) {
      let kept: { first: number; last: number } | undefined
      for (let chunk = first; chunk !== NONE;) {
        const next = this.#chunks.next(chunk)
        if (this.#chunks.maxTime(chunk) < minMs) this.#chunks.release(chunk)
        else {
          this.#chunks.link(chunk, NONE)
          if (kept !== undefined) this.#chunks.link(kept.last, chunk)
          kept = { first: kept?.first ?? chunk, last: chunk }
        }
        chunk = next
      }
      if (kept === undefined) this.#sealed.delete(slot)
      else this.#sealed.set(slot, kept)
    }
    for (const [slot, samples] of this.#open) {
      const left = samples.filter(({ timestampMs }) => timestampMs >= minMs)
      if (left.length === 0) this.#open.delete(slot)
      else this.#open.set(slot, left)
    }
    this.minMs = minMs
  }

  /** Gives back the memory. */
  release(): void {
    for (const { first } of this.#sealed.values()) {
      for (let chunk = first; chunk !== NONE;) {
        const next = this.#chunks.next(chunk)
        this.#chunks.release(chunk)
        chunk = next
      }
    }
    this.#sealed.clear()
    this.#open.clear()
    this.minMs = Infinity
    this.maxMs = -Infinity
  }

  #seal(slot: number, samples: readonly BitSample[]): void {
    for (const chunk of encodeRuns(samples)) {
      const chain = this.#sealed.get(slot)
      const index = this.#chunks.add(chain?.last ?? NONE, chunk, (bytes, offset) =>
        bytes.set(chunk.bytes.subarray(0, chunk.length), offset),
      )
      this.#sealed.set(slot, { first: chain?.first ?? index, last: index })
    }
    this.#open.delete(slot)
  }
}
