import type { CounterResetHint, FloatHistogram } from '../histogram.ts'
import { hasCustomBuckets, sameBounds, sharedBounds } from './bounds.ts'
import { compact } from './compact.ts'
import { alongside, beyondZero, coarsen, EMPTY_SIDE, pack, populated, type Side, unpack } from './layout.ts'
import { type AroundZero, endsWithin, meetingThreshold, widenedZero } from './zero-bucket.ts'

/** What adding or subtracting two histograms comes to, and what was lost on the way. */
export interface Combined {
  readonly histogram: FloatHistogram
  /** One says that it was reset, the other that it was not. */
  readonly resetsCollide: boolean
  /** Custom bounds differed: only those that both have are left. */
  readonly boundsReconciled: boolean
}

/** A histogram with exponential buckets and one with custom buckets cannot be combined: `undefined`. */
export function addHistograms(a: FloatHistogram, b: FloatHistogram): Combined | undefined {
  return combine(a, b, 1)
}

/** `a - b`; see `addHistograms`. */
export function subtractHistograms(a: FloatHistogram, b: FloatHistogram): Combined | undefined {
  return combine(a, b, -1)
}

/** Every count, and the sum, times `factor`. A negative factor makes it a gauge. */
export function scaleHistogram(histogram: FloatHistogram, factor: number): FloatHistogram {
  return {
    ...histogram,
    counterResetHint: factor < 0 ? 'gauge' : histogram.counterResetHint,
    zeroCount: histogram.zeroCount * factor,
    count: histogram.count * factor,
    sum: histogram.sum * factor,
    positiveBuckets: histogram.positiveBuckets.map((count) => count * factor),
    negativeBuckets: histogram.negativeBuckets.map((count) => count * factor),
  }
}

/** Every count, and the sum, divided. Division by zero leaves no buckets. */
export function divideHistogram(histogram: FloatHistogram, divisor: number): FloatHistogram {
  const buckets =
    divisor === 0
      ? { positiveSpans: [], negativeSpans: [], positiveBuckets: [], negativeBuckets: [] }
      : {
          positiveBuckets: histogram.positiveBuckets.map((count) => count / divisor),
          negativeBuckets: histogram.negativeBuckets.map((count) => count / divisor),
        }
  return {
    ...histogram,
    counterResetHint: divisor < 0 ? 'gauge' : histogram.counterResetHint,
    zeroCount: histogram.zeroCount / divisor,
    count: histogram.count / divisor,
    sum: histogram.sum / divisor,
    ...buckets,
  }
}

/** The same histogram in a coarser schema, its counter reset hint forgotten. */
export function coarserHistogram(histogram: FloatHistogram, schema: number): FloatHistogram {
  if (schema === histogram.schema) return histogram
  const positive = pack(coarsen(unpack(histogram.positiveSpans, histogram.positiveBuckets), histogram.schema, schema))
  const negative = pack(coarsen(unpack(histogram.negativeSpans, histogram.negativeBuckets), histogram.schema, schema))
  return {
    ...histogram,
    counterResetHint: 'unknown',
    schema,
    positiveSpans: positive.spans,
    positiveBuckets: positive.buckets,
    negativeSpans: negative.spans,
    negativeBuckets: negative.buckets,
  }
}

/** Gauges win, then what is unknown; a reset and no reset contradict each other. */
export function combinedHint(
  a: CounterResetHint,
  b: CounterResetHint,
): { readonly hint: CounterResetHint; readonly collide: boolean } {
  if (a === b) return { hint: a, collide: false }
  if (a === 'gauge' || b === 'gauge') return { hint: 'gauge', collide: false }
  return { hint: 'unknown', collide: a !== 'unknown' && b !== 'unknown' }
}

function combine(a: FloatHistogram, b: FloatHistogram, sign: 1 | -1): Combined | undefined {
  if (hasCustomBuckets(a) !== hasCustomBuckets(b)) return undefined
  const { hint, collide } = combinedHint(a.counterResetHint, b.counterResetHint)
  const totals = { counterResetHint: hint, count: a.count + sign * b.count, sum: a.sum + sign * b.sum }
  if (hasCustomBuckets(a)) {
    const boundsReconciled = !sameBounds(a.customValues, b.customValues)
    const histogram = boundsReconciled ? combinedByValue(a, b, sign) : combinedByIndex(a, b, sign)
    return { histogram: { ...a, ...totals, ...histogram }, resetsCollide: collide, boundsReconciled }
  }
  return {
    histogram: { ...a, ...totals, ...combinedExponential(a, b, sign) },
    resetsCollide: collide,
    boundsReconciled: false,
  }
}

