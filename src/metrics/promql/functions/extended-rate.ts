import { addHistograms, divideHistogram, asGauge, subtractHistograms } from '../../model/histogram/arithmetic.ts'
import { hasCustomBuckets } from '../../model/histogram/bounds.ts'
import { isCounterReset } from '../../model/histogram/counter-reset.ts'
import type { FloatHistogram } from '../../model/histogram.ts'
import { boundsReconciled, mixedBucketKinds, notCounter, notGauge } from '../annotations.ts'
import type { RangeWindow } from '../range-window.ts'
import { firstWhere, interpolate, interpolateHistograms, type Point } from './interpolate.ts'
import type { RangeCall } from './range-function.ts'
import type { RateTarget } from './rate-kind.ts'

/**
 * `rate`, `increase` and `delta` of an `anchored` or `smoothed` range. Nothing is extrapolated: the edges take the last value
 * before them (anchored), or the one on the line between their neighbours (smoothed).
 */
export function extendedRate(window: RangeWindow, target: RateTarget): void {
  if (window.histograms > 0) histogramRate(window, target)
  else floatRate(window, target)
}

/** The samples that a range is measured between: the last at or before its start, and the one its end is taken from. */
interface Edges {
  readonly first: number
  readonly last: number
}

function edgesOf(
  times: ArrayLike<number>,
  { from, to }: { from: number; to: number },
  { rangeStartMs, rangeEndMs }: RangeWindow,
  smoothed: boolean,
): Edges | undefined {
  const end = to - 1
  const first = Math.max(from, firstWhere(from, end, (index) => (times[index] as number) > rangeStartMs) - 1)
  const last = smoothed ? firstWhere(from, end, (index) => (times[index] as number) >= rangeEndMs) : end
  if ((times[last] as number) <= rangeStartMs) return undefined
  if (smoothed && (times[first] as number) > rangeEndMs) return undefined
  return { first, last }
}

function floatRate(window: RangeWindow, { step, out, call, kind }: RateTarget): void {
  const { times, values } = window.samples
  const { rangeStartMs, rangeEndMs } = window
  const edges = edgesOf(times, window, window, call.smoothed)
  if (edges === undefined) return
  const { first, last } = edges
  const point = (index: number): Point<number> => ({ timeMs: times[index] as number, value: values[index] as number })
  const left =
    call.smoothed && (times[first] as number) < rangeStartMs
      ? interpolate(point(first), point(first + 1), rangeStartMs, kind.isCounter)
      : (values[first] as number)
  const right =
    call.smoothed && last > window.from && (times[last] as number) > rangeEndMs
      ? interpolate(point(last - 1), point(last), rangeEndMs, kind.isCounter)
      : (values[last] as number)
  let increase = right - left
  if (kind.isCounter) {
    const inner = (times[first] as number) <= rangeStartMs ? first + 1 : first
    const innerEnd = (times[last] as number) >= rangeEndMs ? last : last + 1
    let previous = left
    for (let index = inner; index < innerEnd; index++) {
      const value = values[index] as number
      if (value < previous) increase += previous
      previous = value
    }
    if (right < previous) increase += previous
  }
  out.setFloat(step, kind.isPerSecond ? increase / (call.rangeMs / 1_000) : increase)
}

function histogramRate(window: RangeWindow, { step, out, call, kind }: RateTarget): void {
  const { histograms, histogramTimes } = window.samples
  const between = { from: window.histogramFrom, to: window.histogramTo }
  const edges = edgesOf(histogramTimes, between, window, call.smoothed)
  if (edges === undefined) return
  const points = histograms.slice(edges.first, edges.last + 1)
  if (!goTogether(points, { window, call, isCounter: kind.isCounter })) return
  const left = edgeHistogram('left', { window, call, edges, isCounter: kind.isCounter })
  const right = edgeHistogram('right', { window, call, edges, isCounter: kind.isCounter })
  if (left === undefined || right === undefined) return
  if (!kind.isCounter && (left.counterResetHint !== 'gauge' || right.counterResetHint !== 'gauge'))
    call.evaluation.annotate(notGauge(window.labels.metricName, call.pos))
  const difference = subtractHistograms(right, left)
  if (difference === undefined) return
  if (difference.boundsReconciled) call.evaluation.annotate(boundsReconciled('subtraction', call.pos))
  const total = kind.isCounter
    ? withResets(difference.histogram, { window, call, edges, left, right })
    : difference.histogram
  if (total === undefined) return
  out.setHistogram(step, asGauge(kind.isPerSecond ? divideHistogram(total, call.rangeMs / 1_000) : total))
}

