import { Arena } from './arena.ts'
import type { ChunkList } from './chunk-list.ts'
import type { TimeRange } from './xor-decoder.ts'
import { grown } from './grown.ts'

/** No chunk. */
export const NONE = -1

/**
 * Sealed chunks of all series: columns, chained from a series' oldest chunk to its newest.
 *
 *     series 7:  first = 3 ──► 9 ──► 14 = last
 *                  next[3] = 9, next[9] = 14, next[14] = NONE
 */
export class ChunkTable {
  readonly #arena = new Arena()
  #next = new Int32Array(0)
  #segment = new Uint32Array(0)
  #offset = new Uint32Array(0)
  #length = new Uint32Array(0)
  #encoding = new Uint8Array(0)
  #minTime = new Float64Array(0)
  #maxTime = new Float64Array(0)
  readonly #free: number[] = []
  #used = 0

  /** How many chunks there are. */
  get count(): number {
    return this.#used - this.#free.length
  }

  get sizeBytes(): number {
    return this.#arena.sizeBytes
  }

  /** Adds a chunk of `length` bytes, which `fill` writes, behind chunk `previous`. Returns its number. */
  add(
    previous: number,
    chunk: { length: number; encoding: number; minMs: number; maxMs: number },
    fill: (bytes: Uint8Array, offset: number) => void,
  ): number {
    const index = this.#free.pop() ?? this.#used++
    if (index >= this.#next.length) this.#grow()
    const [segment, offset] = this.#arena.allocate(chunk.length)
    fill(this.#arena.segment(segment), offset)
    this.#next[index] = NONE
    this.#segment[index] = segment
    this.#offset[index] = offset
    this.#length[index] = chunk.length
    this.#encoding[index] = chunk.encoding
    this.#minTime[index] = chunk.minMs
    this.#maxTime[index] = chunk.maxMs
    if (previous !== NONE) this.#next[previous] = index
    return index
  }

  next(index: number): number {
    return this.#next[index] ?? NONE
  }

  link(index: number, next: number): void {
    this.#next[index] = next
  }

  minTime(index: number): number {
    return this.#minTime[index] ?? 0
  }

  maxTime(index: number): number {
    return this.#maxTime[index] ?? 0
  }

  /** Lets a chunk go; who chained it sees to the chain. */
  release(index: number): void {
    this.#arena.release(this.#segment[index] ?? 0, this.#length[index] ?? 0)
    this.#free.push(index)
  }

  /** Adds the chunks of the chain that overlap the range. */
  collect(first: number, range: TimeRange, into: ChunkList): void {
    for (let index = first; index !== NONE; index = this.next(index)) {
      if (this.maxTime(index) < range.minMs || this.minTime(index) > range.maxMs) continue
      into.push({
        bytes: this.#arena.segment(this.#segment[index] ?? 0),
        offset: this.#offset[index] ?? 0,
        length: this.#length[index] ?? 0,
        encoding: this.#encoding[index] ?? 0,
        minMs: this.minTime(index),
        maxMs: this.maxTime(index),
      })
    }
  }

  #grow(): void {
    const size = Math.max(256, this.#next.length * 2)
    this.#next = grown(this.#next, new Int32Array(size))
    this.#segment = grown(this.#segment, new Uint32Array(size))
    this.#offset = grown(this.#offset, new Uint32Array(size))
    this.#length = grown(this.#length, new Uint32Array(size))
    this.#encoding = grown(this.#encoding, new Uint8Array(size))
    this.#minTime = grown(this.#minTime, new Float64Array(size))
    this.#maxTime = grown(this.#maxTime, new Float64Array(size))
  }
}