function combinedExponential(a: FloatHistogram, b: FloatHistogram, sign: 1 | -1): Partial<FloatHistogram> {
  const aroundA = aroundZero(a)
  const aroundB = aroundZero(b)
  const zeroThreshold = meetingThreshold(aroundA, aroundB)
  const schema = Math.min(a.schema, b.schema)
  const zeroCount = widenedZero(aroundA, zeroThreshold).zeroCount + sign * widenedZero(aroundB, zeroThreshold).zeroCount
  const isWithinA = (index: number): boolean => endsWithin(index, { schema: a.schema, zeroThreshold })
  const isWithin = (index: number): boolean => endsWithin(index, { schema, zeroThreshold })
  const ofA = (side: Side): Side =>
    coarsen(zeroThreshold === a.zeroThreshold ? side : populated(beyondZero(side, isWithinA)), a.schema, schema)
  const ofB = (side: Side): Side => beyondZero(coarsen(side, b.schema, schema), isWithin)
  const positive = pack(sumOf(ofA(aroundA.positive), ofB(aroundB.positive), sign))
  const negative = pack(sumOf(ofA(aroundA.negative), ofB(aroundB.negative), sign))
  return {
    schema,
    zeroThreshold,
    zeroCount,
    positiveSpans: positive.spans,
    positiveBuckets: positive.buckets,
    negativeSpans: negative.spans,
    negativeBuckets: negative.buckets,
  }
}

function combinedByIndex(a: FloatHistogram, b: FloatHistogram, sign: 1 | -1): Partial<FloatHistogram> {
  const { spans, buckets } = pack(
    sumOf(unpack(a.positiveSpans, a.positiveBuckets), unpack(b.positiveSpans, b.positiveBuckets), sign),
  )
  return { positiveSpans: spans, positiveBuckets: buckets }
}

function combinedByValue(a: FloatHistogram, b: FloatHistogram, sign: 1 | -1): Partial<FloatHistogram> {
  const customValues = sharedBounds(a.customValues, b.customValues)
  const ofA = rebounded(unpack(a.positiveSpans, a.positiveBuckets), a.customValues, customValues)
  const ofB = rebounded(unpack(b.positiveSpans, b.positiveBuckets), b.customValues, customValues)
  const { spans, buckets } = pack(populated(sumOf(ofA, ofB, sign)))
  return { customValues, positiveSpans: spans, positiveBuckets: buckets }
}

/** Custom buckets counted towards fewer bounds: each goes to the first bound that is not below its own. */
export function rebounded(side: Side, bounds: readonly number[], to: readonly number[]): Side {
  const counts = new Map<number, number>()
  let target = 0
  for (let at = 0; at < side.indexes.length; at++) {
    const bound = bounds[side.indexes[at] ?? 0] ?? Infinity
    while (target < to.length && (to[target] ?? Infinity) < bound) target++
    counts.set(target, (counts.get(target) ?? 0) + (side.counts[at] ?? 0))
  }
  return { indexes: [...counts.keys()], counts: [...counts.values()] }
}

function sumOf(a: Side, b: Side, sign: 1 | -1): Side {
  if (b.indexes.length === 0) return a
  const indexes: number[] = []
  const counts: number[] = []
  alongside(a.indexes, b.indexes, (index, atA, atB) => {
    indexes.push(index)
    counts.push((atA < 0 ? 0 : (a.counts[atA] ?? 0)) + sign * (atB < 0 ? 0 : (b.counts[atB] ?? 0)))
  })
  return { indexes, counts }
}

export function aroundZero(histogram: FloatHistogram): AroundZero {
  const { schema, zeroThreshold, zeroCount } = histogram
  return {
    schema,
    zeroThreshold,
    zeroCount,
    positive: unpack(histogram.positiveSpans, histogram.positiveBuckets),
    negative: unpack(histogram.negativeSpans, histogram.negativeBuckets),
  }
}

/** Compacted, and said to be a gauge: what differences of histograms are. */
export function asGauge(histogram: FloatHistogram): FloatHistogram {
  return { ...compact(histogram), counterResetHint: 'gauge' }
}

/** An all-empty histogram with the layout of `like`: what a counter starts from after a reset. */
export function emptyLike(like: FloatHistogram): FloatHistogram {
  return {
    counterResetHint: 'unknown',
    schema: like.schema,
    zeroThreshold: 0,
    zeroCount: 0,
    count: 0,
    sum: 0,
    positiveSpans: [],
    negativeSpans: [],
    positiveBuckets: EMPTY_SIDE.counts,
    negativeBuckets: EMPTY_SIDE.counts,
    customValues: like.customValues,
  }
}
