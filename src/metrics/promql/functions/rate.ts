import { boundsReconciled, mixedFloatsHistograms, startTimeOverlap } from '../annotations.ts'
import type { RangeWindow } from '../range-window.ts'
import { addHistograms, scaleHistogram } from '../../model/histogram/arithmetic.ts'
import type { FloatHistogram } from '../../model/histogram.ts'
import { extendedRate } from './extended-rate.ts'
import { histogramIncrease } from './histogram-rate.ts'
import type { RangeCall, RangeFunction } from './range-function.ts'
import { EXTRAPOLATION_FACTOR, type RateKind, type RateTarget } from './rate-kind.ts'
import { fillRate } from './rate-fast.ts'
import { isStartOverlap, isStartReset } from './start-times.ts'

export function rateFunction(kind: RateKind): RangeFunction {
  return {
    ...(kind.isCounter ? { prepare: findResets } : {}),
    apply: (window, step, out, call) => {
      if (window.floats > 0 && window.histograms > 0) {
        call.evaluation.annotate(mixedFloatsHistograms(window.labels.metricName, call.pos))
      } else if (call.anchored || call.smoothed) {
        extendedRate(window, { step, out, call, kind })
      } else if (window.histograms > 0) {
        histogramRate(window, { step, out, call, kind })
      } else {
        floatRate(window, { step, out, call, kind })
      }
    },
    fill: (window, slide, out, call) => fillRate(window, slide, out, call, kind),
    wantsStarts: kind.isCounter,
    modifiers: ['anchored', 'smoothed'],
  }
}

/** Finds once what every window would look for again: resets are few, and the same for all windows. */
function findResets(window: RangeWindow): void {
  const { values, starts, times, floats } = window.samples
  for (let index = 1; index < floats; index++) {
    if ((values[index] as number) < (values[index - 1] as number)) window.resets.push(index)
    else if (
      starts !== undefined &&
      isStartReset(
        starts[index - 1] as number,
        times[index - 1] as number,
        starts[index] as number,
        times[index] as number,
      )
    )
      window.resets.push(index)
  }
}

function floatRate(window: RangeWindow, { step, out, call, kind }: RateTarget): void {
  const { from, to, samples } = window
  const { values, times, starts } = samples
  const last = to - 1
  const firstValue = values[from] as number
  let increase = (values[last] as number) - firstValue
  if (kind.isCounter) {
    increase += lostToResets(window)
    if (starts !== undefined) warnOfOverlap(window, call)
  }
  const firstMs = times[from] as number
  const lastMs = times[last] as number
  const startMs = kind.isCounter && starts !== undefined ? (starts[from] as number) : 0
  if (isStartWithin(startMs, window.rangeStartMs, firstMs)) {
    // The counter was 0 when it began, and that is within the range: nothing to guess at the left edge.
    const sampledMs = lastMs - startMs
    const factor = extrapolation({ window, sampledMs, toStart: 0, lastMs, firstMs, gaps: last - from })
    out.setFloat(step, (increase + firstValue) * perRange(factor, call, kind))
    return
  }
  if (last === from) return
  const sampledMs = lastMs - firstMs
  let toStart = durationToStart(window, firstMs, lastMs, last - from)
  if (kind.isCounter && increase > 0 && firstValue >= 0) {
    // A counter was never below zero: it is not extended to the left beyond the point where it would have been.
    toStart = Math.min(toStart, (sampledMs / 1_000) * (firstValue / increase))
  }
  const factor = extrapolation({ window, sampledMs, toStart, lastMs, firstMs, gaps: last - from })
  out.setFloat(step, increase * perRange(factor, call, kind))
}

