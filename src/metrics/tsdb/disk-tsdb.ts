import { compareText } from '../../base/compare-text.ts'
import type { Clock, Timer } from '../../world/clock.ts'
import type { Disk, DiskLock } from '../../world/disk.ts'
import type { Random } from '../../world/random.ts'
import type { Matcher } from '../model/matcher.ts'
import type { Appender, Selection, StoredSeries } from '../model/storage.ts'
import { writeBlock } from './block/write-block.ts'
import { ulid } from './block/ulid.ts'
import { BlockSet, directorySize } from './block-set.ts'
import type { TimeRange } from './chunks/xor-decoder.ts'
import { Compactor } from './compaction/compactor.ts'
import { headContent, lateContent } from './compaction/head-content.ts'
import { beyondRetention } from './compaction/retention.ts'
import type { SeriesExemplars } from './exemplars.ts'
import type { Batch } from './head/batch.ts'
import { type BatchTaker, HeadAppender } from './head/head-appender.ts'
import { HeadChunkFiles } from './head/head-chunk-files.ts'
import { HeadStore, type SeriesMetadata } from './head/head-store.ts'
import { headLabelNames, headLabelValues, selectHead } from './head/select-head.ts'
import { HeadLog, type Replay } from './head-log.ts'
import { headOptions, type TsdbOptions } from './memory-tsdb.ts'
import { headFigures, headStatistics, type TsdbFigures, type TsdbStatistics } from './statistics.ts'
import { ChunkedSeries, mergeRows } from './stored-series.ts'
import type { Tsdb } from './contract.ts'

const HOUR_MS = 3_600_000

/** How often retention is looked at and blocks of others are found (prometheus/prometheus tsdb/db.go). */
const MAINTENANCE_MS = 60_000

export interface DiskTsdbOptions extends TsdbOptions {
  readonly world: TsdbWorld
  /** The data directory; made when it is not there. */
  readonly path: string
  /** Blocks that end so long before the newest are deleted. Default: 15 days; 0: never. */
  readonly retentionMs?: number
  /** When blocks and logs take more, the oldest blocks are deleted. Default: 0, no limit. */
  readonly retentionBytes?: number
  /** The longest range of a block. Default: a tenth of the retention, at most 31 days. */
  readonly maxBlockRangeMs?: number
  /** Told of what went wrong in the background; it is tried again. */
  onProblem?(message: string): void
}

export interface TsdbWorld {
  readonly disk: Disk
  readonly clock: Clock
  readonly random: Random
}

/** A database in a directory that Prometheus can open as well. */
export interface DiskTsdb extends Tsdb {
  /** What the logs held at the start, and what of them was torn. */
  readonly replay: Replay
  /** Writes a copy of all blocks, and of the head if asked, into a directory inside `snapshots`; returns its name. */
  snapshot(options: { readonly withHead: boolean }): Promise<string>
  /** Does all that is due now: head to blocks, blocks together, what is too old away. */
  maintain(): Promise<void>
  /** Bytes on the disk. */
  sizeBytes(): Promise<number>
}

/** Opens a data directory, of ours or of Prometheus. Rejects when another process has it, or a block is broken. */
export async function openTsdb(options: DiskTsdbOptions): Promise<DiskTsdb> {
  const { world, path } = options
  await world.disk.makeDirectory(path)
  const lock = await world.disk.lock(`${path}/lock`)
  try {
    const blocks = await BlockSet.open(world.disk, path)
    const { store, chunks } = await openHead(options, blocks.inOrderMaxMs)
    const { log, replay } = await HeadLog.open(world, path, store)
    store.head.dropAdopted()
    const tsdb = new OpenTsdb(options, { lock, blocks, store, chunks, log, replay })
    tsdb.start()
    return tsdb
  } catch (error) {
    await lock.release()
    throw error
  }
}

