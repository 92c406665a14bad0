import type { DeletedRanges } from '../tombstones.ts'

/** Chunks of many series in columns: what a selection holds on to while its reader works through it. */
export class ChunkList {
  readonly bytes: Uint8Array[] = []
  readonly offsets: number[] = []
  readonly lengths: number[] = []
  readonly encodings: number[] = []
  readonly minTimes: number[] = []
  readonly maxTimes: number[] = []
  readonly deleted: (DeletedRanges | undefined)[] = []

  get length(): number {
    return this.bytes.length
  }

  push(chunk: Chunk): void {
    this.bytes.push(chunk.bytes)
    this.offsets.push(chunk.offset)
    this.lengths.push(chunk.length)
    this.encodings.push(chunk.encoding)
    this.minTimes.push(chunk.minMs)
    this.maxTimes.push(chunk.maxMs)
    this.deleted.push(chunk.deleted)
  }

  /** Adds chunks `from` to `to` (without) of another list. */
  pushAll(list: ChunkList, from: number, to: number): void {
    for (let index = from; index < to; index++) {
      this.push({
        bytes: list.bytes[index] ?? NO_BYTES,
        offset: list.offsets[index] ?? 0,
        length: list.lengths[index] ?? 0,
        encoding: list.encodings[index] ?? 0,
        minMs: list.minTimes[index] ?? 0,
        maxMs: list.maxTimes[index] ?? 0,
        deleted: list.deleted[index],
      })
    }
  }

  /** Says what is deleted of the chunks from `from` on. */
  markDeleted(from: number, deleted: DeletedRanges): void {
    for (let index = from; index < this.length; index++) this.deleted[index] = deleted
  }
}

/** An encoded chunk: `length` bytes from `offset`, and some readable bytes behind. */
export interface Chunk {
  readonly bytes: Uint8Array
  readonly offset: number
  readonly length: number
  readonly encoding: number
  readonly minMs: number
  readonly maxMs: number
  /** What of its samples is deleted. */
  readonly deleted?: DeletedRanges | undefined
}

const NO_BYTES = new Uint8Array(0)