interface HistogramEdge {
  readonly window: RangeWindow
  readonly call: RangeCall
  readonly edges: Edges
  readonly isCounter: boolean
}

function edgeHistogram(
  side: 'left' | 'right',
  { window, call, edges, isCounter }: HistogramEdge,
): FloatHistogram | undefined {
  const { histograms, histogramTimes } = window.samples
  const index = side === 'left' ? edges.first : edges.last
  const timeMs = histogramTimes[index] as number
  const isBeyond =
    side === 'left' ? timeMs < window.rangeStartMs : timeMs > window.rangeEndMs && index > window.histogramFrom
  const here = histograms[index]
  if (!call.smoothed || !isBeyond || here === undefined) return here
  const [before, after] = side === 'left' ? [index, index + 1] : [index - 1, index]
  const point = (at: number, value: FloatHistogram): Point<FloatHistogram> => ({
    timeMs: histogramTimes[at] as number,
    value,
  })
  const [from, to] = [histograms[before], histograms[after]]
  if (from === undefined || to === undefined) return undefined
  const edgeMs = side === 'left' ? window.rangeStartMs : window.rangeEndMs
  const between = interpolateHistograms(point(before, from), point(after, to), edgeMs, isCounter)
  if (between === undefined) call.evaluation.annotate(mixedBucketKinds(window.labels.metricName, call.pos))
  else if (between.boundsReconciled) {
    call.evaluation.annotate(boundsReconciled('subtraction', call.pos))
    call.evaluation.annotate(boundsReconciled('addition', call.pos))
  }
  return between?.histogram
}

/** Adds what was lost each time the counter began anew between the edges. */
function withResets(
  difference: FloatHistogram,
  {
    window,
    call,
    edges,
    left,
    right,
  }: {
    window: RangeWindow
    call: RangeCall
    edges: Edges
    left: FloatHistogram
    right: FloatHistogram
  },
): FloatHistogram | undefined {
  const { histograms, histogramTimes } = window.samples
  let previous = left
  let next = edges.first + 1
  const [first, second] = [histograms[edges.first], histograms[edges.first + 1]]
  const isInterpolated = call.smoothed && (histogramTimes[edges.first] as number) < window.rangeStartMs
  if (isInterpolated && first !== undefined && second !== undefined && isCounterReset(second, first)) {
    // The left edge was interpolated across this reset, which accounts for it.
    previous = second
    next++
  }
  // The right edge stands for the last sample, which is why the loop leaves that out.
  if (next > edges.last) return difference
  let total: FloatHistogram | undefined = difference
  for (const current of [...histograms.slice(next, edges.last), right]) {
    if (isCounterReset(current, previous) && total !== undefined) {
      const sum = addHistograms(total, previous)
      if (sum?.boundsReconciled === true) call.evaluation.annotate(boundsReconciled('addition', call.pos))
      if (sum === undefined) call.evaluation.annotate(mixedBucketKinds(window.labels.metricName, call.pos))
      total = sum?.histogram
    }
    previous = current
  }
  return total
}

function goTogether(
  points: readonly FloatHistogram[],
  { window, call, isCounter }: { window: RangeWindow; call: RangeCall; isCounter: boolean },
): boolean {
  const name = window.labels.metricName
  const isCustom = points[0] !== undefined && hasCustomBuckets(points[0])
  for (const point of points) {
    if (hasCustomBuckets(point) !== isCustom) {
      call.evaluation.annotate(mixedBucketKinds(name, call.pos))
      return false
    }
    if (isCounter && point.counterResetHint === 'gauge') call.evaluation.annotate(notCounter(name, call.pos))
  }
  return true
}
