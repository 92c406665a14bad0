import type { Labels } from '../../model/labels.ts'
import type { Matcher } from '../../model/matcher.ts'
import type { MetricMetadata, SeriesRef } from '../../model/storage.ts'
import type { TimeRange } from '../chunks/xor-decoder.ts'
import { ExemplarStore } from '../exemplars.ts'
import { withRange } from '../tombstones.ts'
import { applyBatch } from './apply-batch.ts'
import { type Batch, Batches } from './batch.ts'
import { Head, type HeadOptions } from './head.ts'
import { matchingSlots } from './select-head.ts'

export interface SeriesMetadata {
  readonly labels: Labels
  readonly metadata: MetricMetadata
}

/** The head with what belongs to it, whether its samples are logged to a disk or not. */
export class HeadStore {
  readonly head: Head
  readonly exemplars: ExemplarStore
  readonly batches = new Batches()
  /** What was taken since the database was opened. */
  readonly taken = { floats: 0, histograms: 0, late: 0 }
  /** Series that the log does not name yet. */
  #unnamed: number[] = []

  constructor(options: HeadOptions & { readonly exemplarsMax: number }) {
    this.head = new Head(options)
    this.exemplars = new ExemplarStore(options.exemplarsMax)
  }

  /** The slot of a series, made if it is new. */
  slotOf(labels: Labels): number {
    const { series } = this.head
    const known = series.find(labels)
    if (known !== undefined) return known
    const slot = series.add(labels)
    this.head.open(slot)
    this.#unnamed.push(slot)
    return slot
  }

  /** The series made since the last call. */
  takeUnnamed(): readonly { readonly ref: SeriesRef; readonly labels: Labels }[] {
    const { series } = this.head
    const unnamed = this.#unnamed.filter((slot) => series.isUsed(slot))
    this.#unnamed = []
    return unnamed.map((slot) => ({ ref: series.ref(slot), labels: series.labels(slot) }))
  }

  /** Makes a batch's samples seen. Returns the rows that came late. */
  apply(batch: Batch): readonly number[] {
    const { series, metadata } = this.head
    const late = applyBatch(this.head, batch)
    this.taken.floats += batch.length - batch.histograms.size
    this.taken.histograms += batch.histograms.size
    this.taken.late += late.length
    for (const { slot, exemplar } of batch.exemplars) this.exemplars.add(series.labels(slot), exemplar)
    for (const entry of batch.metadata) metadata.set(entry.slot, entry.metadata)
    return late
  }

  /** Marks samples as deleted; returns what of each series. */
  delete(matchers: readonly Matcher[], { minMs, maxMs }: TimeRange): { ref: SeriesRef; range: TimeRange }[] {
    const { head } = this
    const range = { minMs: Math.max(minMs, Math.min(head.minMs, head.late.minMs)), maxMs: Math.min(maxMs, head.maxMs) }
    if (range.minMs > range.maxMs) return []
    return matchingSlots(head, matchers).map((slot) => {
      head.deleted.set(slot, withRange(head.deleted.get(slot) ?? [], range))
      return { ref: head.series.ref(slot), range }
    })
  }

  metadata(matchers: readonly Matcher[]): SeriesMetadata[] {
    const { head } = this
    return matchingSlots(head, matchers).flatMap((slot) => {
      const metadata = head.metadata.get(slot)
      return metadata === undefined ? [] : [{ labels: head.series.labels(slot), metadata }]
    })
  }
}
