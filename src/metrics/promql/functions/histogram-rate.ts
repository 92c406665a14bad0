import {
  addHistograms,
  asGauge,
  coarserHistogram,
  emptyLike,
  subtractHistograms,
} from '../../model/histogram/arithmetic.ts'
import { hasCustomBuckets } from '../../model/histogram/bounds.ts'
import { isCounterReset } from '../../model/histogram/counter-reset.ts'
import type { FloatHistogram } from '../../model/histogram.ts'
import { boundsReconciled, mixedBucketKinds, notCounter, notGauge, startTimeOverlap } from '../annotations.ts'
import type { RangeWindow } from '../range-window.ts'
import type { RangeCall } from './range-function.ts'
import { isStartOverlap, isStartReset } from './start-times.ts'

/** By how much a native histogram grew in a window of at least two; undefined when its samples do not go together. */
export function histogramIncrease(
  window: RangeWindow,
  call: RangeCall,
  isCounter: boolean,
): FloatHistogram | undefined {
  const { evaluation, pos } = call
  const name = window.labels.metricName
  const points = window.samples.histograms.slice(window.histogramFrom, window.histogramTo)
  const [first, second] = points
  const last = points.at(-1)
  if (first === undefined || second === undefined || last === undefined) return undefined
  const isGauge = points.some(({ counterResetHint }) => counterResetHint === 'gauge')
  if (isCounter && isGauge) evaluation.annotate(notCounter(name, pos))
  if (!isCounter && (first.counterResetHint !== 'gauge' || last.counterResetHint !== 'gauge'))
    evaluation.annotate(notGauge(name, pos))

  // Of a first sample right before a reset nothing is needed: its layout may then be any.
  const isFirstVoid = isCounter && isResetAt(window, 1, second, first)
  const base = isFirstVoid ? emptyLike(second) : first
  const looked = isCounter ? [base, ...points.slice(1)] : [base, last]
  if (looked.some((point) => hasCustomBuckets(point) !== hasCustomBuckets(base))) {
    evaluation.annotate(mixedBucketKinds(name, pos))
    return undefined
  }
  const schema = Math.min(...looked.map((point) => point.schema))
  const difference = subtractHistograms(coarserHistogram(last, schema), base)
  if (difference === undefined) return undefined
  if (difference.boundsReconciled) evaluation.annotate(boundsReconciled('subtraction', pos))
  if (!isCounter) return asGauge(difference.histogram)
  const total = withResets(difference.histogram, { window, call, points: looked })
  return total === undefined ? undefined : asGauge(total)
}

function withResets(
  difference: FloatHistogram,
  { window, call, points }: { window: RangeWindow; call: RangeCall; points: readonly FloatHistogram[] },
): FloatHistogram | undefined {
  const { evaluation, pos } = call
  const starts = window.samples.histogramStarts
  const times = window.samples.histogramTimes
  let total = difference
  let isOverlapKnown = false
  for (let index = 1; index < points.length; index++) {
    const [previous, current] = [points[index - 1], points[index]]
    if (previous === undefined || current === undefined) continue
    const at = window.histogramFrom + index
    if (
      starts !== undefined &&
      !isOverlapKnown &&
      isStartOverlap(starts[at - 1] ?? 0, times[at - 1] ?? 0, starts[at] ?? 0)
    ) {
      evaluation.annotate(startTimeOverlap(window.labels.metricName, pos))
      isOverlapKnown = true
    }
    if (!isResetAt(window, index, current, previous)) continue
    const sum = addHistograms(total, previous)
    if (sum === undefined) return undefined
    if (sum.boundsReconciled) evaluation.annotate(boundsReconciled('addition', pos))
    total = sum.histogram
  }
  return total
}

function isResetAt(window: RangeWindow, index: number, current: FloatHistogram, previous: FloatHistogram): boolean {
  const { histogramStarts: starts, histogramTimes: times } = window.samples
  const at = window.histogramFrom + index
  const isStart =
    starts !== undefined && isStartReset(starts[at - 1] ?? 0, times[at - 1] ?? 0, starts[at] ?? 0, times[at] ?? 0)
  return isStart || isCounterReset(current, previous)
}
