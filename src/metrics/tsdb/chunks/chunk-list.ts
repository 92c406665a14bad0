/** Chunks of many series in columns: what a selection holds on to while its reader works through it. */
export class ChunkList {
  readonly bytes: Uint8Array[] = []
  readonly offsets: number[] = []
  readonly lengths: number[] = []
  readonly encodings: number[] = []
  readonly minTimes: number[] = []
  readonly maxTimes: number[] = []

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
}
