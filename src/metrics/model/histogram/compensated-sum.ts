import type { CounterResetHint, FloatHistogram } from '../histogram.ts'
import { aroundZero, combinedHint, rebounded } from './arithmetic.ts'
import { hasCustomBuckets, sameBounds, sharedBounds } from './bounds.ts'
import { alongside, beyondZero, coarsen, pack, populated, type Side, unpack } from './layout.ts'
import { endsWithin, meetingThreshold, widenedZero } from './zero-bucket.ts'

/** A number and what rounding took from it so far (Neumaier's variant of Kahan's summation). */
interface Term {
  readonly value: number
  readonly lost: number
}

interface CompensatedSide {
  readonly indexes: readonly number[]
  readonly values: readonly number[]
  readonly lost: readonly number[]
}

/** A sum of histograms under way, which keeps what rounding takes from every bucket. Immutable. */
export interface HistogramSum {
  readonly counterResetHint: CounterResetHint
  readonly schema: number
  readonly zeroThreshold: number
  readonly customValues: readonly number[]
  readonly zero: Term
  readonly count: Term
  readonly sum: Term
  readonly positive: CompensatedSide
  readonly negative: CompensatedSide
}

export function sumStart(histogram: FloatHistogram): HistogramSum {
  const { counterResetHint, schema, zeroThreshold, customValues } = histogram
  return {
    counterResetHint,
    schema,
    zeroThreshold,
    customValues,
    zero: { value: histogram.zeroCount, lost: 0 },
    count: { value: histogram.count, lost: 0 },
    sum: { value: histogram.sum, lost: 0 },
    positive: started(unpack(histogram.positiveSpans, histogram.positiveBuckets)),
    negative: started(unpack(histogram.negativeSpans, histogram.negativeBuckets)),
  }
}

/** One more histogram; undefined when its kind of buckets is another. */
export function sumPlus(
  total: HistogramSum,
  histogram: FloatHistogram,
): { readonly total: HistogramSum; readonly boundsReconciled: boolean } | undefined {
  if (hasCustomBuckets(total) !== hasCustomBuckets(histogram)) return undefined
  const head = {
    counterResetHint: combinedHint(total.counterResetHint, histogram.counterResetHint).hint,
    count: plus(total.count, histogram.count),
    sum: plus(total.sum, histogram.sum),
  }
  if (!hasCustomBuckets(total))
    return { total: { ...total, ...head, ...exponentialPlus(total, histogram) }, boundsReconciled: false }
  const side = unpack(histogram.positiveSpans, histogram.positiveBuckets)
  if (sameBounds(total.customValues, histogram.customValues)) {
    return { total: { ...total, ...head, positive: sidePlus(total.positive, side) }, boundsReconciled: false }
  }
  const customValues = sharedBounds(total.customValues, histogram.customValues)
  const mine = mapped(total.positive, (part) => rebounded(part, total.customValues, customValues))
  const positive = sidePlus(mine, rebounded(side, histogram.customValues, customValues))
  return { total: { ...total, ...head, customValues, positive }, boundsReconciled: true }
}

/** Everything times `factor`. */
export function sumTimes(total: HistogramSum, factor: number): HistogramSum {
  const term = ({ value, lost }: Term): Term => ({ value: value * factor, lost: lost * factor })
  const side = ({ indexes, values, lost }: CompensatedSide): CompensatedSide => ({
    indexes,
    values: values.map((value) => value * factor),
    lost: lost.map((value) => value * factor),
  })
  return {
    ...total,
    zero: term(total.zero),
    count: term(total.count),
    sum: term(total.sum),
    positive: side(total.positive),
    negative: side(total.negative),
  }
}

/** Whether any part of it left the range of floats. */
export function hasOverflown(total: HistogramSum): boolean {
  const isInfinite = (value: number): boolean => value === Infinity || value === -Infinity
  return (
    isInfinite(total.zero.value) ||
    isInfinite(total.count.value) ||
    isInfinite(total.sum.value) ||
    total.positive.values.some(isInfinite) ||
    total.negative.values.some(isInfinite)
  )
}

