import type { FloatHistogram } from '../histogram.ts'
import { exponentialBound } from './bounds.ts'
import type { Side } from './layout.ts'

/** What bears on the zero bucket: its own size and count, and the two sides around it. */
export interface AroundZero {
  readonly schema: number
  readonly zeroThreshold: number
  readonly zeroCount: number
  readonly positive: Side
  readonly negative: Side
}

/**
 * The zero bucket with a larger threshold, which takes in the buckets below it. A populated bucket cannot be cut: the
 * threshold then grows to that bucket's end.
 */
export function widenedZero(around: AroundZero, threshold: number): { zeroCount: number; zeroThreshold: number } {
  if (threshold === around.zeroThreshold) return around
  let widest = threshold
  for (;;) {
    const positive = taken(around.positive, around.schema, widest)
    const negative = taken(around.negative, around.schema, positive.reach)
    if (negative.reach === positive.reach) {
      return { zeroCount: around.zeroCount + positive.count + negative.count, zeroThreshold: negative.reach }
    }
    // The negative side asked for more than the positive one was counted with.
    widest = negative.reach
  }
}

function taken(side: Side, schema: number, threshold: number): { count: number; reach: number } {
  let count = 0
  for (let at = 0; at < side.indexes.length; at++) {
    const index = side.indexes[at] ?? 0
    if (exponentialBound(index - 1, schema) >= threshold) break
    const here = side.counts[at] ?? 0
    count += here
    const upper = exponentialBound(index, schema)
    if (upper > threshold) return { count, reach: here === 0 ? threshold : upper }
  }
  return { count, reach: threshold }
}

/** The threshold at which the zero buckets of both can meet. */
export function meetingThreshold(a: AroundZero, b: AroundZero): number {
  let threshold = Math.max(a.zeroThreshold, b.zeroThreshold)
  for (;;) {
    const reached = widenedZero(b, widenedZero(a, threshold).zeroThreshold).zeroThreshold
    if (reached === threshold) return threshold
    threshold = reached
  }
}

/** Whether bucket `index` ends within the zero bucket. */
export function endsWithin(index: number, around: Pick<FloatHistogram, 'schema' | 'zeroThreshold'>): boolean {
  return exponentialBound(index, around.schema) <= around.zeroThreshold
}
