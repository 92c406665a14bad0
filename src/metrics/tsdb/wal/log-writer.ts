import { crc32c } from '../../../base/crc32c.ts'
import { SnappyCompressor } from '../../../base/snappy.ts'
import type { Disk, DiskFile } from '../../../world/disk.ts'
import {
  FIRST,
  FULL,
  HEADER_BYTES,
  LAST,
  MIDDLE,
  PAGE_BYTES,
  SEGMENT_BYTES,
  segmentName,
  segmentsIn,
  SNAPPY_FLAG,
} from './log-format.ts'

/** What is to be done to the files, in order: bytes to be appended, or a new segment. */
type Step = { readonly bytes: Uint8Array } | 'next segment'

/**
 * Appends records to the segments of a log. `log` resolves when the system has the bytes: they survive the process, and the
 * machine's power as far as the system has brought them to the disk (Prometheus promises no more).
 *
 * Calls that come while bytes are being written are written together afterwards.
 */
export class LogWriter {
  readonly #disk: Disk
  readonly #path: string
  readonly #segmentBytes: number
  #segment: number
  #file: DiskFile
  readonly #compressor = new SnappyCompressor()
  readonly #page = new Uint8Array(PAGE_BYTES)
  #used = 0
  #flushed = 0
  /** Pages of the segment before the current one. */
  #pages = 0
  #steps: Step[] = []
  #draining: Promise<void> | undefined
  #failure: Error | undefined

  private constructor(at: { disk: Disk; path: string; segment: number; file: DiskFile; segmentBytes: number }) {
    this.#disk = at.disk
    this.#path = at.path
    this.#segment = at.segment
    this.#file = at.file
    this.#segmentBytes = at.segmentBytes
  }

  /** Starts a new segment behind those that are there. */
  static async open(disk: Disk, path: string, segmentBytes = SEGMENT_BYTES): Promise<LogWriter> {
    await disk.makeDirectory(path)
    const segment = (segmentsIn((await disk.list(path)) ?? []).at(-1) ?? -1) + 1
    const file = await disk.open(`${path}/${segmentName(segment)}`, 'append')
    return new LogWriter({ disk, path, segment, file, segmentBytes })
  }

  /** The segment that is written to; records already handed over may still lie in the one before. */
  get segment(): number {
    return this.#segment
  }

  /** Appends records. They are copied: the caller may use their bytes again at once. */
  log(records: readonly Uint8Array[]): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    for (const record of records) this.#put(record)
    this.#flushPage()
    return this.#drain()
  }

  /** Ends the segment and starts the next one. */
  nextSegment(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    this.#startSegment()
    return this.#drain()
  }

  async sync(): Promise<void> {
    await this.#drain()
    await this.#file.sync()
  }

  async close(): Promise<void> {
    await this.#drain()
    await this.#file.sync()
    await this.#file.close()
  }

  #put(record: Uint8Array): void {
    const compressed = this.#compressor.compress(record)
    const isSmaller = compressed.length < record.length
    const bytes = isSmaller ? compressed : record
    if (bytes.length > this.#roomInSegment()) this.#startSegment()
    for (let at = 0, isFirst = true; isFirst || at < bytes.length; isFirst = false) {
      const room = PAGE_BYTES - this.#used - HEADER_BYTES
      const length = Math.min(bytes.length - at, room)
      const isLast = at + length === bytes.length
      const type = isFirst ? (isLast ? FULL : FIRST) : isLast ? LAST : MIDDLE
      this.#putFragment(isSmaller ? type | SNAPPY_FLAG : type, bytes.subarray(at, at + length))
      at += length
    }
  }

  #roomInSegment(): number {
    const pagesLeft = this.#segmentBytes / PAGE_BYTES - this.#pages - 1
    return PAGE_BYTES - this.#used - HEADER_BYTES + pagesLeft * (PAGE_BYTES - HEADER_BYTES)
  }

  #putFragment(type: number, bytes: Uint8Array): void {
    const page = this.#page
    const at = this.#used
    const sum = crc32c(bytes)
    page[at] = type
    page[at + 1] = bytes.length >>> 8
    page[at + 2] = bytes.length
    page[at + 3] = sum >>> 24
    page[at + 4] = sum >>> 16
    page[at + 5] = sum >>> 8
    page[at + 6] = sum
    page.set(bytes, at + HEADER_BYTES)
    this.#used = at + HEADER_BYTES + bytes.length
    if (PAGE_BYTES - this.#used < HEADER_BYTES) this.#endPage()
  }

  /** Fills the page up with zeros and begins the next one. */
  #endPage(): void {
    this.#page.fill(0, this.#used)
    this.#used = PAGE_BYTES
    this.#flushPage()
    this.#used = 0
    this.#flushed = 0
    this.#pages++
  }

  #flushPage(): void {
    if (this.#used === this.#flushed) return
    this.#steps.push({ bytes: this.#page.slice(this.#flushed, this.#used) })
    this.#flushed = this.#used
  }

  #startSegment(): void {
    if (this.#used > 0) this.#endPage()
    this.#pages = 0
    this.#segment++
    this.#steps.push('next segment')
  }

  #drain(): Promise<void> {
    if (this.#draining === undefined) {
      if (this.#steps.length === 0) return Promise.resolve()
      this.#draining = this.#work()
      return this.#draining
    }
    // What was handed over meanwhile goes with the next round.
    return this.#draining.then(() => this.#drain())
  }

  async #work(): Promise<void> {
    try {
      const steps = this.#steps
      this.#steps = []
      let bytes: Uint8Array[] = []
      let segment = this.#segment - steps.filter((step) => step === 'next segment').length
      for (const step of steps) {
        if (step !== 'next segment') {
          bytes.push(step.bytes)
          continue
        }
        await this.#append(bytes)
        bytes = []
        await this.#file.sync()
        await this.#file.close()
        this.#file = await this.#disk.open(`${this.#path}/${segmentName(++segment)}`, 'append')
      }
      await this.#append(bytes)
    } catch (error) {
      // A log with a hole would be cut there when it is read: better to take nothing more.
      this.#failure = error as Error
      throw error
    } finally {
      this.#draining = undefined
    }
  }

  async #append(parts: readonly Uint8Array[]): Promise<void> {
    const [only] = parts
    if (only === undefined) return
    await this.#file.append(parts.length === 1 ? only : Buffer.concat(parts))
  }
}
