import type { Labels } from '../model/labels.ts'
import type { Matcher } from '../model/matcher.ts'
import type { Appender, Selection, StoredSeries } from '../model/storage.ts'
import type { TimeRange } from './chunks/xor-decoder.ts'
import { ExemplarStore, type SeriesExemplars } from './exemplars.ts'
import { applyBatch } from './head/apply-batch.ts'
import { type Batch, Batches } from './head/batch.ts'
import { Head } from './head/head.ts'
import { type BatchSink, HeadAppender } from './head/head-appender.ts'
import { headLabelNames, headLabelValues, matchingSlots, selectHead } from './head/select-head.ts'
import { headStatistics, type TsdbStatistics } from './statistics.ts'
import { ChunkedSeries } from './stored-series.ts'
import { withRange } from './tombstones.ts'
import type { SeriesMetadata, Tsdb } from './tsdb.ts'

const HOUR_MS = 3_600_000

export interface MemoryTsdbOptions {
  /** Samples this much older than the newest one are let go. Default: 15 days, as Prometheus. */
  readonly retentionMs?: number
  /** When sealed chunks take more than this, the oldest are let go. Default: no limit. */
  readonly retentionBytes?: number
  /** How long the ranges are at whose ends chunks end; samples older than half of it are out of bounds. Default: 2 h. */
  readonly blockRangeMs?: number
  /** How much older than the newest sample a sample may come. Default: 0, only in order. */
  readonly outOfOrderWindowMs?: number
  /** Default: 100,000, upstream's with exemplar storage on. */
  readonly exemplarsMax?: number
}

/** A database that forgets everything with its process: for tests and rehearsals. */
export function memoryTsdb(options: MemoryTsdbOptions = {}): Tsdb {
  return new MemoryTsdb(options)
}

class MemoryTsdb implements Tsdb, BatchSink {
  readonly head: Head
  readonly exemplarStore: ExemplarStore
  readonly #retentionMs: number
  readonly #retentionBytes: number
  readonly #batches = new Batches()
  #nextTruncationMs = -Infinity

  constructor(options: MemoryTsdbOptions) {
    this.head = new Head({
      chunkRangeMs: options.blockRangeMs ?? 2 * HOUR_MS,
      outOfOrderWindowMs: options.outOfOrderWindowMs ?? 0,
      outOfOrderSamplesMax: 32,
    })
    this.exemplarStore = new ExemplarStore(options.exemplarsMax ?? 100_000)
    this.#retentionMs = options.retentionMs ?? 15 * 24 * HOUR_MS
    this.#retentionBytes = options.retentionBytes ?? Infinity
  }

  appender(): Appender {
    return new HeadAppender(this, this.#batches.open())
  }

  slotOf(labels: Labels): number {
    const { series } = this.head
    const known = series.find(labels)
    if (known !== undefined) return known
    const slot = series.add(labels)
    this.head.open(slot)
    return slot
  }

  commit(batch: Batch): Promise<void> {
    applyBatch(this.head, batch)
    for (const { slot, exemplar } of batch.exemplars) this.exemplarStore.add(this.head.series.labels(slot), exemplar)
    for (const { slot, metadata } of batch.metadata) this.head.metadata.set(slot, metadata)
    this.discard(batch)
    if (this.head.maxMs >= this.#nextTruncationMs) this.#truncate()
    return Promise.resolve()
  }

  discard(batch: Batch): void {
    this.#batches.close(batch)
  }

  select(selection: Selection): Promise<readonly StoredSeries[]> {
    return Promise.resolve(selectHead(this.head, selection).map((row) => new ChunkedSeries(row, selection)))
  }

  labelNames(selection: Selection): Promise<readonly string[]> {
    return Promise.resolve(headLabelNames(this.head, selection).slice(0, selection.limit))
  }

  labelValues(name: string, selection: Selection): Promise<readonly string[]> {
    return Promise.resolve(headLabelValues(this.head, name, selection).slice(0, selection.limit))
  }

  exemplars(sets: readonly (readonly Matcher[])[], range: TimeRange): Promise<readonly SeriesExemplars[]> {
    return Promise.resolve(this.exemplarStore.select(sets, range))
  }

  metadata(matchers: readonly Matcher[]): Promise<readonly SeriesMetadata[]> {
    const found: SeriesMetadata[] = []
    for (const slot of matchingSlots(this.head, matchers)) {
      const metadata = this.head.metadata.get(slot)
      if (metadata !== undefined) found.push({ labels: this.head.series.labels(slot), metadata })
    }
    return Promise.resolve(found)
  }

  deleteSeries(matchers: readonly Matcher[], range: TimeRange): Promise<void> {
    for (const slot of matchingSlots(this.head, matchers)) {
      const maxMs = Math.min(range.maxMs, this.head.maxMs)
      if (range.minMs > maxMs) continue
      this.head.deleted.set(slot, withRange(this.head.deleted.get(slot) ?? [], { minMs: range.minMs, maxMs }))
    }
    return Promise.resolve()
  }

  cleanTombstones(): Promise<void> {
    return Promise.resolve()
  }

  statistics(limit: number): TsdbStatistics {
    return headStatistics(this.head, limit)
  }

  timeRange(): TimeRange | undefined {
    return this.head.maxMs === -Infinity ? undefined : { minMs: this.head.minMs, maxMs: this.head.maxMs }
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  /** Looked at whenever the newest sample moved by a quarter of a range: going through all series is not for every batch. */
  #truncate(): void {
    const { head } = this
    const step = head.options.chunkRangeMs / 4
    this.#nextTruncationMs = head.maxMs + step
    const keepFrom = head.maxMs - this.#retentionMs
    if (head.minMs < keepFrom) head.truncate(keepFrom, this.#batches.slots())
    for (let minMs = head.minMs + step; head.sizeBytes > this.#retentionBytes && minMs < head.maxMs; minMs += step) {
      head.truncate(minMs, this.#batches.slots())
    }
  }
}
