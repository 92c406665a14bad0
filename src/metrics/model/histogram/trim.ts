import type { FloatHistogram } from '../histogram.ts'
import { hasCustomBuckets } from './bounds.ts'
import { type Bucket, negativeBuckets, positiveBuckets, shareBelow, zeroBucket } from './buckets.ts'
import { compact } from './compact.ts'

/** What is left of a bucket, and the value its observations are taken to have. */
interface Kept {
  readonly count: number
  readonly midpoint: number
}

/** Only the observations below `at`, or only those above it; a bucket that `at` falls into is shared out. */
export function trimHistogram(histogram: FloatHistogram, at: number, keep: 'below' | 'above'): FloatHistogram {
  const isLinear = hasCustomBuckets(histogram)
  const positive = positiveBuckets(histogram)
  const negative = negativeBuckets(histogram)
  const keptPositive = positive.map((bucket) => keptOf(bucket, { at, keep, isLinear, isPositive: true }))
  const keptNegative = negative.map((bucket) => keptOf(bucket, { at, keep, isLinear, isPositive: false }))
  const sides = { positive: positive.some(isPopulated), negative: negative.some(isPopulated) }
  const keptZero =
    histogram.zeroCount > 0 ? keptOfZero(zeroBucket(histogram), { at, keep, ...sides }) : { count: 0, midpoint: 0 }

  const isUnchanged =
    keptZero.count === histogram.zeroCount &&
    keptPositive.every(({ count }, index) => count === positive[index]?.count) &&
    keptNegative.every(({ count }, index) => count === negative[index]?.count)
  if (isUnchanged) return histogram
  const all = [...keptPositive, ...keptNegative, keptZero]
  return compact({
    ...histogram,
    count: all.reduce((total, { count }) => total + count, 0),
    sum: all.reduce((total, { count, midpoint }) => total + midpoint * count, 0),
    zeroCount: keptZero.count,
    positiveBuckets: keptPositive.map(({ count }) => count),
    negativeBuckets: keptNegative.map(({ count }) => count),
  })
}

interface Cut {
  readonly at: number
  readonly keep: 'below' | 'above'
  readonly isLinear: boolean
  readonly isPositive: boolean
}

function keptOf(bucket: Bucket, cut: Cut): Kept {
  const { lower, upper, count } = bucket
  const isKeptWhole = cut.keep === 'below' ? upper <= cut.at : lower >= cut.at
  if (count === 0 || isKeptWhole) return { count, midpoint: midpointOf(lower, upper, cut) }
  const isCut = cut.keep === 'below' ? lower < cut.at : upper > cut.at
  if (!isCut) return { count: 0, midpoint: 0 }
  if (lower === -Infinity) return keptOfLowest(bucket, cut)
  if (upper === Infinity) return keptOfHighest(bucket, cut)
  const below = count * shareBelow(bucket, cut.at, cut.isLinear)
  return cut.keep === 'below'
    ? { count: below, midpoint: midpointOf(lower, cut.at, cut) }
    : { count: count - below, midpoint: midpointOf(cut.at, upper, cut) }
}

/** A custom bucket without a lower end: with a positive upper end it is taken to begin at zero. */
function keptOfLowest({ upper, count }: Bucket, { at, keep }: Cut): Kept {
  const isFinite = upper !== Infinity
  if (keep === 'below') {
    if (at > 0 && upper > 0 && isFinite) return { count: (count * at) / upper, midpoint: at / 2 }
    if (upper <= 0) return { count, midpoint: at }
    return { count: 0, midpoint: 0 }
  }
  if (at >= 0 && upper > at && isFinite) return { count: count * (1 - at / upper), midpoint: (at + upper) / 2 }
  return { count: 0, midpoint: 0 }
}

/** A bucket without an upper end: how its observations lie is not known, so only a cut within it from below keeps them. */
function keptOfHighest({ lower, count }: Bucket, { at, keep }: Cut): Kept {
  return keep === 'above' && at >= lower ? { count, midpoint: at } : { count: 0, midpoint: 0 }
}

function midpointOf(lower: number, upper: number, { isLinear, isPositive }: Cut): number {
  const isOpenBelow = !Number.isFinite(lower)
  const isOpenAbove = !Number.isFinite(upper)
  if (isOpenBelow && isOpenAbove) return 0
  if (isOpenBelow) return upper > 0 ? upper / 2 : upper
  if (isOpenAbove) return lower
  if (isLinear) return (lower + upper) / 2
  const mean = Math.sqrt(Math.abs(lower * upper))
  return isPositive ? mean : -mean
}

function keptOfZero(
  zero: Bucket,
  { at, keep, positive, negative }: { at: number; keep: 'below' | 'above'; positive: boolean; negative: boolean },
): Kept {
  const lower = positive && !negative ? 0 : zero.lower
  const upper = negative && !positive ? 0 : zero.upper
  if (at <= lower)
    return keep === 'below' ? { count: 0, midpoint: 0 } : { count: zero.count, midpoint: (lower + upper) / 2 }
  if (at >= upper)
    return keep === 'below' ? { count: zero.count, midpoint: (lower + upper) / 2 } : { count: 0, midpoint: 0 }
  return keep === 'below'
    ? { count: zero.count * ((at - lower) / (upper - lower)), midpoint: (lower + at) / 2 }
    : { count: zero.count * ((upper - at) / (upper - lower)), midpoint: (at + upper) / 2 }
}

function isPopulated({ count }: Bucket): boolean {
  return count !== 0
}
