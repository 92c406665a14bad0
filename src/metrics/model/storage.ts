import type { FloatHistogram } from './histogram.ts'
import type { Labels } from './labels.ts'
import type { Matcher } from './matcher.ts'
import type { Samples } from './samples.ts'

/** Where series are read from: the TSDB, a remote one, several of them joined. */
export interface Queryable {
  /** Series that satisfy every matcher and may have samples in the range, sorted by labels. */
  select(selection: Selection, signal?: AbortSignal): Promise<readonly StoredSeries[]>
  /** Label names of the series that match, sorted. */
  labelNames(selection: Selection): Promise<readonly string[]>
  /** Values of one label of the series that match, sorted. */
  labelValues(name: string, selection: Selection): Promise<readonly string[]>
}

export interface Selection {
  readonly matchers: readonly Matcher[]
  /** Both ends belong to the range; milliseconds since the epoch. */
  readonly minMs: number
  readonly maxMs: number
  /** At most so many series or values. */
  readonly limit?: number
  readonly hints?: SelectHints
  /** Told of what is missing in the answer, of several storages that were asked. */
  warn?(text: string): void
}

/** What the reader will do with the samples: a storage may use it to send less, and may ignore it. */
export interface SelectHints {
  readonly stepMs: number
  readonly rangeMs: number
  /** The surrounding function or aggregation: `rate`, `sum`. */
  readonly func: string
  readonly grouping: readonly string[]
  readonly by: boolean
}

export interface StoredSeries {
  readonly labels: Labels
  /** The samples in the selection's range. What it returns is valid until its next call with the same `into`. */
  samples(into?: SampleBuffer): Samples
}

/** Columns to be filled again and again, so that a query over many series makes no garbage. Grows as needed. */
export interface SampleBuffer {
  timestamps: Float64Array
  values: Float64Array
}

/** Names a series in one storage: what a first `append` answers and the next ones may give back, to skip the look-up. 0: none. */
export type SeriesRef = number

/** Where samples are written to. */
export interface Appendable {
  appender(): Appender
}

/**
 * One batch of samples. Nothing of it is seen before `commit`, and after it everything is.
 * `append…` throws an `AppendError` for a sample that cannot be taken; the rest of the batch is not touched by that.
 */
export interface Appender {
  append(ref: SeriesRef, labels: Labels, sample: FloatSample): SeriesRef
  appendHistogram(ref: SeriesRef, labels: Labels, sample: HistogramSample): SeriesRef
  /** Says that the series ended. */
  appendStale(ref: SeriesRef, labels: Labels, timestampMs: number): SeriesRef
  appendExemplar(ref: SeriesRef, labels: Labels, exemplar: Exemplar): void
  setMetadata(ref: SeriesRef, labels: Labels, metadata: MetricMetadata): void
  commit(): Promise<void>
  rollback(): void
}

export interface FloatSample {
  readonly timestampMs: number
  readonly value: number
  /** When the counter began, if that is known. */
  readonly startTimestampMs?: number
}

export interface HistogramSample {
  readonly timestampMs: number
  readonly histogram: FloatHistogram
  /** Counts were given as integers: stored as such, which takes less room. */
  readonly isInteger: boolean
  readonly startTimestampMs?: number
}

export interface Exemplar {
  readonly labels: Labels
  readonly value: number
  readonly timestampMs?: number
}

/** Types in OpenMetrics' words. */
export type MetricType =
  | 'counter'
  | 'gauge'
  | 'histogram'
  | 'gaugehistogram'
  | 'summary'
  | 'info'
  | 'stateset'
  | 'unknown'

export interface MetricMetadata {
  readonly type: MetricType
  readonly unit: string
  readonly help: string
}

export type AppendRefusal =
  | 'out of order sample'
  | 'duplicate sample for timestamp'
  | 'out of bounds'
  | 'too old sample'
  | 'out of order exemplar'
  | 'duplicate exemplar'
  | 'invalid labels'
  | 'invalid histogram'

/** A sample that cannot be taken, in Prometheus' words (tsdb: storage/interface.go). */
export class AppendError extends Error {
  override readonly name = 'AppendError'
  readonly refusal: AppendRefusal

  constructor(refusal: AppendRefusal, message: string = refusal) {
    super(message)
    this.refusal = refusal
  }
}
