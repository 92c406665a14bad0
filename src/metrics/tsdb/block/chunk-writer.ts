import { crc32c } from '../../../base/crc32c.ts'
import type { Disk } from '../../../world/disk.ts'
import { ByteWriter } from '../bytes/byte-writer.ts'
import type { Chunk } from '../chunks/chunk-list.ts'
import { CHUNKS_MAGIC, segmentFileName, SEGMENT_BYTES, SEGMENT_HEADER_BYTES, TWO_32 } from './block-format.ts'
import { FileWriter } from './file-writer.ts'

/** Writes chunks one after the other into a block's segment files. */
export class ChunkWriter {
  readonly #disk: Disk
  readonly #path: string
  #segment = 0
  #file: FileWriter | undefined
  readonly #frame = new ByteWriter()

  constructor(disk: Disk, path: string) {
    this.#disk = disk
    this.#path = path
  }

  /** Returns where the chunk lies: segment × 2^32 + offset. */
  async write(chunk: Chunk): Promise<number> {
    const frame = this.#frame
    frame.clear()
    frame.uvarint(chunk.length)
    const summed = frame.at
    frame.byte(chunk.encoding)
    frame.raw(chunk.bytes.subarray(chunk.offset, chunk.offset + chunk.length))
    frame.uint32(crc32c(frame.bytes, summed, frame.at))
    const file = await this.#fileFor(frame.at)
    const reference = (this.#segment - 1) * TWO_32 + file.position
    await file.write(frame.view)
    return reference
  }

  async close(): Promise<void> {
    await this.#file?.close()
  }

  async #fileFor(length: number): Promise<FileWriter> {
    if (this.#file !== undefined && this.#file.position + length <= SEGMENT_BYTES) return this.#file
    await this.#file?.close()
    this.#segment++
    this.#file = await FileWriter.create(this.#disk, `${this.#path}/${segmentFileName(this.#segment)}`)
    const header = new ByteWriter(SEGMENT_HEADER_BYTES)
    header.uint32(CHUNKS_MAGIC)
    header.byte(1)
    header.zeros(3)
    await this.#file.write(header.view)
    return this.#file
  }
}
