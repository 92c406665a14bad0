import type { FloatHistogram } from '../histogram.ts'
import { hasCustomBuckets, upperBound } from './bounds.ts'
import { unpack } from './layout.ts'

/** One bucket with its bounds. */
export interface Bucket {
  lower: number
  upper: number
  readonly count: number
}

/** Positive buckets, ascending. */
export function positiveBuckets(histogram: FloatHistogram): Bucket[] {
  const { schema, customValues } = histogram
  const { indexes, counts } = unpack(histogram.positiveSpans, histogram.positiveBuckets)
  return indexes.map((index, at) => ({
    lower: upperBound(index - 1, schema, customValues),
    upper: upperBound(index, schema, customValues),
    count: counts[at] ?? 0,
  }))
}

/** Negative buckets from zero downwards, as they are stored. */
export function negativeBuckets(histogram: FloatHistogram): Bucket[] {
  const { schema } = histogram
  const { indexes, counts } = unpack(histogram.negativeSpans, histogram.negativeBuckets)
  return indexes.map((index, at) => ({
    lower: -upperBound(index, schema, []),
    upper: -upperBound(index - 1, schema, []),
    count: counts[at] ?? 0,
  }))
}

export function zeroBucket({ zeroThreshold, zeroCount }: FloatHistogram): Bucket {
  return { lower: -zeroThreshold, upper: zeroThreshold, count: zeroCount }
}

/** All buckets from the lowest to the highest. Those that overlap the zero bucket end, or begin, at its edge. */
export function allBuckets(histogram: FloatHistogram): Bucket[] {
  const { zeroThreshold } = histogram
  const buckets = negativeBuckets(histogram).reverse()
  for (const bucket of buckets) {
    if (bucket.upper < 0 && bucket.upper > -zeroThreshold) bucket.upper = -zeroThreshold
  }
  if (!hasCustomBuckets(histogram) && histogram.zeroCount > 0) buckets.push(zeroBucket(histogram))
  for (const bucket of positiveBuckets(histogram)) {
    if (bucket.lower > 0 && bucket.lower < zeroThreshold) bucket.lower = zeroThreshold
    buckets.push(bucket)
  }
  return buckets
}

/**
 * How much of a bucket's width lies at or below `value`, which is within its finite bounds: linear, or, as exponential
 * buckets want it, on a logarithmic scale.
 */
export function shareBelow({ lower, upper }: Bucket, value: number, isLinear: boolean): number {
  if (isLinear) return (value - lower) / (upper - lower)
  const logLower = Math.log2(Math.abs(lower))
  const logUpper = Math.log2(Math.abs(upper))
  const logValue = Math.log2(Math.abs(value))
  if (value > 0) return (logValue - logLower) / (logUpper - logLower)
  return 1 - (logValue - logUpper) / (logLower - logUpper)
}
