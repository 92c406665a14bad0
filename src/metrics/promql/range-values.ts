import type { FloatHistogram } from '../model/histogram.ts'
import type { Samples } from '../model/samples.ts'
import type { Evaluation } from './evaluation.ts'
import { firstWhere, interpolate } from './functions/interpolate.ts'
import { type Grid, timesOf } from './grid.ts'
import { dropNames } from './labels-of-results.ts'
import { executionError } from './query-error.ts'
import { RangeWindow } from './range-window.ts'
import { matrixSeries, type MatrixSeries } from './results.ts'
import { lookupTimes } from './selectors.ts'
import { subqueryGrid } from './subquery.ts'
import type { MatrixSelector, SubqueryExpr } from './syntax/ast.ts'

/** The samples themselves that an instant query asks for: `up[5m]`. */
export async function rangeSamples(
  evaluation: Evaluation,
  { selector, rangeMs }: MatrixSelector,
  grid: Grid,
): Promise<MatrixSeries[]> {
  const { lookbackMs } = evaluation.settings
  const isExtended = selector.anchored === true || selector.smoothed === true
  const window = new RangeWindow()
  const [endMs = 0] = lookupTimes(selector, grid)
  window.rangeEndMs = endMs
  window.rangeStartMs = endMs - rangeMs
  const results: MatrixSeries[] = []
  for (const series of evaluation.selectedBy(selector).series) {
    window.samples.load(evaluation.samplesOf(selector, series), false)
    window.start(series.labels)
    const afterMs = window.rangeStartMs - (isExtended ? lookbackMs : 0)
    window.moveTo(afterMs, endMs + (selector.smoothed === true ? lookbackMs : 0))
    if (window.isEmpty) continue
    const { weight } = window
    evaluation.hold(weight)
    evaluation.counts.total += weight
    evaluation.counts.read += weight
    const samples = isExtended ? extended(window, selector.smoothed === true) : samplesIn(window)
    if (samples.length > 0) results.push({ labels: series.labels, samples })
    if (evaluation.spend(weight)) await evaluation.pause()
  }
  return results
}

/** What a subquery on its own gives: `rate(x[5m])[1h:1m]`. */
export async function subquerySamples(
  evaluation: Evaluation,
  subquery: SubqueryExpr,
  grid: Grid,
): Promise<MatrixSeries[]> {
  const inner = subqueryGrid(subquery, grid, evaluation.settings)
  const series = await evaluation.vector(subquery.expr, inner)
  const times = timesOf(inner)
  return dropNames(series).map((one) => matrixSeries(one, times))
}

/** Floats and histograms of a window in the order of time. */
function samplesIn({ samples, from, to, histogramFrom, histogramTo, histograms: count }: RangeWindow): Samples {
  if (count === 0) {
    return { length: to - from, timestamps: samples.times.slice(from, to), values: samples.values.slice(from, to) }
  }
  const length = to - from + count
  const timestamps = new Float64Array(length)
  const values = new Float64Array(length)
  const histograms: (FloatHistogram | undefined)[] = Array.from({ length }, () => undefined)
  let float = from
  let histogram = histogramFrom
  for (let index = 0; index < length; index++) {
    const floatMs = float < to ? (samples.times[float] as number) : Infinity
    const histogramMs = histogram < histogramTo ? (samples.histogramTimes[histogram] as number) : Infinity
    timestamps[index] = Math.min(floatMs, histogramMs)
    if (floatMs < histogramMs) values[index] = samples.values[float++] as number
    else histograms[index] = samples.histograms[histogram++]
  }
  return { length, timestamps, values, histograms }
}

/** The samples of an `anchored` or `smoothed` range, with one more at either edge. */
function extended(window: RangeWindow, isSmoothed: boolean): Samples {
  const { samples, from, to, rangeStartMs, rangeEndMs } = window
  if (window.histograms > 0)
    throw executionError(`${isSmoothed ? 'smoothed' : 'anchored'} modifier is not supported with histograms`)
  const { times, values } = samples
  const end = to - 1
  const first = Math.max(from, firstWhere(from, end, (index) => (times[index] as number) > rangeStartMs) - 1)
  const last = isSmoothed ? firstWhere(from, end, (index) => (times[index] as number) >= rangeEndMs) : end
  if ((times[last] as number) <= rangeStartMs) return { length: 0, timestamps: times, values }
  const point = (index: number): { timeMs: number; value: number } => ({
    timeMs: times[index] as number,
    value: values[index] as number,
  })
  const left =
    isSmoothed && point(first).timeMs < rangeStartMs
      ? interpolate(point(first), point(first + 1), rangeStartMs, false)
      : point(first).value
  const right =
    isSmoothed && last > from && point(last).timeMs > rangeEndMs
      ? interpolate(point(last - 1), point(last), rangeEndMs, false)
      : point(last).value
  const innerFrom = point(first).timeMs <= rangeStartMs ? first + 1 : first
  const innerTo = Math.max(innerFrom, point(last).timeMs >= rangeEndMs ? last : last + 1)
  const length = innerTo - innerFrom + 2
  const extendedTimes = new Float64Array(length)
  const extendedValues = new Float64Array(length)
  extendedTimes.set(times.subarray(innerFrom, innerTo), 1)
  extendedValues.set(values.subarray(innerFrom, innerTo), 1)
  extendedTimes[0] = rangeStartMs
  extendedValues[0] = left
  extendedTimes[length - 1] = rangeEndMs
  extendedValues[length - 1] = right
  return { length, timestamps: extendedTimes, values: extendedValues }
}
