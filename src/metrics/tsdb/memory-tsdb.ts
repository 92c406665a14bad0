import type { Matcher } from '../model/matcher.ts'
import type { Appender, Selection, StoredSeries } from '../model/storage.ts'
import type { TimeRange } from './chunks/xor-decoder.ts'
import type { SeriesExemplars } from './exemplars.ts'
import type { Batch } from './head/batch.ts'
import { type BatchTaker, HeadAppender } from './head/head-appender.ts'
import { HeadStore, type SeriesMetadata } from './head/head-store.ts'
import { headLabelNames, headLabelValues, selectHead } from './head/select-head.ts'
import { headFigures, headStatistics, type TsdbFigures, type TsdbStatistics } from './statistics.ts'
import { ChunkedSeries } from './stored-series.ts'
import type { Tsdb } from './contract.ts'

const HOUR_MS = 3_600_000

/** What both kinds of database can be told. */
export interface TsdbOptions {
  /** How long the ranges are at whose ends chunks and blocks end; samples older than half of it are out of bounds. Default: 2 h. */
  readonly blockRangeMs?: number
  /** How much older than the newest sample a sample may come. Default: 0, only in order. */
  readonly outOfOrderWindowMs?: number
  /** Default: 100,000, upstream's with exemplar storage on; 0: none are kept. */
  readonly exemplarsMax?: number
}

export interface MemoryTsdbOptions extends TsdbOptions {
  /** Samples this much older than the newest one are let go. Default: 15 days, as Prometheus. */
  readonly retentionMs?: number
  /** When sealed chunks take more than this, the oldest are let go. Default: no limit. */
  readonly retentionBytes?: number
}

/** A database that forgets everything with its process: for tests and rehearsals. */
export function memoryTsdb(options: MemoryTsdbOptions = {}): Tsdb {
  return new MemoryTsdb(options)
}

/** The head's options that follow from a database's. */
export function headOptions(options: TsdbOptions): ConstructorParameters<typeof HeadStore>[0] {
  return {
    chunkRangeMs: options.blockRangeMs ?? 2 * HOUR_MS,
    outOfOrderWindowMs: options.outOfOrderWindowMs ?? 0,
    // prometheus/prometheus tsdb/head.go DefaultOutOfOrderCapMax.
    outOfOrderSamplesMax: 32,
    exemplarsMax: options.exemplarsMax ?? 100_000,
  }
}

class MemoryTsdb implements Tsdb, BatchTaker {
  readonly #store: HeadStore
  readonly #retentionMs: number
  readonly #retentionBytes: number
  #nextTruncationMs = -Infinity

  constructor(options: MemoryTsdbOptions) {
    this.#store = new HeadStore(headOptions(options))
    this.#retentionMs = options.retentionMs ?? 15 * 24 * HOUR_MS
    this.#retentionBytes = options.retentionBytes ?? Infinity
  }

  appender(): Appender {
    return new HeadAppender(this.#store, this)
  }

  commit(batch: Batch): Promise<void> {
    const { head } = this.#store
    this.#store.apply(batch)
    this.#store.takeUnnamed()
    this.discard(batch)
    if (head.maxMs >= this.#nextTruncationMs) this.#truncate()
    return Promise.resolve()
  }

  discard(batch: Batch): void {
    this.#store.batches.close(batch)
  }

  select(selection: Selection): Promise<readonly StoredSeries[]> {
    return Promise.resolve(selectHead(this.#store.head, selection).map((row) => new ChunkedSeries(row, selection)))
  }

  labelNames(selection: Selection): Promise<readonly string[]> {
    return Promise.resolve(headLabelNames(this.#store.head, selection).slice(0, selection.limit))
  }

  labelValues(name: string, selection: Selection): Promise<readonly string[]> {
    return Promise.resolve(headLabelValues(this.#store.head, name, selection).slice(0, selection.limit))
  }

  exemplars(sets: readonly (readonly Matcher[])[], range: TimeRange): Promise<readonly SeriesExemplars[]> {
    return Promise.resolve(this.#store.exemplars.select(sets, range))
  }

  metadata(matchers: readonly Matcher[]): Promise<readonly SeriesMetadata[]> {
    return Promise.resolve(this.#store.metadata(matchers))
  }

  deleteSeries(matchers: readonly Matcher[], range: TimeRange): Promise<void> {
    this.#store.delete(matchers, range)
    return Promise.resolve()
  }

  /** Deleted samples go with the chunks that they are in. */
  cleanTombstones(): Promise<void> {
    return Promise.resolve()
  }

  statistics(limit: number): TsdbStatistics {
    return headStatistics(this.#store.head, limit)
  }

  figures(): TsdbFigures {
    return { ...headFigures(this.#store), blocks: [], compactions: 0, compactionsFailed: 0 }
  }

  timeRange(): TimeRange | undefined {
    const { head } = this.#store
    return head.maxMs === -Infinity ? undefined : { minMs: Math.min(head.minMs, head.late.minMs), maxMs: head.maxMs }
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  /** Looked at whenever the newest sample moved by a quarter of a range: going through all series is not for every batch. */
  #truncate(): void {
    const { head, batches } = this.#store
    const step = head.options.chunkRangeMs / 4
    this.#nextTruncationMs = head.maxMs + step
    const keepFrom = head.maxMs - this.#retentionMs
    head.late.truncate(keepFrom)
    if (head.minMs < keepFrom) head.truncate(keepFrom, batches.slots())
    for (let minMs = head.minMs + step; head.sizeBytes > this.#retentionBytes && minMs < head.maxMs; minMs += step) {
      head.late.truncate(minMs)
      head.truncate(minMs, batches.slots())
    }
  }
}
