import type { FloatHistogram } from './histogram.ts'

/**
 * A stretch of one series in columns, oldest first: index i of every column is sample i. Only indices below `length` count
 * (columns may be longer, so that they can be filled again).
 *
 *     timestamps  [ 0, 15000, 30000, 45000 ]     milliseconds since the epoch
 *     values      [ 1,     2,     -,     - ]     a float sample's value
 *     histograms  [ -,     -,     h,     - ]     set where the sample is a histogram
 *     stale       [ 0,     0,     0,     1 ]     set where the series ended
 *
 * A stale marker is a flag and not a value: the signalling NaN that stands for it on disk and on the wire does not survive
 * a JavaScript number.
 */
export interface Samples {
  readonly length: number
  readonly timestamps: Float64Array
  readonly values: Float64Array
  /** Absent when all samples are floats. */
  readonly histograms?: readonly (FloatHistogram | undefined)[]
  /** Absent when no sample is a stale marker. */
  readonly stale?: Uint8Array
  /** When each sample's counter began, in ms, 0 where unknown. Absent when none is known. */
  readonly startTimestamps?: Float64Array
}