/** The head with the chunks that were put aside before, which the log does not have to fill again. */
async function openHead(
  options: DiskTsdbOptions,
  minValidMs: number,
): Promise<{ store: HeadStore; chunks: HeadChunkFiles }> {
  const { disk } = options.world
  // Prometheus' snapshots of its memory begin in the middle of the log: the log says it all, and will soon say other things.
  for (const name of (await disk.list(options.path)) ?? []) {
    if (name.startsWith('chunk_snapshot.')) await disk.remove(`${options.path}/${name}`)
  }
  let chunks: HeadChunkFiles | undefined
  const store = new HeadStore({ ...headOptions(options), onSealed: (ref, chunk) => chunks?.add(ref, chunk) })
  store.head.minValidMs = minValidMs
  const onProblem = (message: string): void => options.onProblem?.(message)
  const at = { disk, path: `${options.path}/chunks_head`, onProblem }
  chunks = await HeadChunkFiles.open(at, (ref, chunk) => store.head.adopt(ref, chunk))
  return { store, chunks }
}

interface Parts {
  readonly lock: DiskLock
  readonly blocks: BlockSet
  readonly store: HeadStore
  readonly chunks: HeadChunkFiles
  readonly log: HeadLog
  readonly replay: Replay
}

class OpenTsdb implements DiskTsdb, BatchTaker {
  readonly replay: Replay
  readonly #options: DiskTsdbOptions
  readonly #lock: DiskLock
  readonly #blocks: BlockSet
  readonly #store: HeadStore
  readonly #chunks: HeadChunkFiles
  readonly #log: HeadLog
  readonly #compactor: Compactor
  /** The end of the work on blocks that was asked for so far: one piece at a time. */
  #work: Promise<unknown> = Promise.resolve()
  #isCompacting = false
  readonly #compactions = { compactions: 0, compactionsFailed: 0 }
  #timer: Timer | undefined
  #isClosed = false

