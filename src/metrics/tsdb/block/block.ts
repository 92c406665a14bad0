import { compareText } from '../../../base/compare-text.ts'
import type { Disk } from '../../../world/disk.ts'
import type { Matcher } from '../../model/matcher.ts'
import type { Selection } from '../../model/storage.ts'
import { ChunkList } from '../chunks/chunk-list.ts'
import type { TimeRange } from '../chunks/xor-decoder.ts'
import type { SeriesRow } from '../stored-series.ts'
import { withRange } from '../tombstones.ts'
import { BlockIndex, type IndexedSeries } from './block-index.ts'
import { type BlockMeta, parseMeta, printMeta } from './block-meta.ts'
import { ChunkReader } from './chunk-reader.ts'
import type { IndexedChunk } from './index-writer.ts'
import { decodeTombstoneFile, encodeTombstoneFile, type Tombstones } from './tombstone-file.ts'
import { replaceSynced } from './write-block.ts'

/** Series and chunks are read so many at a time when all of them are. */
const SERIES_PER_READ = 1000

/** A block on disk: samples of a range of time, never changed but for what is deleted of them. */
export class Block {
  readonly path: string
  readonly #disk: Disk
  readonly #index: BlockIndex
  readonly #chunks: ChunkReader
  #meta: BlockMeta
  #tombstones: Tombstones
  #readers = 0
  #whenUnused: (() => void) | undefined

  private constructor(
    at: { readonly disk: Disk; readonly path: string },
    parts: { meta: BlockMeta; index: BlockIndex; chunks: ChunkReader; tombstones: Tombstones },
  ) {
    this.#disk = at.disk
    this.path = at.path
    this.#meta = parts.meta
    this.#index = parts.index
    this.#chunks = parts.chunks
    this.#tombstones = parts.tombstones
  }

  static async open(disk: Disk, path: string): Promise<Block> {
    const meta = parseMeta(await disk.readText(`${path}/meta.json`))
    const hasTombstones = await disk.exists(`${path}/tombstones`)
    const tombstones = hasTombstones ? decodeTombstoneFile(await disk.read(`${path}/tombstones`)) : new Map()
    const index = await BlockIndex.open(disk, `${path}/index`)
    const chunks = await ChunkReader.open(disk, `${path}/chunks`)
    return new Block({ disk, path }, { meta, index, chunks, tombstones })
  }

  get meta(): BlockMeta {
    return this.#meta
  }

  get hasTombstones(): boolean {
    return this.#tombstones.size > 0
  }

  overlaps(range: TimeRange): boolean {
    return range.maxMs >= this.#meta.minTime && range.minMs < this.#meta.maxTime
  }

  /** Closes the files once those who read now have done so. */
  async close(): Promise<void> {
    if (this.#readers > 0) await new Promise<void>((resolve) => (this.#whenUnused = resolve))
    await this.#index.close()
    await this.#chunks.close()
  }

  /** Rows of the series that match and have chunks in the range, sorted by labels. */
  select(selection: Selection): Promise<readonly SeriesRow[]> {
    return this.#reading(async () => {
      const numbers = await this.#index.select(selection.matchers)
      // Who asks for series only does not need their samples (upstream's hint of /api/v1/series).
      const withChunks = selection.hints?.func !== 'series'
      return this.#rows(numbers, { range: selection, limit: selection.limit ?? Infinity, withChunks })
    })
  }

  labelNames(selection: Selection): Promise<readonly string[]> {
    return this.#reading(async () => {
      if (selection.matchers.length === 0) return this.#index.labelNames()
      const names = new Set<string>()
      for (const { labels } of await this.#matching(selection.matchers)) for (const [name] of labels) names.add(name)
      return [...names].sort(compareText)
    })
  }

  labelValues(name: string, selection: Selection): Promise<readonly string[]> {
    return this.#reading(async () => {
      if (selection.matchers.length === 0) return this.#index.labelValues(name)
      const values = new Set<string>()
      for (const { labels } of await this.#matching(selection.matchers)) values.add(labels.get(name))
      values.delete('')
      return [...values].sort(compareText)
    })
  }

  /** Marks samples of series that match as deleted. */
  async delete(matchers: readonly Matcher[], range: TimeRange): Promise<void> {
    const numbers = await this.#reading(() => this.#index.select(matchers))
    const series = await this.#reading(() => this.#index.series(numbers))
    const tombstones = new Map(this.#tombstones)
    for (const [index, { chunks }] of series.entries()) {
      const minMs = Math.max(range.minMs, chunks[0]?.minMs ?? Infinity)
      const maxMs = Math.min(range.maxMs, chunks.at(-1)?.maxMs ?? -Infinity)
      const number = numbers[index] ?? 0
      if (minMs <= maxMs) tombstones.set(number, withRange(tombstones.get(number) ?? [], { minMs, maxMs }))
    }
    await replaceSynced(this.#disk, `${this.path}/tombstones`, encodeTombstoneFile(tombstones))
    this.#tombstones = tombstones
    const stones = [...tombstones.values()].reduce((sum, ranges) => sum + ranges.length, 0)
    await this.writeMeta({ ...this.#meta, stats: { ...this.#meta.stats, numTombstones: stones } })
  }

  async writeMeta(meta: BlockMeta): Promise<void> {
    await replaceSynced(this.#disk, `${this.path}/meta.json`, new TextEncoder().encode(printMeta(meta)))
    this.#meta = meta
  }

  texts(): Iterable<string> {
    return this.#index.symbols()
  }

  /** All series with all their chunks, in the order of their labels. */
  async *all(): AsyncGenerator<SeriesRow> {
    const numbers = await this.#reading(() => this.#index.select([]))
    const range = { minMs: -Infinity, maxMs: Infinity }
    for (let at = 0; at < numbers.length; at += SERIES_PER_READ) {
      const some = numbers.slice(at, at + SERIES_PER_READ)
      yield* await this.#reading(() => this.#rows(some, { range, limit: Infinity, withChunks: true }))
    }
  }

  async #matching(matchers: readonly Matcher[]): Promise<readonly IndexedSeries[]> {
    return this.#index.series(await this.#index.select(matchers))
  }

  async #rows(
    numbers: readonly number[],
    { range, limit, withChunks }: { range: TimeRange; limit: number; withChunks: boolean },
  ): Promise<readonly SeriesRow[]> {
    const wanted: { number: number; series: IndexedSeries; chunks: readonly IndexedChunk[] }[] = []
    const references: number[] = []
    for (const [index, series] of (await this.#index.series(numbers)).entries()) {
      if (wanted.length >= limit) break
      const chunks = series.chunks.filter(({ minMs, maxMs }) => maxMs >= range.minMs && minMs <= range.maxMs)
      if (chunks.length === 0) continue
      wanted.push({ number: numbers[index] ?? 0, series, chunks })
      for (const chunk of chunks) references.push(chunk.reference)
    }
    const read = withChunks ? await this.#chunks.read(references) : []
    const list = new ChunkList()
    let next = 0
    return wanted.map(({ number, series, chunks }) => {
      const from = list.length
      const deleted = this.#tombstones.get(number)
      for (const { minMs, maxMs } of chunks) {
        const chunk = read[next++]
        if (chunk !== undefined) list.push({ ...chunk, minMs, maxMs, deleted })
      }
      return { labels: series.labels, list, from, to: list.length }
    })
  }

  async #reading<T>(read: () => Promise<T>): Promise<T> {
    this.#readers++
    try {
      return await read()
    } finally {
      this.#readers--
      if (this.#readers === 0) this.#whenUnused?.()
    }
  }
}
