import { crc32c } from '../../../base/crc32c.ts'
import type { Disk, DiskFile } from '../../../world/disk.ts'
import type { SeriesRef } from '../../model/storage.ts'
import { ByteReader, ShortBytesError } from '../bytes/byte-reader.ts'
import { ByteWriter } from '../bytes/byte-writer.ts'
import type { Chunk } from '../chunks/chunk-list.ts'

/** Numbers of the files (prometheus/prometheus tsdb/chunks/head_chunks.go). */
const MAGIC = 0x0130bc91
const FILE_HEADER_BYTES = 8
const FILE_BYTES_MAX = 128 * 1024 * 1024

/** A chunk of samples that came late is marked so in its encoding. */
const LATE_FLAG = 0x80

const READ_BYTES = 4 << 20
const FLUSH_BYTES = 256 * 1024

/**
 * The head's sealed chunks, in files that spare the start the work of making them again from the log. They are a copy: the log
 * has every sample of them, so they may be written late, be cut off or be gone.
 *
 *     file:  magic (4 bytes) | version (1) | zeros (3) | chunks
 *     chunk: series (8) | first time (8) | last time (8) | encoding (1) | length (uvarint) | data | CRC-32C (4)
 */
export class HeadChunkFiles {
  readonly #disk: Disk
  readonly #path: string
  readonly #onProblem: (message: string) => void
  /** Finished files, and where the newest sample in each is. */
  readonly #finished = new Map<number, number>()
  #number: number
  #file: DiskFile | undefined
  #fileBytes = 0
  #fileMaxMs = -Infinity
  #pending = new ByteWriter(FLUSH_BYTES * 2)
  #writing: Promise<void> = Promise.resolve()
  #isBroken = false

  private constructor(at: { disk: Disk; path: string; onProblem: (message: string) => void; next: number }) {
    this.#disk = at.disk
    this.#path = at.path
    this.#onProblem = at.onProblem
    this.#number = at.next
  }

  /** Reads all chunks that are there, oldest file first, and goes on in a new file. */
  static async open(
    at: { readonly disk: Disk; readonly path: string; readonly onProblem: (message: string) => void },
    take: (ref: SeriesRef, chunk: Chunk) => void,
  ): Promise<HeadChunkFiles> {
    const { disk, path } = at
    await disk.makeDirectory(path)
    const names = ((await disk.list(path)) ?? []).filter((name) => /^\d{6}$/.test(name))
    const files = new HeadChunkFiles({ ...at, next: Number(names.at(-1) ?? 0) + 1 })
    let isCut = false
    for (const name of names) {
      if (isCut) await disk.remove(`${path}/${name}`)
      else {
        const read = await readFile(disk, `${path}/${name}`, take)
        files.#finished.set(Number(name), read.maxMs)
        isCut = read.isCut
      }
    }
    return files
  }

