import { crc32c } from '../../../base/crc32c.ts'
import type { Clock } from '../../../world/clock.ts'
import type { Disk } from '../../../world/disk.ts'
import type { Labels } from '../../model/labels.ts'
import { ByteWriter } from '../bytes/byte-writer.ts'
import { INDEX_MAGIC, INDEX_VERSION, SERIES_ALIGN } from './block-format.ts'
import { FileWriter } from './file-writer.ts'

/** How many lists of series are written before others get a turn. */
const LISTS_PER_TURN = 1000

/** A chunk as the index names it. */
export interface IndexedChunk {
  readonly minMs: number
  readonly maxMs: number
  readonly reference: number
}

/**
 * Writes a block's index, version 2: symbols, series, postings, the table of where postings lie, the table of contents.
 *
 * Series come in the order of their labels; every text in them is among the symbols, which come sorted.
 */
export class IndexWriter {
  readonly #file: FileWriter
  readonly #symbols = new Map<string, number>()
  /** Series by label: symbol of the name → symbol of the value → series. */
  readonly #postings = new Map<number, Map<number, number[]>>()
  readonly #all: number[] = []
  readonly #texts: readonly string[]
  readonly #entry = new ByteWriter()
  #symbolsAt = 0
  #seriesAt = 0

  private constructor(file: FileWriter, texts: readonly string[]) {
    this.#file = file
    this.#texts = texts
  }

  static async create(disk: Disk, path: string, symbols: readonly string[]): Promise<IndexWriter> {
    const file = await FileWriter.create(disk, path)
    const writer = new IndexWriter(file, symbols)
    await writer.#start()
    return writer
  }

  async addSeries(labels: Labels, chunks: readonly IndexedChunk[]): Promise<void> {
    await this.#file.pad(SERIES_ALIGN)
    const series = this.#file.position / SERIES_ALIGN
    const entry = this.#entry
    entry.clear()
    const { pairs } = labels
    entry.uvarint(pairs.length / 2)
    for (let index = 0; index < pairs.length; index += 2) {
      const name = this.#symbols.get(pairs[index] ?? '') ?? 0
      const value = this.#symbols.get(pairs[index + 1] ?? '') ?? 0
      entry.uvarint(name)
      entry.uvarint(value)
      this.#addPosting(name, value, series)
    }
    this.#all.push(series)
    writeChunks(entry, chunks)
    const length = new ByteWriter(10)
    length.uvarint(entry.at)
    await this.#file.write(length.view)
    entry.uint32(crc32c(entry.view))
    await this.#file.write(entry.view)
  }

  /** Writes what comes behind the series, with turns for others in between, and closes the file. */
  async close(clock: Pick<Clock, 'yield'>): Promise<void> {
    const postingsAt = this.#file.position
    const table = new ByteWriter(1 << 16)
    let entries = 0
    const addEntry = async (name: string, value: string, series: readonly number[]): Promise<void> => {
      await this.#file.pad(4)
      table.byte(2)
      table.text(name)
      table.text(value)
      table.uvarint(this.#file.position)
      if (++entries % LISTS_PER_TURN === 0) await clock.yield()
      await this.#writeList(series)
    }
    await addEntry('', '', this.#all)
    for (const [name, values] of [...this.#postings].sort(byNumber)) {
      for (const [value, series] of [...values].sort(byNumber)) {
        await addEntry(this.#texts[name] ?? '', this.#texts[value] ?? '', series)
      }
    }
    const tableAt = this.#file.position
    const counted = new ByteWriter(table.at + 4)
    counted.uint32(entries)
    counted.raw(table.view)
    await this.#writeSection(counted.view)
    // Sections of former versions are where the next one begins.
    const offsets = [this.#symbolsAt, this.#seriesAt, postingsAt, tableAt, postingsAt, tableAt]
    const toc = new ByteWriter(64)
    for (const offset of offsets) toc.int64(offset)
    toc.uint32(crc32c(toc.view))
    await this.#file.write(toc.view)
    await this.#file.close()
  }

  async #start(): Promise<void> {
    const header = new ByteWriter(8)
    header.uint32(INDEX_MAGIC)
    header.byte(INDEX_VERSION)
    await this.#file.write(header.view)
    this.#symbolsAt = this.#file.position
    const content = new ByteWriter(1 << 16)
    content.uint32(this.#texts.length)
    for (const [index, text] of this.#texts.entries()) {
      content.text(text)
      this.#symbols.set(text, index)
    }
    await this.#writeSection(content.view)
    this.#seriesAt = this.#file.position
  }

  #addPosting(name: number, value: number, series: number): void {
    let values = this.#postings.get(name)
    if (values === undefined) this.#postings.set(name, (values = new Map()))
    const list = values.get(value)
    if (list === undefined) values.set(value, [series])
    else list.push(series)
  }

  async #writeList(series: readonly number[]): Promise<void> {
    const content = new ByteWriter(4 * series.length + 4)
    content.uint32(series.length)
    for (const number of series) content.uint32(number)
    await this.#writeSection(content.view)
  }

  async #writeSection(content: Uint8Array): Promise<void> {
    const frame = new ByteWriter(4)
    frame.uint32(content.length)
    await this.#file.write(frame.view)
    await this.#file.write(content)
    const sum = new ByteWriter(4)
    sum.uint32(crc32c(content))
    await this.#file.write(sum.view)
  }
}

function writeChunks(entry: ByteWriter, chunks: readonly IndexedChunk[]): void {
  entry.uvarint(chunks.length)
  let before: IndexedChunk | undefined
  for (const chunk of chunks) {
    if (before === undefined) entry.varint(chunk.minMs)
    else entry.uvarint(chunk.minMs - before.maxMs)
    entry.uvarint(chunk.maxMs - chunk.minMs)
    if (before === undefined) entry.uvarint(chunk.reference)
    else entry.varint(chunk.reference - before.reference)
    before = chunk
  }
}

/** Symbols are numbered in their order, so this is the order of the texts. */
function byNumber(a: readonly [number, unknown], b: readonly [number, unknown]): number {
  return a[0] - b[0]
}
