/** A run of buckets in a row: `offset` from the end of the run before it (the first: from bucket 0), and how many. */
export interface Span {
  readonly offset: number
  readonly length: number
}

/** What a histogram's producer knows about resets: `gauge` may go down, the others may not without a reset between. */
export type CounterResetHint = 'unknown' | 'reset' | 'not-reset' | 'gauge'

/** The schema of histograms whose bucket boundaries are named one by one (`customValues`). */
export const CUSTOM_BUCKETS_SCHEMA = -53

/**
 * A native histogram, as queries see it: every bucket with its own count, as a float.
 *
 * Bucket i of schema n covers (base^(i-1), base^i] with base = 2^(2^-n); the zero bucket covers [-zeroThreshold,
 * zeroThreshold]. With custom buckets, bucket i ends at `customValues[i]`, and there is no zero bucket and no negative side.
 * Source: prometheus/prometheus model/histogram/float_histogram.go.
 *
 * Immutable: what changes one makes another.
 */
export interface FloatHistogram {
  readonly counterResetHint: CounterResetHint
  readonly schema: number
  readonly zeroThreshold: number
  readonly zeroCount: number
  readonly count: number
  readonly sum: number
  readonly positiveSpans: readonly Span[]
  readonly negativeSpans: readonly Span[]
  /** One count for each bucket of the spans: not cumulative, not deltas. */
  readonly positiveBuckets: readonly number[]
  readonly negativeBuckets: readonly number[]
  /** Upper boundaries of custom buckets, ascending, without +Inf; empty with any other schema. */
  readonly customValues: readonly number[]
}
