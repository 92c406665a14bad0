import {
  hasOverflown,
  type HistogramSum,
  sumPlus,
  sumResult,
  sumStart,
  sumTimes,
} from '../../model/histogram/compensated-sum.ts'
import { divideHistogram } from '../../model/histogram/arithmetic.ts'
import type { FloatHistogram } from '../../model/histogram.ts'
import {
  boundsReconciled,
  counterResetsCollide,
  histogramIgnoredInMixedRange,
  invalidQuantile,
  mixedBucketKinds,
  mixedFloatsHistograms,
} from '../annotations.ts'
import type { RangeWindow } from '../range-window.ts'
import { compensatedMean, compensatedSum, KahanSum } from './kahan.ts'
import { quantileOf } from './quantile-of.ts'
import type { RangeCall, RangeFunction } from './range-function.ts'

const sum = new KahanSum()

const UNITS_PER_SORTED_SAMPLE = 30

const sumOverTime: RangeFunction = {
  apply: (window, step, out, call) => {
    if (isMixed(window, call)) return
    if (window.histograms > 0) {
      const total = histogramsOver(window, call)
      if (total !== undefined) out.setHistogram(step, total.sum)
      return
    }
    out.setFloat(step, compensatedSum(window.samples.values, window.from, window.to))
  },
}

const avgOverTime: RangeFunction = {
  apply: (window, step, out, call) => {
    if (isMixed(window, call)) return
    if (window.histograms > 0) {
      const total = histogramsOver(window, call)
      if (total !== undefined) out.setHistogram(step, total.mean())
      return
    }
    out.setFloat(step, compensatedMean(window.samples.values, window.from, window.to))
  },
}

const countOverTime: RangeFunction = {
  apply: (window, step, out) => out.setFloat(step, window.floats + window.histograms),
}

const presentOverTime: RangeFunction = { apply: (_window, step, out) => out.setFloat(step, 1) }

const firstOverTime: RangeFunction = {
  keepsName: true,
  apply: (window, step, out) => {
    const { times, values, histogramTimes, histograms } = window.samples
    const histogram = histograms[window.histogramFrom]
    const isFloat =
      window.histograms === 0 ||
      (window.floats > 0 && (times[window.from] as number) < (histogramTimes[window.histogramFrom] as number))
    if (isFloat || histogram === undefined) out.setFloat(step, values[window.from] as number)
    else out.setHistogram(step, histogram)
  },
}

const lastOverTime: RangeFunction = {
  keepsName: true,
  apply: (window, step, out) => {
    const { times, values, histogramTimes, histograms } = window.samples
    const histogram = histograms[window.histogramTo - 1]
    const isFloat =
      window.histograms === 0 ||
      (window.floats > 0 && (times[window.to - 1] as number) > (histogramTimes[window.histogramTo - 1] as number))
    if (isFloat || histogram === undefined) out.setFloat(step, values[window.to - 1] as number)
    else out.setHistogram(step, histogram)
  },
}

const tsOfFirstOverTime: RangeFunction = {
  apply: ({ samples, from, floats, histogramFrom, histograms }, step, out) => {
    const float = floats > 0 ? (samples.times[from] as number) : Infinity
    const histogram = histograms > 0 ? (samples.histogramTimes[histogramFrom] as number) : Infinity
    out.setFloat(step, Math.min(float, histogram) / 1_000)
  },
}

const tsOfLastOverTime: RangeFunction = {
  apply: ({ samples, to, floats, histogramTo, histograms }, step, out) => {
    const float = floats > 0 ? (samples.times[to - 1] as number) : 0
    const histogram = histograms > 0 ? (samples.histogramTimes[histogramTo - 1] as number) : 0
    out.setFloat(step, Math.max(float, histogram) / 1_000)
  },
}

/** The largest or the smallest, or when it was; NaN only where there is nothing else. */
function extreme(isBetter: (value: number, best: number) => boolean, wantsTime: boolean): RangeFunction {
  return overFloats((window) => {
    const { values, times } = window.samples
    let best = values[window.from] as number
    let bestMs = times[window.from] as number
    for (let index = window.from; index < window.to; index++) {
      const value = values[index] as number
      if (!isBetter(value, best) && !Number.isNaN(best)) continue
      best = value
      bestMs = times[index] as number
    }
    return wantsTime ? bestMs / 1_000 : best
  })
}

const varianceMean = new KahanSum()

function variance(window: RangeWindow): number {
  const { values } = window.samples
  sum.reset()
  varianceMean.reset()
  let count = 0
  for (let index = window.from; index < window.to; index++) {
    const value = values[index] as number
    count++
    const delta = value - varianceMean.total
    varianceMean.add(delta / count)
    sum.add(delta * (value - varianceMean.total))
  }
  return sum.total / count
}

