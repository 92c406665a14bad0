import type { Labels } from '../../model/labels.ts'
import type { MetricMetadata, SeriesRef } from '../../model/storage.ts'
import { STALE_HIGH, STALE_LOW } from '../chunks/float-bits.ts'
import type { TimeRange } from '../chunks/xor-decoder.ts'
import type { ExemplarStore, StoredExemplar } from '../exemplars.ts'
import type { Head } from '../head/head.ts'
import { withRange } from '../tombstones.ts'
import { type LoggedHistogram, type RecordSink, wordAt } from './decode-records.ts'

/** The bits of a sample that is a histogram, or that is no histogram and so says that the series ended. */
const STALE_BITS = { high: STALE_HIGH, low: STALE_LOW }

/** Puts what a log says back into the head. */
export class HeadLoader implements RecordSink {
  readonly #head: Head
  readonly #exemplars: ExemplarStore
  /** Samples whose series the log does not name: what Prometheus calls unknown references. */
  unknown = 0
  samples = 0

  constructor(head: Head, exemplars: ExemplarStore) {
    this.#head = head
    this.#exemplars = exemplars
  }

  series(ref: SeriesRef, labels: Labels): void {
    const { series } = this.#head
    const known = series.find(labels)
    // A series that went and came back has two references, and samples under both.
    const slot = known ?? series.add(labels, ref)
    if (known === undefined) this.#head.open(slot)
    else series.alias(ref, known)
    this.#head.takeAdopted(ref, slot)
  }

  sample(ref: SeriesRef, timestampMs: number, bytes: Uint8Array, at: number): void {
    const slot = this.#head.series.slotOf(ref)
    if (slot === undefined) {
      this.unknown++
      return
    }
    this.samples++
    if (timestampMs < this.#head.minValidMs || timestampMs <= this.#head.maxTime(slot)) return
    this.#head.appendFloat(slot, timestampMs, wordAt(bytes, at), wordAt(bytes, at + 4))
  }

  histogram(ref: SeriesRef, { timestampMs, histogram, isInteger }: LoggedHistogram): void {
    const slot = this.#head.series.slotOf(ref)
    if (slot === undefined) {
      this.unknown++
      return
    }
    this.samples++
    if (timestampMs < this.#head.minValidMs || timestampMs <= this.#head.maxTime(slot)) return
    this.#head.appendHistogram(slot, { timestampMs, ...STALE_BITS, histogram, isInteger })
  }

  exemplar(ref: SeriesRef, exemplar: StoredExemplar): void {
    const slot = this.#head.series.slotOf(ref)
    if (slot === undefined || !this.#exemplars.isEnabled) return
    this.#exemplars.add(this.#head.series.labels(slot), exemplar)
  }

  metadata(ref: SeriesRef, metadata: MetricMetadata): void {
    const slot = this.#head.series.slotOf(ref)
    if (slot !== undefined) this.#head.metadata.set(slot, metadata)
  }

  deleted(ref: SeriesRef, range: TimeRange): void {
    const slot = this.#head.series.slotOf(ref)
    if (slot === undefined || range.maxMs < this.#head.minValidMs) return
    this.#head.deleted.set(slot, withRange(this.#head.deleted.get(slot) ?? [], range))
  }
}

/** Puts what the log of late samples says back among the late ones. */
export class LateLoader implements RecordSink {
  readonly #head: Head

  constructor(head: Head) {
    this.#head = head
  }

  sample(ref: SeriesRef, timestampMs: number, bytes: Uint8Array, at: number): void {
    const slot = this.#head.series.slotOf(ref)
    if (slot === undefined) return
    this.#head.appendLate(slot, { timestampMs, high: wordAt(bytes, at), low: wordAt(bytes, at + 4) })
  }

  histogram(ref: SeriesRef, { timestampMs, histogram, isInteger }: LoggedHistogram): void {
    const slot = this.#head.series.slotOf(ref)
    if (slot !== undefined) this.#head.appendLate(slot, { timestampMs, ...STALE_BITS, histogram, isInteger })
  }

  series(): void {}
  exemplar(): void {}
  metadata(): void {}
  deleted(): void {}
}
