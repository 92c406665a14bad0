import type { FloatHistogram } from '../histogram.ts'
import { aroundZero, rebounded } from './arithmetic.ts'
import { hasCustomBuckets, sameBounds, sharedBounds } from './bounds.ts'
import { alongside, beyondZero, coarsen, type Side, unpack } from './layout.ts'
import { endsWithin, widenedZero } from './zero-bucket.ts'

/**
 * Whether a counter began anew between two samples: a count went down, a populated bucket went away, or the layout got
 * finer, which it never does without. A hint of the producer's is believed.
 */
export function isCounterReset(current: FloatHistogram, previous: FloatHistogram): boolean {
  if (current.counterResetHint === 'reset') return true
  if (current.counterResetHint === 'not-reset') return false
  if (current.count < previous.count) return true
  if (hasCustomBuckets(current)) {
    if (!hasCustomBuckets(previous)) return true
    const positive = unpack(current.positiveSpans, current.positiveBuckets)
    const before = unpack(previous.positiveSpans, previous.positiveBuckets)
    if (sameBounds(current.customValues, previous.customValues)) return hasShrunk(positive, before)
    const shared = sharedBounds(current.customValues, previous.customValues)
    return hasShrunk(
      rebounded(positive, current.customValues, shared),
      rebounded(before, previous.customValues, shared),
    )
  }
  return isExponentialReset(current, previous)
}

function isExponentialReset(current: FloatHistogram, previous: FloatHistogram): boolean {
  if (current.schema > previous.schema || current.zeroThreshold < previous.zeroThreshold) return true
  const before = aroundZero(previous)
  const zero = widenedZero(before, current.zeroThreshold)
  if (zero.zeroThreshold !== current.zeroThreshold || current.zeroCount < zero.zeroCount) return true
  const isWithin = (index: number): boolean => endsWithin(index, current)
  const seen = (side: Side, schema: number): Side => beyondZero(coarsen(side, schema, current.schema), isWithin)
  const now = aroundZero(current)
  return (
    hasShrunk(seen(now.positive, current.schema), seen(before.positive, previous.schema)) ||
    hasShrunk(seen(now.negative, current.schema), seen(before.negative, previous.schema))
  )
}

function hasShrunk(current: Side, previous: Side): boolean {
  let shrunk = false
  alongside(current.indexes, previous.indexes, (_index, atCurrent, atPrevious) => {
    if (atPrevious < 0) return
    const now = atCurrent < 0 ? 0 : (current.counts[atCurrent] ?? 0)
    if (now < (previous.counts[atPrevious] ?? 0)) shrunk = true
  })
  return shrunk
}