const quantileOverTime: RangeFunction = {
  unitsPerSample: UNITS_PER_SORTED_SAMPLE,
  apply: (window, step, out, call) => {
    if (window.floats === 0) return
    const q = call.scalars[0]?.[step] ?? Number.NaN
    if (Number.isNaN(q) || q < 0 || q > 1) call.evaluation.annotate(invalidQuantile(q, call.pos))
    noteIgnored(window, call)
    out.setFloat(step, quantileOf(q, floatsIn(window)))
  },
}

const madOverTime = overFloats((window) => {
  const values = floatsIn(window)
  if (values.some(Number.isNaN)) return Number.NaN
  const median = quantileOf(0.5, values)
  return quantileOf(
    0.5,
    values.map((value) => Math.abs(value - median)),
  )
})

/** A function of the floats in a window, which passes over histograms and says so. */
function overFloats(compute: (window: RangeWindow, step: number, call: RangeCall) => number): RangeFunction {
  return {
    apply: (window, step, out, call) => {
      if (window.floats === 0) return
      noteIgnored(window, call)
      out.setFloat(step, compute(window, step, call))
    },
  }
}

function floatsIn({ samples, from, to }: RangeWindow): Float64Array {
  return samples.values.slice(from, to)
}

function noteIgnored(window: RangeWindow, { evaluation, pos }: RangeCall): void {
  if (window.histograms > 0) evaluation.annotate(histogramIgnoredInMixedRange(window.labels.metricName, pos))
}

function isMixed(window: RangeWindow, { evaluation, pos }: RangeCall): boolean {
  if (window.floats === 0 || window.histograms === 0) return false
  evaluation.annotate(mixedFloatsHistograms(window.labels.metricName, pos))
  return true
}

interface HistogramsOver {
  readonly sum: FloatHistogram
  mean(): FloatHistogram
}

function histogramsOver(window: RangeWindow, { evaluation, pos }: RangeCall): HistogramsOver | undefined {
  const points = window.samples.histograms.slice(window.histogramFrom, window.histogramTo)
  const hints = new Set(points.map(({ counterResetHint }) => counterResetHint))
  let total: HistogramSum | undefined
  for (const point of points) {
    const next = total === undefined ? { total: sumStart(point), boundsReconciled: false } : sumPlus(total, point)
    if (next === undefined) {
      evaluation.annotate(mixedBucketKinds(window.labels.metricName, pos))
      return undefined
    }
    if (next.boundsReconciled) evaluation.annotate(boundsReconciled('aggregation', pos))
    total = next.total
  }
  if (total === undefined) return undefined
  if (hints.has('reset') && hints.has('not-reset')) evaluation.annotate(counterResetsCollide('aggregation', pos))
  const all = total
  return {
    sum: sumResult(all),
    mean: () => (hasOverflown(all) ? meanOfShares(points) : sumResult(all, points.length)),
  }
}

/** The mean of histograms whose sum is too large for a float, built up share by share. */
function meanOfShares(points: readonly FloatHistogram[]): FloatHistogram {
  let total: HistogramSum | undefined
  let count = 0
  for (const point of points) {
    count++
    if (total === undefined) total = sumStart(point)
    else total = sumPlus(sumTimes(total, (count - 1) / count), divideHistogram(point, count))?.total ?? total
  }
  return sumResult(total ?? sumStart(points[0] as FloatHistogram))
}

export const OVER_TIME_FUNCTIONS: Readonly<Record<string, RangeFunction>> = {
  sum_over_time: sumOverTime,
  avg_over_time: avgOverTime,
  count_over_time: countOverTime,
  present_over_time: presentOverTime,
  absent_over_time: presentOverTime,
  first_over_time: firstOverTime,
  last_over_time: lastOverTime,
  max_over_time: extreme((value, best) => value > best, false),
  min_over_time: extreme((value, best) => value < best, false),
  ts_of_first_over_time: tsOfFirstOverTime,
  ts_of_last_over_time: tsOfLastOverTime,
  ts_of_max_over_time: extreme((value, best) => value >= best, true),
  ts_of_min_over_time: extreme((value, best) => value <= best, true),
  stddev_over_time: overFloats((window) => Math.sqrt(variance(window))),
  stdvar_over_time: overFloats(variance),
  quantile_over_time: quantileOverTime,
  mad_over_time: { ...madOverTime, unitsPerSample: 2 * UNITS_PER_SORTED_SAMPLE },
}
