import { zstdDecompressSync } from 'node:zlib'
import { crc32c } from '../../../base/crc32c.ts'
import { snappyLength, snappyUncompress } from '../../../base/snappy.ts'
import type { Disk } from '../../../world/disk.ts'
import {
  FIRST,
  FULL,
  HEADER_BYTES,
  LAST,
  MIDDLE,
  PAGE_BYTES,
  PAGE_END,
  segmentName,
  SNAPPY_FLAG,
  TYPE_MASK,
  ZSTD_FLAG,
} from './log-format.ts'

/** How much of a segment is read at a time. */
const READ_BYTES = 32 * PAGE_BYTES

/** Where a log stops making sense. */
export interface Corruption {
  readonly segment: number
  /** Everything before it is good. */
  readonly offset: number
  readonly reason: string
}

class CorruptionError extends Error {}

/**
 * Reads a segment's records, in order; each is valid only until the next. Returns where the segment is corrupt, if it is.
 * What `take` throws counts as corruption of the record that it was given.
 */
export async function readSegment(
  source: { readonly disk: Disk; readonly path: string; readonly segment: number },
  take: (record: Uint8Array) => void,
): Promise<Corruption | undefined> {
  const { disk, path, segment } = source
  const file = await disk.open(`${path}/${segmentName(segment)}`, 'read')
  const reader = new PageReader(take)
  try {
    const buffer = new Uint8Array(READ_BYTES)
    for (let position = 0; ; position += READ_BYTES) {
      const filled = await file.read(buffer, position)
      // A short page is one whose zeros were never written.
      const end = Math.ceil(filled / PAGE_BYTES) * PAGE_BYTES
      buffer.fill(0, filled, end)
      for (let at = 0; at < end; at += PAGE_BYTES) reader.readPage(buffer, at, position + at)
      if (filled < READ_BYTES) break
    }
    reader.end()
    return undefined
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return { segment, offset: reader.recordStart, reason: error.message }
  } finally {
    await file.close()
  }
}

class PageReader {
  /** Where the record that is being read begins in the segment. */
  recordStart = 0
  readonly #take: (record: Uint8Array) => void
  #parts: Uint8Array[] = []
  #content = new Uint8Array(1 << 16)

  constructor(take: (record: Uint8Array) => void) {
    this.#take = take
  }

  readPage(bytes: Uint8Array, start: number, position: number): void {
    const end = start + PAGE_BYTES
    let at = start
    while (at < end) {
      if (this.#parts.length === 0) this.recordStart = position + at - start
      const header = bytes[at] ?? 0
      const type = header & TYPE_MASK
      if (type === PAGE_END) {
        for (; at < end; at++) if (bytes[at] !== 0) throw new CorruptionError('unexpected non-zero byte in padded page')
        return
      }
      if (at + HEADER_BYTES > end) throw new CorruptionError('a header does not fit its page')
      const length = ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
      const from = at + HEADER_BYTES
      if (from + length > end) throw new CorruptionError(`invalid record size ${length}`)
      const expected =
        (((bytes[at + 3] ?? 0) << 24) |
          ((bytes[at + 4] ?? 0) << 16) |
          ((bytes[at + 5] ?? 0) << 8) |
          (bytes[at + 6] ?? 0)) >>>
        0
      const sum = crc32c(bytes, from, from + length)
      if (sum !== expected) {
        throw new CorruptionError(`unexpected checksum ${sum.toString(16)}, expected ${expected.toString(16)}`)
      }
      at = from + length
      this.#fragment(header, bytes.subarray(from, at))
    }
  }

  end(): void {
    if (this.#parts.length > 0) throw new CorruptionError('last record is torn')
  }

  #fragment(header: number, bytes: Uint8Array): void {
    const type = header & TYPE_MASK
    const isStart = type === FULL || type === FIRST
    if (isStart !== (this.#parts.length === 0)) throw new CorruptionError('unexpected fragment of a record')
    if (type === FIRST || type === MIDDLE) {
      // A copy: the buffer is filled again before the record's end comes.
      this.#parts.push(bytes.slice())
      return
    }
    if (type !== FULL && type !== LAST) throw new CorruptionError(`unexpected record type ${type}`)
    const record = this.#parts.length === 0 ? bytes : Buffer.concat([...this.#parts, bytes])
    this.#take(this.#uncompressed(header, record))
    this.#parts = []
  }

  #uncompressed(header: number, bytes: Uint8Array): Uint8Array {
    if ((header & SNAPPY_FLAG) !== 0) {
      const length = snappyLength(bytes)
      if (length > this.#content.length) this.#content = new Uint8Array(length * 2)
      return snappyUncompress(bytes, { into: this.#content })
    }
    return (header & ZSTD_FLAG) === 0 ? bytes : zstdDecompressSync(bytes)
  }
}
