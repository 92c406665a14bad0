import type { FloatHistogram, Span } from '../histogram.ts'
import { hasCustomBuckets, sameBounds } from './bounds.ts'

/**
 * Whether both hold the same data in the same layout: numbers by their bits (NaN is NaN, 0 is not -0), buckets one by one
 * with the empty ones.
 */
export function equalHistograms(a: FloatHistogram, b: FloatHistogram): boolean {
  return (
    a.schema === b.schema &&
    Object.is(a.count, b.count) &&
    Object.is(a.sum, b.sum) &&
    a.zeroThreshold === b.zeroThreshold &&
    Object.is(a.zeroCount, b.zeroCount) &&
    (!hasCustomBuckets(a) || sameBounds(a.customValues, b.customValues)) &&
    sameSpans(a.negativeSpans, b.negativeSpans) &&
    sameCounts(a.negativeBuckets, b.negativeBuckets) &&
    sameSpans(a.positiveSpans, b.positiveSpans) &&
    sameCounts(a.positiveBuckets, b.positiveBuckets)
  )
}

function sameCounts(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((count, index) => Object.is(count, b[index]))
}

/** Whether the spans cover the same buckets; spans without buckets only move those after them. */
export function sameSpans(a: readonly Span[], b: readonly Span[]): boolean {
  const left = withBuckets(a)
  const right = withBuckets(b)
  return (
    left.length === right.length &&
    left.every(({ offset, length }, index) => offset === right[index]?.offset && length === right[index]?.length)
  )
}

function withBuckets(spans: readonly Span[]): readonly Span[] {
  if (spans.every(({ length }) => length > 0)) return spans
  const kept: Span[] = []
  let skipped = 0
  for (const { offset, length } of spans) {
    skipped += offset
    if (length === 0) continue
    kept.push({ offset: skipped, length })
    skipped = 0
  }
  return kept
}
