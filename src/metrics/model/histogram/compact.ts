import type { FloatHistogram, Span } from '../histogram.ts'
import { pack, populated, unpack } from './layout.ts'

/** Without empty buckets, and in as few spans as that allows. The same object when there is nothing to do. */
export function compact(histogram: FloatHistogram): FloatHistogram {
  const positive = isCompact(histogram.positiveSpans, histogram.positiveBuckets)
  const negative = isCompact(histogram.negativeSpans, histogram.negativeBuckets)
  if (positive && negative) return histogram
  const newPositive = pack(populated(unpack(histogram.positiveSpans, histogram.positiveBuckets)))
  const newNegative = pack(populated(unpack(histogram.negativeSpans, histogram.negativeBuckets)))
  return {
    ...histogram,
    positiveSpans: newPositive.spans,
    positiveBuckets: newPositive.buckets,
    negativeSpans: newNegative.spans,
    negativeBuckets: newNegative.buckets,
  }
}

function isCompact(spans: readonly Span[], buckets: readonly number[]): boolean {
  if (buckets.includes(0)) return false
  for (let at = 0; at < spans.length; at++) {
    const span = spans[at]
    if (span === undefined || span.length === 0 || (at > 0 && span.offset === 0)) return false
  }
  return true
}
