import { addHistograms, scaleHistogram, subtractHistograms } from '../../model/histogram/arithmetic.ts'
import { isCounterReset } from '../../model/histogram/counter-reset.ts'
import type { FloatHistogram } from '../../model/histogram.ts'

/** A sample and its time. */
export interface Point<T> {
  readonly timeMs: number
  readonly value: T
}

/** The value on the line between two samples. A counter that began anew between them is taken to have begun at the first. */
export function interpolate(before: Point<number>, after: Point<number>, timeMs: number, isCounter: boolean): number {
  const from = isCounter && after.value < before.value ? 0 : before.value
  return from + ((after.value - from) * (timeMs - before.timeMs)) / (after.timeMs - before.timeMs)
}

/** What came of interpolating between histograms. */
export interface InterpolatedHistogram {
  readonly histogram: FloatHistogram
  readonly boundsReconciled: boolean
}

/** As `interpolate`; undefined when one has exponential buckets and the other custom ones. */
export function interpolateHistograms(
  before: Point<FloatHistogram>,
  after: Point<FloatHistogram>,
  timeMs: number,
  isCounter: boolean,
): InterpolatedHistogram | undefined {
  if (timeMs === before.timeMs) return { histogram: before.value, boundsReconciled: false }
  if (timeMs === after.timeMs) return { histogram: after.value, boundsReconciled: false }
  const fraction = (timeMs - before.timeMs) / (after.timeMs - before.timeMs)
  if (isCounter && isCounterReset(after.value, before.value))
    return { histogram: scaleHistogram(after.value, fraction), boundsReconciled: false }
  const difference = subtractHistograms(after.value, before.value)
  if (difference === undefined) return undefined
  const sum = addHistograms(scaleHistogram(difference.histogram, fraction), before.value)
  if (sum === undefined) return undefined
  return { histogram: sum.histogram, boundsReconciled: difference.boundsReconciled || sum.boundsReconciled }
}

/** The first index in [from, to) of which `isBeyond` is true, `to` when there is none; it stays true once it is. */
export function firstWhere(from: number, to: number, isBeyond: (index: number) => boolean): number {
  let low = from
  let high = to
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isBeyond(middle)) high = middle
    else low = middle + 1
  }
  return low
}
