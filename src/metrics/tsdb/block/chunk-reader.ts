import { crc32c } from '../../../base/crc32c.ts'
import type { Disk, DiskFile } from '../../../world/disk.ts'
import { ByteReader } from '../bytes/byte-reader.ts'
import { READ_SLACK_BYTES } from '../chunks/xor-decoder.ts'
import { CHUNKS_MAGIC, segmentFileName, TWO_32 } from './block-format.ts'
import { readAt } from './block-index.ts'

/** Chunks closer to each other than this are read together. */
const GAP_BYTES = 64 * 1024
const READ_BYTES_MAX = 4 << 20
/** What is read behind a chunk's start at first: most need less. */
const CHUNK_BYTES = 2048

/** An encoded chunk among the bytes that were read. */
export interface ReadChunk {
  readonly bytes: Uint8Array
  readonly offset: number
  readonly length: number
  readonly encoding: number
}

/** Reads chunks from a block's segment files, many at a time. */
export class ChunkReader {
  readonly #files: readonly DiskFile[]

  private constructor(files: readonly DiskFile[]) {
    this.#files = files
  }

  static async open(disk: Disk, path: string): Promise<ChunkReader> {
    const names = ((await disk.list(path)) ?? []).filter((name) => /^\d{6}$/.test(name))
    const files: DiskFile[] = []
    for (const name of names) {
      if (name !== segmentFileName(files.length + 1)) throw new Error(`chunk segment ${files.length + 1} is missing`)
      const file = await disk.open(`${path}/${name}`, 'read')
      files.push(file)
      if (new ByteReader(await readAt(file, 0, 4)).uint32() !== CHUNKS_MAGIC) {
        throw new Error(`invalid magic number of chunk segment ${name}`)
      }
    }
    return new ChunkReader(files)
  }

  async close(): Promise<void> {
    for (const file of this.#files) await file.close()
  }

  /** The chunks that the references name, in the order of the references. */
  async read(references: readonly number[]): Promise<readonly ReadChunk[]> {
    const order = references.map((_, index) => index).sort((a, b) => (references[a] ?? 0) - (references[b] ?? 0))
    const chunks: ReadChunk[] = Array.from({ length: references.length })
    for (let first = 0; first < order.length;) {
      const start = references[order[first] ?? 0] ?? 0
      let last = first
      while (last + 1 < order.length) {
        const here = references[order[last] ?? 0] ?? 0
        const next = references[order[last + 1] ?? 0] ?? 0
        if (next - here > GAP_BYTES || next - start > READ_BYTES_MAX) break
        last++
      }
      const file = this.#file(start)
      const position = start % TWO_32
      const length = (references[order[last] ?? 0] ?? 0) - start + CHUNK_BYTES
      const bytes = await readAt(file, position, length)
      for (let index = first; index <= last; index++) {
        const at = order[index] ?? 0
        const reference = references[at] ?? 0
        chunks[at] = chunkAt(bytes, reference - start) ?? (await readAlone(file, reference % TWO_32))
      }
      first = last + 1
    }
    return chunks
  }

  #file(reference: number): DiskFile {
    const file = this.#files[Math.floor(reference / TWO_32)]
    if (file === undefined) throw new Error(`segment index ${Math.floor(reference / TWO_32)} out of range`)
    return file
  }
}

/** The chunk at an offset; undefined when it goes on behind the bytes. */
function chunkAt(bytes: Uint8Array, at: number): ReadChunk | undefined {
  const reader = new ByteReader(bytes, at)
  if (reader.left < 5) return undefined
  const length = reader.uvarint()
  const start = reader.at
  if (reader.left < 1 + length + 4 + READ_SLACK_BYTES) return undefined
  return checked(bytes, start, length)
}

async function readAlone(file: DiskFile, position: number): Promise<ReadChunk> {
  const head = new ByteReader(await readAt(file, position, 10))
  const length = head.uvarint()
  const needed = 1 + length + 4
  // With room behind it, for readers that look ahead.
  const bytes = new Uint8Array(needed + READ_SLACK_BYTES)
  if ((await file.read(bytes.subarray(0, needed), position + head.at)) < needed) throw new Error('a chunk is cut off')
  return checked(bytes, 0, length)
}

/** The chunk of `length` bytes whose encoding is at `start`. */
function checked(bytes: Uint8Array, start: number, length: number): ReadChunk {
  const end = start + 1 + length
  if (crc32c(bytes, start, end) !== new ByteReader(bytes, end).uint32()) {
    throw new Error('checksum of a chunk did not match')
  }
  return { bytes, offset: start + 1, length, encoding: bytes[start] ?? 0 }
}