/** The sum divided by `divisor`, with what rounding took added back. */
export function sumResult(total: HistogramSum, divisor = 1): FloatHistogram {
  const settled = ({ value, lost }: Term): number => value / divisor + lost / divisor
  const side = ({ indexes, values, lost }: CompensatedSide): Side => ({
    indexes,
    counts: values.map((value, at) => value / divisor + (lost[at] ?? 0) / divisor),
  })
  const positive = pack(populated(side(total.positive)))
  const negative = pack(populated(side(total.negative)))
  return {
    counterResetHint: total.counterResetHint,
    schema: total.schema,
    zeroThreshold: total.zeroThreshold,
    zeroCount: settled(total.zero),
    count: settled(total.count),
    sum: settled(total.sum),
    positiveSpans: positive.spans,
    positiveBuckets: positive.buckets,
    negativeSpans: negative.spans,
    negativeBuckets: negative.buckets,
    customValues: total.customValues,
  }
}

function exponentialPlus(total: HistogramSum, histogram: FloatHistogram): Partial<HistogramSum> {
  const mine = {
    schema: total.schema,
    zeroThreshold: total.zeroThreshold,
    zeroCount: total.zero.value,
    positive: valuesOf(total.positive),
    negative: valuesOf(total.negative),
  }
  const theirs = aroundZero(histogram)
  const zeroThreshold = meetingThreshold(mine, theirs)
  const schema = Math.min(total.schema, histogram.schema)
  const swallowed = widenedZero(mine, zeroThreshold).zeroCount - total.zero.value
  const zero = plus(plus(total.zero, swallowed), widenedZero(theirs, zeroThreshold).zeroCount)
  const isWithinMine = (index: number): boolean => endsWithin(index, { schema: total.schema, zeroThreshold })
  const isWithin = (index: number): boolean => endsWithin(index, { schema, zeroThreshold })
  const ofMine = (side: Side): Side => coarsen(beyondZero(side, isWithinMine), total.schema, schema)
  const ofTheirs = (side: Side): Side => beyondZero(coarsen(side, histogram.schema, schema), isWithin)
  return {
    schema,
    zeroThreshold,
    zero,
    positive: sidePlus(mapped(total.positive, ofMine), ofTheirs(theirs.positive)),
    negative: sidePlus(mapped(total.negative, ofMine), ofTheirs(theirs.negative)),
  }
}

function started({ indexes, counts }: Side): CompensatedSide {
  return { indexes, values: counts, lost: counts.map(() => 0) }
}

function valuesOf({ indexes, values }: CompensatedSide): Side {
  return { indexes, counts: values }
}

/** The values and the losses put through the same change of layout. */
function mapped(side: CompensatedSide, change: (side: Side) => Side): CompensatedSide {
  const values = change({ indexes: side.indexes, counts: side.values })
  const lost = change({ indexes: side.indexes, counts: side.lost })
  return { indexes: values.indexes, values: values.counts, lost: lost.counts }
}

function sidePlus(side: CompensatedSide, more: Side): CompensatedSide {
  if (more.indexes.length === 0) return side
  const indexes: number[] = []
  const values: number[] = []
  const lost: number[] = []
  alongside(side.indexes, more.indexes, (index, at, atMore) => {
    const here = at < 0 ? NOTHING : { value: side.values[at] ?? 0, lost: side.lost[at] ?? 0 }
    const next = atMore < 0 ? here : plus(here, more.counts[atMore] ?? 0)
    indexes.push(index)
    values.push(next.value)
    lost.push(next.lost)
  })
  return { indexes, values, lost }
}

const NOTHING: Term = { value: 0, lost: 0 }

function plus({ value, lost }: Term, more: number): Term {
  const next = value + more
  if (next === Infinity || next === -Infinity) return { value: next, lost: 0 }
  return {
    value: next,
    lost: lost + (Math.abs(value) >= Math.abs(more) ? value - next + more : more - next + value),
  }
}