function histogramRate(window: RangeWindow, { step, out, call, kind }: RateTarget): void {
  const { histogramFrom: from, histogramTo: to, samples } = window
  const { histograms, histogramTimes, histogramStarts } = samples
  const first = histograms[from]
  if (first === undefined) return
  let increase: FloatHistogram | undefined
  if (to - from > 1) {
    increase = histogramIncrease(window, call, kind.isCounter)
    if (increase === undefined) return
  }
  const firstMs = histogramTimes[from] as number
  const lastMs = histogramTimes[to - 1] as number
  const startMs = kind.isCounter && histogramStarts !== undefined ? (histogramStarts[from] as number) : 0
  const gaps = to - from - 1
  if (isStartWithin(startMs, window.rangeStartMs, firstMs)) {
    const total = increase === undefined ? first : withFirst(increase, first, call)
    if (total === undefined) return
    const factor = extrapolation({ window, sampledMs: lastMs - startMs, toStart: 0, lastMs, firstMs, gaps })
    out.setHistogram(step, scaleHistogram(total, perRange(factor, call, kind)))
    return
  }
  if (increase === undefined) return
  const sampledMs = lastMs - firstMs
  let toStart = durationToStart(window, firstMs, lastMs, gaps)
  if (kind.isCounter && increase.count > 0 && first.count >= 0) {
    toStart = Math.min(toStart, (sampledMs / 1_000) * (first.count / increase.count))
  }
  const factor = extrapolation({ window, sampledMs, toStart, lastMs, firstMs, gaps })
  out.setHistogram(step, scaleHistogram(increase, perRange(factor, call, kind)))
}

function withFirst(increase: FloatHistogram, first: FloatHistogram, call: RangeCall): FloatHistogram | undefined {
  const sum = addHistograms(increase, first)
  if (sum?.boundsReconciled === true) call.evaluation.annotate(boundsReconciled('addition', call.pos))
  return sum?.histogram
}

/** What the counter had reached each time it began anew, in the window. */
function lostToResets(window: RangeWindow): number {
  const { resets, from, to } = window
  const { values } = window.samples
  let next = window.firstReset
  while (next < resets.length && (resets[next] as number) <= from) next++
  window.firstReset = next
  let lost = 0
  for (; next < resets.length && (resets[next] as number) < to; next++)
    lost += values[(resets[next] as number) - 1] as number
  return lost
}

function warnOfOverlap({ samples, from, to, labels }: RangeWindow, { evaluation, pos }: RangeCall): void {
  const { starts, times } = samples
  if (starts === undefined) return
  for (let index = from + 1; index < to; index++) {
    if (!isStartOverlap(starts[index - 1] as number, times[index - 1] as number, starts[index] as number)) continue
    evaluation.annotate(startTimeOverlap(labels.metricName, pos))
    return
  }
}

function isStartWithin(startMs: number, rangeStartMs: number, firstMs: number): boolean {
  return startMs !== 0 && startMs > rangeStartMs && startMs < firstMs
}

/** Seconds from the left edge to the first sample; half a gap where samples seem to begin within the range. */
function durationToStart(window: RangeWindow, firstMs: number, lastMs: number, gaps: number): number {
  const gap = (lastMs - firstMs) / 1_000 / gaps
  const toStart = (firstMs - window.rangeStartMs) / 1_000
  return toStart >= gap * EXTRAPOLATION_FACTOR ? gap / 2 : toStart
}

/** By how much what was sampled stands for what happened in the whole range. */
function extrapolation(of: {
  readonly window: RangeWindow
  readonly sampledMs: number
  readonly toStart: number
  readonly firstMs: number
  readonly lastMs: number
  readonly gaps: number
}): number {
  const gap = of.gaps === 0 ? 0 : (of.lastMs - of.firstMs) / 1_000 / of.gaps
  const toEnd = (of.window.rangeEndMs - of.lastMs) / 1_000
  const coveredToEnd = toEnd >= gap * EXTRAPOLATION_FACTOR ? gap / 2 : toEnd
  const sampled = of.sampledMs / 1_000
  return sampled === 0 ? 1 : (sampled + of.toStart + coveredToEnd) / sampled
}

function perRange(factor: number, { rangeMs }: RangeCall, { isPerSecond }: RateKind): number {
  return isPerSecond ? factor / (rangeMs / 1_000) : factor
}
