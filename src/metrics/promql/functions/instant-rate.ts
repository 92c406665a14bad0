import { asGauge, divideHistogram, subtractHistograms } from '../../model/histogram/arithmetic.ts'
import { isCounterReset } from '../../model/histogram/counter-reset.ts'
import type { FloatHistogram } from '../../model/histogram.ts'
import { boundsReconciled, mixedBucketKinds, mixedFloatsHistograms, notCounter, notGauge } from '../annotations.ts'
import type { RangeWindow } from '../range-window.ts'
import type { RangeCall, RangeFunction } from './range-function.ts'
import { isStartReset } from './start-times.ts'

/** One of the two last samples of a window. */
interface Recent {
  timeMs: number
  startMs: number
  value: number
  histogram: FloatHistogram | undefined
}

/** `irate` of counters and `idelta` of gauges: from the last two samples alone. */
export function instantRate(isRate: boolean): RangeFunction {
  const before: Recent = { timeMs: 0, startMs: 0, value: 0, histogram: undefined }
  const after: Recent = { timeMs: 0, startMs: 0, value: 0, histogram: undefined }
  return {
    wantsStarts: isRate,
    apply: (window, step, out, call) => {
      if (window.floats + window.histograms < 2) return
      lastTwo(window, before, after)
      const elapsedMs = after.timeMs - before.timeMs
      if (elapsedMs === 0) return
      const isReset = isStartReset(before.startMs, before.timeMs, after.startMs, after.timeMs)
      if (before.histogram === undefined && after.histogram === undefined) {
        const isNew = isRate && (after.value < before.value || isReset)
        const change = isNew ? after.value : after.value - before.value
        out.setFloat(step, isRate ? change / (elapsedMs / 1_000) : change)
        return
      }
      if (before.histogram === undefined || after.histogram === undefined) {
        call.evaluation.annotate(mixedFloatsHistograms(window.labels.metricName, call.pos))
        return
      }
      const change = histogramChange(before.histogram, after.histogram, { call, window, isRate, isReset })
      if (change !== undefined) out.setHistogram(step, isRate ? divideHistogram(change, elapsedMs / 1_000) : change)
    },
  }
}

function histogramChange(
  before: FloatHistogram,
  after: FloatHistogram,
  { call, window, isRate, isReset }: { call: RangeCall; window: RangeWindow; isRate: boolean; isReset: boolean },
): FloatHistogram | undefined {
  const { evaluation, pos } = call
  const name = window.labels.metricName
  const gauges = [before, after].filter(({ counterResetHint }) => counterResetHint === 'gauge').length
  if (isRate && gauges > 0) evaluation.annotate(notCounter(name, pos))
  if (!isRate && gauges < 2) evaluation.annotate(notGauge(name, pos))
  if (isRate && (isReset || isCounterReset(after, before))) return asGauge(after)
  const difference = subtractHistograms(after, before)
  if (difference === undefined) evaluation.annotate(mixedBucketKinds(name, pos))
  else if (difference.boundsReconciled) evaluation.annotate(boundsReconciled('subtraction', pos))
  return difference === undefined ? undefined : asGauge(difference.histogram)
}

/** Takes the later of the last float and the last histogram, twice. */
function lastTwo(window: RangeWindow, before: Recent, after: Recent): void {
  const { times, values, starts, histogramTimes, histograms, histogramStarts } = window.samples
  let float = window.to - 1
  let histogram = window.histogramTo - 1
  for (const recent of [after, before]) {
    const floatMs = float >= window.from ? (times[float] as number) : -Infinity
    const histogramMs = histogram >= window.histogramFrom ? (histogramTimes[histogram] as number) : -Infinity
    if (floatMs >= histogramMs) {
      recent.timeMs = floatMs
      recent.value = values[float] as number
      recent.startMs = starts?.[float] ?? 0
      recent.histogram = undefined
      float--
    } else {
      recent.timeMs = histogramMs
      recent.startMs = histogramStarts?.[histogram] ?? 0
      recent.histogram = histograms[histogram]
      histogram--
    }
  }
}
