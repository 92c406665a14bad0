import type { FloatHistogram } from '../histogram.ts'
import { hasCustomBuckets } from './bounds.ts'
import { allBuckets, type Bucket, shareBelow } from './buckets.ts'

/** An estimate from a native histogram; `nan` says how observations of NaN bear on it. */
export interface Estimate {
  readonly value: number
  readonly nan?: 'result' | 'skew' | 'excluded'
}

/**
 * The value below which the share `q` of the observations lies: within a bucket of an exponential schema on a logarithmic
 * scale, within custom buckets and the zero bucket linearly.
 * Source: prometheus/prometheus promql/quantile.go, HistogramQuantile.
 */
export function histogramQuantile(q: number, histogram: FloatHistogram): Estimate {
  if (q < 0) return { value: -Infinity }
  if (q > 1) return { value: Infinity }
  if (histogram.count === 0 || Number.isNaN(q)) return { value: Number.NaN }

  // NaN observations are in the count and in no bucket: ranks can then be counted from below only.
  const hasNaN = Number.isNaN(histogram.sum)
  const isFromBelow = hasNaN || q < 0.5
  const rank = (isFromBelow ? q : 1 - q) * histogram.count
  const buckets = isFromBelow ? allBuckets(histogram) : allBuckets(histogram).reverse()
  let count = 0
  let at = 0
  let bucket: Bucket = { lower: 0, upper: 0, count: 0 }
  for (; at < buckets.length; at++) {
    const next = buckets[at]
    if (next === undefined || next.count === 0) continue
    bucket = next
    count += next.count
    if (count >= rank) break
  }
  const open = boundedBucket(bucket, histogram)
  if (typeof open === 'number') return { value: open }
  count = Math.min(count, histogram.count)
  if (count < rank) return hasNaN ? { value: Number.NaN, nan: 'result' } : { value: open.upper }

  const rankInBucket = isFromBelow ? rank - (count - open.count) : count - rank
  const value = interpolated(open, rankInBucket / open.count, hasCustomBuckets(histogram))
  if (!hasNaN) return { value }
  const seen = buckets.slice(at + 1).reduce((total, { count: more }) => total + more, count)
  return seen < histogram.count ? { value, nan: 'skew' } : { value }
}

/** The bucket with finite bounds, or the value where its bounds leave nothing to interpolate. */
function boundedBucket(bucket: Bucket, histogram: FloatHistogram): Bucket | number {
  const { lower, upper, count } = bucket
  if (hasCustomBuckets(histogram)) {
    if (lower === -Infinity) return upper <= 0 ? upper : { lower: 0, upper, count }
    return upper === Infinity ? lower : bucket
  }
  return lower < 0 && upper > 0 ? oneSided(bucket, histogram) : bucket
}

/** A zero bucket with buckets on one side only holds observations of that side. */
function oneSided(bucket: Bucket, { negativeBuckets, positiveBuckets }: FloatHistogram): Bucket {
  if (negativeBuckets.length === 0 && positiveBuckets.length > 0) return { ...bucket, lower: 0 }
  if (positiveBuckets.length === 0 && negativeBuckets.length > 0) return { ...bucket, upper: 0 }
  return bucket
}

function interpolated({ lower, upper }: Bucket, fraction: number, isCustom: boolean): number {
  if (isCustom || (lower <= 0 && upper >= 0)) return lower + (upper - lower) * fraction
  const logLower = Math.log2(Math.abs(lower))
  const logUpper = Math.log2(Math.abs(upper))
  if (lower > 0) return 2 ** (logLower + (logUpper - logLower) * fraction)
  return -(2 ** (logUpper + (logLower - logUpper) * (1 - fraction)))
}

/** The share of observations between two values. Source: prometheus/prometheus promql/quantile.go, HistogramFraction. */
export function histogramFraction(lower: number, upper: number, histogram: FloatHistogram): Estimate {
  if (histogram.count === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return { value: Number.NaN }
  if (lower >= upper) return { value: 0 }
  const buckets = allBuckets(histogram)
  const hasNaN = Number.isNaN(histogram.sum)
  const count = hasNaN ? buckets.reduce((total, bucket) => total + bucket.count, 0) : histogram.count
  const value =
    (rankOf(upper, { buckets, histogram, count }) - rankOf(lower, { buckets, histogram, count })) / histogram.count
  return hasNaN && count < histogram.count ? { value, nan: 'excluded' } : { value }
}

/** How many observations lie below `value`. */
function rankOf(
  value: number,
  { buckets, histogram, count }: { buckets: readonly Bucket[]; histogram: FloatHistogram; count: number },
): number {
  let rank = 0
  for (const bucket of buckets) {
    const isZero = bucket.lower <= 0 && bucket.upper >= 0
    const open = isZero ? oneSided(bucket, histogram) : bucket
    if (open.lower >= value) return Math.min(rank, count)
    if (open.upper > value) {
      if (open.lower === -Infinity) return Math.min(open.count, count)
      const share = shareBelow(open, value, isZero || hasCustomBuckets(histogram))
      return Math.min(rank + open.count * share, count)
    }
    rank += bucket.count
  }
  return count
}
