import type { Disk, DiskFile } from '../../../world/disk.ts'

const BUFFER_BYTES = 1 << 20

/** Writes a file from its start, in large pieces. */
export class FileWriter {
  readonly #file: DiskFile
  readonly #buffer = new Uint8Array(BUFFER_BYTES)
  #buffered = 0
  /** How many bytes were written so far. */
  position = 0

  private constructor(file: DiskFile) {
    this.#file = file
  }

  static async create(disk: Disk, path: string): Promise<FileWriter> {
    return new FileWriter(await disk.open(path, 'append'))
  }

  /** Resolves at once unless the buffer is full. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#buffered + bytes.length > BUFFER_BYTES) await this.#flush()
    if (bytes.length > BUFFER_BYTES) await this.#file.append(bytes)
    else {
      this.#buffer.set(bytes, this.#buffered)
      this.#buffered += bytes.length
    }
    this.position += bytes.length
  }

  /** Zeros up to the next multiple of `size`. */
  async pad(size: number): Promise<void> {
    const over = this.position % size
    if (over > 0) await this.write(new Uint8Array(size - over))
  }

  /** Brings everything to the disk, and closes the file. */
  async close(): Promise<void> {
    await this.#flush()
    await this.#file.sync()
    await this.#file.close()
  }

  async #flush(): Promise<void> {
    if (this.#buffered === 0) return
    await this.#file.append(this.#buffer.subarray(0, this.#buffered))
    this.#buffered = 0
  }
}