  constructor(options: DiskTsdbOptions, parts: Parts) {
    this.#options = options
    this.replay = parts.replay
    this.#lock = parts.lock
    this.#blocks = parts.blocks
    this.#store = parts.store
    this.#chunks = parts.chunks
    this.#log = parts.log
    const retentionMs = options.retentionMs ?? 15 * 24 * HOUR_MS
    this.#compactor = new Compactor(options.world, options.path, {
      shortestMs: this.#store.head.options.chunkRangeMs,
      longestMs: options.maxBlockRangeMs ?? (retentionMs === 0 ? Infinity : retentionMs / 10),
    })
  }

  /** Begins with the work in the background. */
  start(): void {
    this.#timer = this.#options.world.clock.schedule(MAINTENANCE_MS, () => {
      void this.#inBackground()
      this.start()
    })
  }

  appender(): Appender {
    return new HeadAppender(this.#store, this)
  }

  async commit(batch: Batch): Promise<void> {
    try {
      await this.#log.write(batch)
      const late = this.#store.apply(batch)
      if (late.length > 0) await this.#log.writeLate(batch, late)
    } finally {
      this.discard(batch)
    }
    if (this.#isHeadDue()) void this.#inBackground()
  }

  discard(batch: Batch): void {
    this.#store.batches.close(batch)
  }

  async select(selection: Selection): Promise<readonly StoredSeries[]> {
    // The head first: what moves from it into a block meanwhile is found in both, and not in neither.
    const head = selectHead(this.#store.head, selection)
    const blocks = this.#blocks.all.filter((block) => block.overlaps(selection))
    const sources = await Promise.all(blocks.map((block) => block.select(selection)))
    const rows = mergeRows([...sources, head])
    const { limit = rows.length } = selection
    return rows.slice(0, limit).map((row) => new ChunkedSeries(row, selection))
  }

  labelNames(selection: Selection): Promise<readonly string[]> {
    const head = headLabelNames(this.#store.head, selection)
    return this.#texts(selection, head, (block) => block.labelNames(selection))
  }

  labelValues(name: string, selection: Selection): Promise<readonly string[]> {
    const head = headLabelValues(this.#store.head, name, selection)
    return this.#texts(selection, head, (block) => block.labelValues(name, selection))
  }

  exemplars(sets: readonly (readonly Matcher[])[], range: TimeRange): Promise<readonly SeriesExemplars[]> {
    return Promise.resolve(this.#store.exemplars.select(sets, range))
  }

  metadata(matchers: readonly Matcher[]): Promise<readonly SeriesMetadata[]> {
    return Promise.resolve(this.#store.metadata(matchers))
  }

  deleteSeries(matchers: readonly Matcher[], range: TimeRange): Promise<void> {
    return this.#alone(async () => {
      for (const block of this.#blocks.all) if (block.overlaps(range)) await block.delete(matchers, range)
      await this.#log.writeDeleted(this.#store.delete(matchers, range))
    })
  }

  cleanTombstones(): Promise<void> {
    return this.#alone(async () => {
      for (const block of this.#blocks.all) {
        if (!block.hasTombstones) continue
        const made = await this.#compactor.merge([block])
        if (made === undefined) await this.#blocks.remove(new Set([block.meta.ulid]))
        else await this.#blocks.reload()
      }
    })
  }

  statistics(limit: number): TsdbStatistics {
    return headStatistics(this.#store.head, limit)
  }

  figures(): TsdbFigures {
    return { ...headFigures(this.#store), ...this.#compactions, blocks: this.#blocks.all.map(({ meta }) => meta) }
  }

  timeRange(): TimeRange | undefined {
    const { head } = this.#store
    const metas = this.#blocks.all.map(({ meta }) => meta)
    const minMs = Math.min(head.minMs, head.late.minMs, ...metas.map(({ minTime }) => minTime))
    const maxMs = Math.max(head.maxMs, ...metas.map(({ maxTime }) => maxTime - 1))
    return minMs > maxMs ? undefined : { minMs, maxMs }
  }

  sizeBytes(): Promise<number> {
    return directorySize(this.#options.world.disk, this.#options.path)
  }

  maintain(): Promise<void> {
    return this.#alone(() => this.#maintain())
  }

  snapshot({ withHead }: { readonly withHead: boolean }): Promise<string> {
    return this.#alone(async () => {
      const { world, path } = this.#options
      const now = world.clock.now()
      const suffix = ulid(now, world.random).slice(-16).toLowerCase()
      const name = `${new Date(now).toISOString().replace(/[-:]|\.\d+/g, '')}-${suffix}`
      const target = `${path}/snapshots/${name}`
      await world.disk.makeDirectory(target)
      for (const block of this.#blocks.all) await copyDirectory(world.disk, block.path, `${target}/${block.meta.ulid}`)
      if (withHead) await this.#writeHead(target)
      return name
    })
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#timer?.cancel()
    await this.#work.catch(() => undefined)
    await this.#log.close()
    await this.#chunks.close()
    await this.#blocks.close()
    await this.#lock.release()
  }

  async #texts(
    selection: Selection,
    head: readonly string[],
    read: (block: BlockSet['all'][number]) => Promise<readonly string[]>,
  ): Promise<readonly string[]> {
    const blocks = this.#blocks.all.filter((block) => block.overlaps(selection))
    if (blocks.length === 0) return head.slice(0, selection.limit)
    const sources = await Promise.all(blocks.map(read))
    const texts = new Set([...head, ...sources.flat()])
    return [...texts].sort(compareText).slice(0, selection.limit)
  }

  /** Runs one piece of work on blocks after those before it. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#work.then(work)
    this.#work = result.catch(() => undefined)
    return result
  }

  async #inBackground(): Promise<void> {
    if (this.#isCompacting || this.#isClosed) return
    this.#isCompacting = true
    try {
      await this.maintain()
    } catch (error) {
      this.#compactions.compactionsFailed++
      this.#options.onProblem?.(`compaction failed: ${error instanceof Error ? error.message : String(error)}`)
    } finally {
      this.#isCompacting = false
    }
  }

  /** The head goes to blocks when it holds one and a half ranges (prometheus/prometheus tsdb/head.go compactable). */
  #isHeadDue(): boolean {
    const { head } = this.#store
    return !this.#isCompacting && head.maxMs - head.minMs > 1.5 * head.options.chunkRangeMs
  }

  async #maintain(): Promise<void> {
    const { head, batches } = this.#store
    // Somebody may have put blocks there.
    await this.#blocks.reload()
    let isCut = false
    while (head.maxMs - head.minMs > 1.5 * head.options.chunkRangeMs) {
      const { chunkRangeMs } = head.options
      const minMs = head.minMs
      const endMs = Math.floor(minMs / chunkRangeMs) * chunkRangeMs + chunkRangeMs
      // From here on nothing is taken that the block would miss.
      head.minValidMs = Math.max(head.minValidMs, endMs)
      await this.#compactor.write({ minTime: minMs, maxTime: endMs }, headContent(head, { minMs, maxMs: endMs - 1 }))
      this.#compactions.compactions++
      await this.#blocks.reload()
      this.#log.noteGone(head.truncate(endMs, batches.slots()))
      await this.#chunks.truncate(endMs)
      const problem = await this.#log.truncate(endMs)
      if (problem !== undefined) this.#options.onProblem?.(`the log cannot be shortened: ${problem}`)
      isCut = true
    }
    if (isCut) await this.#compactLate()
    await this.#compactBlocks()
    await this.#applyRetention()
  }

  /** Writes late samples to blocks of their own, one for each range that has some. */
  async #compactLate(): Promise<void> {
    const { head } = this.#store
    if (head.late.isEmpty) return
    const { chunkRangeMs } = head.options
    const dropLog = await this.#log.cutLate()
    const late = head.partWithLate()
    try {
      const firstMs = Math.floor(late.minMs / chunkRangeMs) * chunkRangeMs
      for (let minMs = firstMs; minMs <= late.maxMs; minMs += chunkRangeMs) {
        const content = lateContent(head, late, { minMs, maxMs: minMs + chunkRangeMs - 1 })
        await this.#compactor.write({ minTime: minMs, maxTime: minMs + chunkRangeMs }, content, { isLate: true })
      }
      await this.#blocks.reload()
    } catch (error) {
      head.takeBackLate()
      throw error
    }
    head.dropParted()
    await dropLog()
  }

  async #compactBlocks(): Promise<void> {
    for (;;) {
      const planned = this.#compactor.plan(this.#blocks.all)
      if (planned.length === 0) return
      const made = await this.#compactor.merge(planned)
      this.#compactions.compactions++
      if (made === undefined) await this.#blocks.remove(new Set(planned.map(({ meta }) => meta.ulid)))
      else await this.#blocks.reload()
    }
  }

  async #applyRetention(): Promise<void> {
    const { world, path, retentionMs = 15 * 24 * HOUR_MS, retentionBytes = 0 } = this.#options
    const logs = retentionBytes === 0 ? 0 : await directorySize(world.disk, `${path}/wal`)
    const blocks = await this.#blocks.sized()
    const gone = beyondRetention(blocks, { timeMs: retentionMs, sizeBytes: retentionBytes }, logs)
    if (gone.size > 0) await this.#blocks.remove(gone)
  }

  /** The head as a block of its own, in another directory. */
  async #writeHead(target: string): Promise<void> {
    const { head } = this.#store
    if (head.maxMs === -Infinity) return
    const { world } = this.#options
    const name = ulid(world.clock.now(), world.random)
    const range = { minTime: head.minMs, maxTime: head.maxMs + 1 }
    const meta = { version: 1 as const, ulid: name, ...range, compaction: { level: 1, sources: [name] } }
    await writeBlock(world, { path: target, meta }, headContent(head, { minMs: head.minMs, maxMs: head.maxMs }))
  }
}

async function copyDirectory(disk: Disk, from: string, to: string): Promise<void> {
  await disk.makeDirectory(to)
  for (const name of (await disk.list(from)) ?? []) {
    if ((await disk.list(`${from}/${name}`)) !== undefined)
      await copyDirectory(disk, `${from}/${name}`, `${to}/${name}`)
    else await copyFile(disk, `${from}/${name}`, `${to}/${name}`)
  }
}

async function copyFile(disk: Disk, from: string, to: string): Promise<void> {
  const source = await disk.open(from, 'read')
  const target = await disk.open(to, 'append')
  const buffer = new Uint8Array(1 << 20)
  for (let position = 0; ;) {
    const filled = await source.read(buffer, position)
    if (filled === 0) break
    await target.append(buffer.subarray(0, filled))
    position += filled
  }
  await target.sync()
  await target.close()
  await source.close()
}
