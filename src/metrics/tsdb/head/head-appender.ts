import type { FloatHistogram } from '../../model/histogram.ts'
import { equalHistograms } from '../../model/histogram/equal.ts'
import type { Labels } from '../../model/labels.ts'
import {
  AppendError,
  type Appender,
  type Exemplar,
  type FloatSample,
  type HistogramSample,
  type MetricMetadata,
  type SeriesRef,
} from '../../model/storage.ts'
import { floatOf, highBits, lowBits, STALE_HIGH, STALE_LOW } from '../chunks/float-bits.ts'
import { type Batch, FLOATS_HISTOGRAM, INTEGER_HISTOGRAM, STALE } from './batch.ts'
import { formatFloat } from '../../../base/go-numbers.ts'
import type { Head } from './head.ts'
import type { HeadStore } from './head-store.ts'
import { checkHistogram } from './check-histogram.ts'

/** Takes what an appender has gathered; the batch is the taker's from then on. */
export interface BatchTaker {
  commit(batch: Batch): Promise<void>
  discard(batch: Batch): void
}

/**
 * Checks samples one by one as they come, by the rules of prometheus/prometheus tsdb/head_append.go, and hands over the good
 * ones as one batch.
 */
export class HeadAppender implements Appender {
  readonly #store: HeadStore
  readonly #taker: BatchTaker
  readonly #head: Head
  readonly #batch: Batch
  /** The head's newest sample when the batch was begun: all of the batch is judged by it. */
  #headMaxMs: number
  #minValidMs: number
  #isClosed = false

  constructor(store: HeadStore, taker: BatchTaker) {
    this.#store = store
    this.#taker = taker
    this.#head = store.head
    this.#batch = store.batches.open()
    this.#headMaxMs = this.#head.maxMs
    this.#minValidMs = this.#minValid()
  }

  append(ref: SeriesRef, labels: Labels, sample: FloatSample): SeriesRef {
    const { timestampMs, value, startTimestampMs } = sample
    const slot = this.#slot(ref, labels, timestampMs)
    if (timestampMs <= this.#head.maxTime(slot) || timestampMs < this.#minValidMs) {
      this.#checkFloat(slot, timestampMs, highBits(value), lowBits(value))
    }
    if (startTimestampMs !== undefined) this.#batch.starts.set(this.#batch.length, startTimestampMs)
    this.#batch.pushFloat(slot, timestampMs, value)
    return this.#head.series.ref(slot)
  }

  appendStale(ref: SeriesRef, labels: Labels, timestampMs: number): SeriesRef {
    const slot = this.#slot(ref, labels, timestampMs)
    const isAmongHistograms = this.#head.lastHistogram(slot) !== undefined
    if (isAmongHistograms) this.#checkHistogram(slot, timestampMs, undefined)
    else this.#checkFloat(slot, timestampMs, STALE_HIGH, STALE_LOW)
    this.#batch.push(slot, timestampMs, STALE)
    return this.#head.series.ref(slot)
  }

  appendHistogram(ref: SeriesRef, labels: Labels, sample: HistogramSample): SeriesRef {
    const { timestampMs, histogram, isInteger, startTimestampMs } = sample
    checkHistogram(histogram, isInteger)
    const slot = this.#slot(ref, labels, timestampMs)
    this.#checkHistogram(slot, timestampMs, histogram)
    const batch = this.#batch
    if (startTimestampMs !== undefined) batch.starts.set(batch.length, startTimestampMs)
    batch.histograms.set(batch.length, histogram)
    batch.push(slot, timestampMs, isInteger ? INTEGER_HISTOGRAM : FLOATS_HISTOGRAM)
    return this.#head.series.ref(slot)
  }

