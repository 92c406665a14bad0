import { crc32c } from '../../../base/crc32c.ts'
import type { Disk, DiskFile } from '../../../world/disk.ts'
import { Labels } from '../../model/labels.ts'
import type { Matcher } from '../../model/matcher.ts'
import { ByteReader } from '../bytes/byte-reader.ts'
import { Combination, ValueMatcher } from '../match-values.ts'
import { union } from '../postings.ts'
import { INDEX_MAGIC, INDEX_VERSION, SERIES_ALIGN, TOC_BYTES } from './block-format.ts'
import type { IndexedChunk } from './index-writer.ts'

/** A series as the index has it. */
export interface IndexedSeries {
  readonly labels: Labels
  readonly chunks: readonly IndexedChunk[]
}

/** Series closer to each other than this are read together. */
const GAP_BYTES = 16 * 1024
const READ_BYTES_MAX = 1 << 20
/** What is read behind a series' start at first: most need less. */
const ENTRY_BYTES = 2048
/** How many decoded series are kept. */
const SERIES_KEPT_MAX = 50_000
/** How many lists of series are kept. */
const LISTS_KEPT_MAX = 2000

/** Where each value's list of series lies. */
type Values = ReadonlyMap<string, number>

/**
 * A block's index, read where it is needed. In memory: the symbols' bytes, the table of labels, and what was asked for of
 * late.
 */
export class BlockIndex {
  readonly #file: DiskFile
  readonly #symbols: Symbols
  readonly #labels: ReadonlyMap<string, Values>
  readonly #series = new Map<number, IndexedSeries>()
  readonly #lists = new Map<number, readonly number[]>()
  readonly #matcher = new ValueMatcher()

  private constructor(file: DiskFile, symbols: Symbols, labels: ReadonlyMap<string, Values>) {
    this.#file = file
    this.#symbols = symbols
    this.#labels = labels
  }

  static async open(disk: Disk, path: string): Promise<BlockIndex> {
    const file = await disk.open(path, 'read')
    try {
      const size = await file.sizeBytes()
      const header = new ByteReader(await readAt(file, 0, 5))
      if (header.uint32() !== INDEX_MAGIC) throw new Error('invalid magic number of an index')
      const version = header.byte()
      if (version !== INDEX_VERSION) throw new Error(`unknown index file version ${version}`)
      const toc = await readAt(file, size - TOC_BYTES, TOC_BYTES)
      const reader = new ByteReader(toc)
      const [symbols = 0, , , , , postingsTable = 0] = Array.from({ length: 6 }, () => reader.int64())
      if (reader.uint32() !== crc32c(toc, 0, TOC_BYTES - 4))
        throw new Error('checksum of a table of contents did not match')
      const texts = new Symbols(await readSection(file, symbols))
      return new BlockIndex(file, texts, readLabelTable(await readSection(file, postingsTable)))
    } catch (error) {
      await file.close()
      throw error
    }
  }

  close(): Promise<void> {
    return this.#file.close()
  }

  /** All texts of labels. */
  symbols(): Iterable<string> {
    return this.#symbols.all()
  }

