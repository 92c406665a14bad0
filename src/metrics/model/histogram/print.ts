import { formatFloat } from '../../../base/go-numbers.ts'
import type { FloatHistogram } from '../histogram.ts'
import { hasCustomBuckets } from './bounds.ts'
import { type Bucket, negativeBuckets, positiveBuckets, zeroBucket } from './buckets.ts'

/**
 * A histogram as Prometheus prints one: every populated bucket with its bounds.
 *
 *     {count:3, sum:5.5, [-0.001,0.001]:1, (1,2]:2}
 */
export function printHistogram(histogram: FloatHistogram): string {
  const isCustom = hasCustomBuckets(histogram)
  const parts = [`count:${number(histogram.count)}`, `sum:${number(histogram.sum)}`]
  for (const bucket of negativeBuckets(histogram).reverse()) {
    if (bucket.count !== 0) parts.push(printBucket(bucket, { lower: true, upper: false }))
  }
  if (histogram.zeroCount !== 0) parts.push(printBucket(zeroBucket(histogram), { lower: true, upper: true }))
  for (const bucket of positiveBuckets(histogram)) {
    const lower = isCustom ? bucket.lower === -Infinity : bucket.lower < 0
    if (bucket.count !== 0) parts.push(printBucket(bucket, { lower, upper: true }))
  }
  return `{${parts.join(', ')}}`
}

function printBucket({ lower, upper, count }: Bucket, inclusive: { lower: boolean; upper: boolean }): string {
  const bounds = `${number(lower)},${number(upper)}`
  return `${inclusive.lower ? '[' : '('}${bounds}${inclusive.upper ? ']' : ')'}:${number(count)}`
}

function number(value: number): string {
  return formatFloat(value, 'g', -1)
}