  /** Takes a chunk to be written some time. */
  add(ref: SeriesRef, chunk: Chunk): void {
    if (this.#isBroken) return
    const writer = this.#pending
    const start = writer.at
    writer.reserve(chunk.length + 64)
    writer.int64(ref)
    writer.int64(chunk.minMs)
    writer.int64(chunk.maxMs)
    writer.byte(chunk.encoding)
    writer.uvarint(chunk.length)
    writer.raw(chunk.bytes.subarray(chunk.offset, chunk.offset + chunk.length))
    writer.uint32(crc32c(writer.bytes, start, writer.at))
    this.#fileMaxMs = Math.max(this.#fileMaxMs, chunk.maxMs)
    if (writer.at >= FLUSH_BYTES) this.#flush()
  }

  /** Deletes files of which everything is older than `minMs`. */
  async truncate(minMs: number): Promise<void> {
    this.#flush()
    await this.#writing
    await this.#finish()
    for (const [number, maxMs] of this.#finished) {
      // Prometheus does not open a directory in which a number is missing.
      if (maxMs >= minMs) break
      await this.#disk.remove(`${this.#path}/${fileName(number)}`)
      this.#finished.delete(number)
    }
  }

  async close(): Promise<void> {
    this.#flush()
    await this.#writing
    await this.#finish()
  }

  #flush(): void {
    const bytes = this.#pending.view
    if (bytes.length === 0) return
    this.#pending = new ByteWriter(FLUSH_BYTES * 2)
    this.#writing = this.#writing
      .then(() => this.#write(bytes))
      .catch((error: unknown) => {
        // Without the copy the next start takes longer, and that is all.
        this.#isBroken = true
        this.#onProblem(
          `chunks of the head cannot be put aside: ${error instanceof Error ? error.message : String(error)}`,
        )
      })
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (this.#isBroken) return
    if (this.#fileBytes + bytes.length > FILE_BYTES_MAX) await this.#finish()
    if (this.#file === undefined) {
      this.#file = await this.#disk.open(`${this.#path}/${fileName(this.#number)}`, 'append')
      const header = new ByteWriter(FILE_HEADER_BYTES)
      header.uint32(MAGIC)
      header.byte(1)
      header.zeros(3)
      await this.#file.append(header.view)
      this.#fileBytes = FILE_HEADER_BYTES
    }
    await this.#file.append(bytes)
    this.#fileBytes += bytes.length
  }

  async #finish(): Promise<void> {
    if (this.#file === undefined) return
    await this.#file.close()
    this.#file = undefined
    this.#finished.set(this.#number, this.#fileMaxMs)
    this.#number++
    this.#fileMaxMs = -Infinity
  }
}

function fileName(number: number): string {
  return String(number).padStart(6, '0')
}

/** Reads a file's chunks up to where it makes no sense, and cuts it there. */
async function readFile(
  disk: Disk,
  path: string,
  take: (ref: SeriesRef, chunk: Chunk) => void,
): Promise<{ readonly maxMs: number; readonly isCut: boolean }> {
  const file = await disk.open(path, 'read')
  const size = await file.sizeBytes()
  const buffer = new Uint8Array(READ_BYTES)
  let maxMs = -Infinity
  let position = 0
  try {
    for (let filled = await file.read(buffer, 0); filled > 0; filled = await file.read(buffer, position)) {
      const reader = new ByteReader(buffer, 0, filled)
      let good = 0
      if (position === 0) {
        if (filled < FILE_HEADER_BYTES || reader.uint32() !== MAGIC) break
        good = FILE_HEADER_BYTES
      }
      for (reader.at = good; reader.left > 0; good = reader.at) {
        const chunk = readChunk(reader)
        if (chunk === undefined) break
        maxMs = Math.max(maxMs, chunk.maxMs)
        if ((chunk.encoding & LATE_FLAG) === 0) take(chunk.ref, chunk)
      }
      if (good === 0) break
      position += good
    }
  } finally {
    await file.close()
  }
  if (position === size) return { maxMs, isCut: false }
  const handle = await disk.open(path, 'append')
  await handle.truncate(position)
  await handle.close()
  return { maxMs, isCut: true }
}

/** The next chunk; undefined when it does not end within the bytes, or is none. */
function readChunk(reader: ByteReader): (Chunk & { readonly ref: SeriesRef }) | undefined {
  const start = reader.at
  try {
    const ref = reader.uint64()
    const minMs = reader.int64()
    const maxMs = reader.int64()
    const encoding = reader.byte()
    const length = reader.uvarint()
    const offset = reader.at
    reader.view(length)
    const sum = crc32c(reader.bytes, start, reader.at)
    if (reader.uint32() !== sum || ref === 0) return undefined
    return { ref, minMs, maxMs, encoding, bytes: reader.bytes, offset, length }
  } catch (error) {
    if (error instanceof ShortBytesError) return undefined
    throw error
  }
}