  labelNames(): readonly string[] {
    return [...this.#labels.keys()].filter((name) => name !== '')
  }

  labelValues(name: string): readonly string[] {
    return [...(this.#labels.get(name)?.keys() ?? [])]
  }

  /** Series that satisfy every matcher, in the order of their labels. */
  async select(matchers: readonly Matcher[]): Promise<readonly number[]> {
    const combination = new Combination()
    for (const matcher of matchers) {
      const values = this.#labels.get(matcher.name)
      const set = values && { values: () => values.keys(), version: 0 }
      const matched = this.#matcher.resolve(matcher, set)
      const lists: (readonly number[])[] = []
      for (const value of matched.values) lists.push(await this.#list(values?.get(value)))
      if (!combination.add(union(lists), matched.isExcluded)) return []
    }
    const all = combination.needsAll ? await this.#list(this.#labels.get('')?.get('')) : []
    return combination.result(() => all)
  }

  /** The series of these numbers, which ascend. */
  async series(numbers: readonly number[]): Promise<readonly IndexedSeries[]> {
    const found = numbers.map((number) => this.#series.get(number))
    const missing = numbers.filter((_, index) => found[index] === undefined)
    if (missing.length > 0) {
      if (this.#series.size + missing.length > SERIES_KEPT_MAX) this.#series.clear()
      await this.#readSeries(missing)
    }
    const result: IndexedSeries[] = []
    for (const [index, number] of numbers.entries()) {
      const series = found[index] ?? this.#series.get(number)
      if (series === undefined) throw new Error(`series ${number} is not in the index`)
      result.push(series)
    }
    return result
  }

  async #readSeries(numbers: readonly number[]): Promise<void> {
    for (let first = 0; first < numbers.length;) {
      const start = (numbers[first] ?? 0) * SERIES_ALIGN
      let last = first
      while (last + 1 < numbers.length) {
        const next = (numbers[last + 1] ?? 0) * SERIES_ALIGN
        if (next - (numbers[last] ?? 0) * SERIES_ALIGN > GAP_BYTES || next - start > READ_BYTES_MAX) break
        last++
      }
      const length = (numbers[last] ?? 0) * SERIES_ALIGN - start + ENTRY_BYTES
      const bytes = await readAt(this.#file, start, length)
      for (let index = first; index <= last; index++) {
        const number = numbers[index] ?? 0
        this.#series.set(number, await this.#decode(bytes, number * SERIES_ALIGN - start, number))
      }
      first = last + 1
    }
  }

  /** Decodes the series at an offset of what was read; reads it anew when it goes on behind that. */
  async #decode(bytes: Uint8Array, at: number, number: number): Promise<IndexedSeries> {
    const reader = new ByteReader(bytes, at)
    const length = reader.uvarint()
    if (reader.left < length + 4) {
      const needed = reader.at - at + length + 4
      const own = await readAt(this.#file, number * SERIES_ALIGN, needed)
      if (own.length < needed) throw new Error(`series ${number} is cut off`)
      return this.#decode(own, 0, number)
    }
    const start = reader.at
    if (crc32c(bytes, start, start + length) !== new ByteReader(bytes, start + length).uint32()) {
      throw new Error(`checksum of series ${number} did not match`)
    }
    const pairs: string[] = []
    for (let left = reader.uvarint() * 2; left > 0; left--) pairs.push(this.#symbols.get(reader.uvarint()))
    return { labels: new Labels(pairs), chunks: readChunks(reader) }
  }

  async #list(offset: number | undefined): Promise<readonly number[]> {
    if (offset === undefined) return []
    const known = this.#lists.get(offset)
    if (known !== undefined) return known
    const reader = new ByteReader(await readSection(this.#file, offset))
    const count = reader.uint32()
    const series: number[] = []
    for (let index = 0; index < count; index++) series.push(reader.uint32())
    if (this.#lists.size >= LISTS_KEPT_MAX) this.#lists.clear()
    this.#lists.set(offset, series)
    return series
  }
}

/** Texts by their number, decoded when asked for. */
class Symbols {
  readonly #bytes: Uint8Array
  readonly #offsets: Uint32Array
  readonly #texts: (string | undefined)[]

  constructor(section: Uint8Array) {
    const reader = new ByteReader(section)
    const count = reader.uint32()
    this.#bytes = section
    this.#offsets = new Uint32Array(count)
    this.#texts = Array.from({ length: count })
    for (let index = 0; index < count; index++) {
      this.#offsets[index] = reader.at
      const length = reader.uvarint()
      reader.at += length
      if (reader.at > reader.end) throw new Error('symbols are cut off')
    }
  }

  get(number: number): string {
    const known = this.#texts[number]
    if (known !== undefined) return known
    const offset = this.#offsets[number]
    if (offset === undefined) throw new Error(`unknown symbol ${number}`)
    const text = new ByteReader(this.#bytes, offset).text()
    this.#texts[number] = text
    return text
  }

  *all(): Generator<string> {
    for (let index = 0; index < this.#offsets.length; index++) yield this.get(index)
  }
}

function readLabelTable(section: Uint8Array): ReadonlyMap<string, Values> {
  const reader = new ByteReader(section)
  const labels = new Map<string, Map<string, number>>()
  for (let left = reader.uint32(); left > 0; left--) {
    if (reader.uvarint() !== 2) throw new Error('a postings table with other than two keys')
    const name = reader.text()
    const value = reader.text()
    let values = labels.get(name)
    if (values === undefined) labels.set(name, (values = new Map()))
    values.set(value, reader.uvarint())
  }
  return labels
}

function readChunks(reader: ByteReader): IndexedChunk[] {
  const chunks: IndexedChunk[] = []
  let before: IndexedChunk | undefined
  for (let left = reader.uvarint(); left > 0; left--) {
    const minMs: number = before === undefined ? reader.varint() : before.maxMs + reader.uvarint()
    const maxMs = minMs + reader.uvarint()
    const reference: number = before === undefined ? reader.uvarint() : before.reference + reader.varint()
    before = { minMs, maxMs, reference }
    chunks.push(before)
  }
  return chunks
}

/** What there is from `position` on, up to `length` bytes. */
export async function readAt(file: DiskFile, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  return bytes.subarray(0, await file.read(bytes, position))
}

/** A section: its length, its content, and the sum that must be right. */
async function readSection(file: DiskFile, offset: number): Promise<Uint8Array> {
  const length = new ByteReader(await readAt(file, offset, 4)).uint32()
  const bytes = await readAt(file, offset + 4, length + 4)
  if (bytes.length < length + 4) throw new Error('a section of the index is cut off')
  if (crc32c(bytes, 0, length) !== new ByteReader(bytes, length).uint32()) {
    throw new Error('checksum of a section of the index did not match')
  }
  return bytes.subarray(0, length)
}