  appendExemplar(ref: SeriesRef, labels: Labels, exemplar: Exemplar): void {
    const { series } = this.#head
    if (!this.#store.exemplars.isEnabled) return
    const slot = series.slotOf(ref) ?? series.find(labels)
    if (slot === undefined)
      throw new AppendError('invalid labels', `unknown HeadSeriesRef when trying to add exemplar: ${ref}`)
    // Without a time of its own it has that of the sample it came with.
    const timestampMs = exemplar.timestampMs ?? this.#batch.times[this.#batch.length - 1] ?? this.#head.maxMs
    const timed = { ...exemplar, timestampMs }
    if (this.#store.exemplars.accepts(series.labels(slot), timed)) this.#batch.exemplars.push({ slot, exemplar: timed })
  }

  setMetadata(ref: SeriesRef, labels: Labels, metadata: MetricMetadata): void {
    const { series } = this.#head
    const slot = series.slotOf(ref) ?? series.find(labels)
    if (slot === undefined) {
      throw new AppendError(
        'invalid labels',
        `unknown series when trying to add metadata with HeadSeriesRef: ${ref} and labels: ${labels.key}`,
      )
    }
    this.#batch.metadata.push({ slot, metadata })
  }

  commit(): Promise<void> {
    if (this.#isClosed) return Promise.reject(new Error('appender closed'))
    this.#isClosed = true
    return this.#taker.commit(this.#batch)
  }

  rollback(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#taker.discard(this.#batch)
  }

  #slot(ref: SeriesRef, labels: Labels, timestampMs: number): number {
    if (this.#headMaxMs === -Infinity) {
      this.#headMaxMs = timestampMs
      this.#minValidMs = this.#minValid()
    }
    if (timestampMs < this.#minValidMs && this.#head.options.outOfOrderWindowMs === 0)
      throw new AppendError('out of bounds')
    const known = ref === 0 ? undefined : this.#head.series.slotOf(ref)
    if (known !== undefined) return known
    if (labels.size === 0) throw new AppendError('invalid labels', 'empty labelset: invalid sample')
    const { pairs } = labels
    for (let index = 2; index < pairs.length; index += 2) {
      if (pairs[index] === pairs[index - 2]) {
        throw new AppendError('invalid labels', `label name "${pairs[index]}" is not unique: invalid sample`)
      }
    }
    return this.#store.slotOf(labels)
  }

  #minValid(): number {
    return Math.max(this.#head.minValidMs, this.#headMaxMs - this.#head.options.chunkRangeMs / 2)
  }

  #checkFloat(slot: number, timestampMs: number, high: number, low: number): void {
    const maxTime = this.#head.maxTime(slot)
    if (timestampMs < this.#minValidMs || timestampMs < maxTime) {
      this.#checkLate(timestampMs)
      return
    }
    if (timestampMs > maxTime) return
    const last = this.#head.lastFloat(slot)
    if (last !== undefined && last[0] === high && last[1] === low) return
    const existing = last === undefined ? 'is a histogram' : formatFloat(floatOf(last[0], last[1]), 'g', -1)
    throw new AppendError(
      'duplicate sample for timestamp',
      `duplicate sample for timestamp ${timestampMs}; overrides not allowed: existing ${existing}, new value ${formatFloat(floatOf(high, low), 'g', -1)}`,
    )
  }

  #checkHistogram(slot: number, timestampMs: number, histogram: FloatHistogram | undefined): void {
    const maxTime = this.#head.maxTime(slot)
    if (timestampMs < this.#minValidMs || timestampMs < maxTime) {
      this.#checkLate(timestampMs)
      return
    }
    if (timestampMs > maxTime) return
    const last = this.#head.lastHistogram(slot)
    const isSame =
      last !== undefined &&
      (last.histogram === histogram ||
        (last.histogram !== undefined && histogram !== undefined && equalHistograms(last.histogram, histogram)))
    if (!isSame) throw new AppendError('duplicate sample for timestamp')
  }

  /** A sample that is older than the newest one of its series. */
  #checkLate(timestampMs: number): void {
    const { outOfOrderWindowMs } = this.#head.options
    if (outOfOrderWindowMs > 0) {
      if (timestampMs < this.#headMaxMs - outOfOrderWindowMs) throw new AppendError('too old sample')
    } else if (timestampMs < this.#minValidMs) throw new AppendError('out of bounds')
    else throw new AppendError('out of order sample')
  }
}
