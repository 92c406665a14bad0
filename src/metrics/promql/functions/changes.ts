import { isCounterReset } from '../../model/histogram/counter-reset.ts'
import { equalHistograms } from '../../model/histogram/equal.ts'
import type { FloatHistogram } from '../../model/histogram.ts'
import type { RangeWindow } from '../range-window.ts'
import { firstWhere } from './interpolate.ts'
import type { RangeFunction } from './range-function.ts'
import { isStartReset } from './start-times.ts'

/** A sample of either kind in the order of time. */
interface Seen {
  readonly timeMs: number
  readonly startMs: number
  readonly value: number
  readonly histogram: FloatHistogram | undefined
}

/** Counts the pairs of neighbouring samples of which `isOne` is true; a change of kind is always one. */
function countPairs(
  isFloatPair: (window: RangeWindow, index: number) => boolean,
  isPair: (before: Seen, after: Seen) => boolean,
  wantsStarts: boolean,
): RangeFunction {
  return {
    wantsStarts,
    modifiers: ['anchored'],
    apply: (window, step, out, { anchored }) => {
      const first = anchored ? anchoredStart(window) : { float: window.from, histogram: window.histogramFrom }
      if (first === undefined) return
      let count = 0
      if (window.histograms === 0) {
        for (let index = first.float + 1; index < window.to; index++) if (isFloatPair(window, index)) count++
      } else {
        let before: Seen | undefined
        for (const after of inOrder(window, first)) {
          if (before !== undefined && (isOfOtherKind(before, after) || isPair(before, after))) count++
          before = after
        }
      }
      out.setFloat(step, count)
    },
  }
}

function isOfOtherKind(before: Seen, after: Seen): boolean {
  return (before.histogram === undefined) !== (after.histogram === undefined)
}

function* inOrder(window: RangeWindow, first: { float: number; histogram: number }): Generator<Seen> {
  const { times, values, starts, histograms, histogramTimes, histogramStarts } = window.samples
  let { float, histogram } = first
  while (float < window.to || histogram < window.histogramTo) {
    const floatMs = float < window.to ? (times[float] as number) : Infinity
    const histogramMs = histogram < window.histogramTo ? (histogramTimes[histogram] as number) : Infinity
    if (floatMs <= histogramMs) {
      yield { timeMs: floatMs, startMs: starts?.[float] ?? 0, value: values[float] as number, histogram: undefined }
      float++
    } else {
      const startMs = histogramStarts?.[histogram] ?? 0
      yield { timeMs: histogramMs, startMs, value: 0, histogram: histograms[histogram] }
      histogram++
    }
  }
}

/**
 * Where an anchored window starts counting: at the last sample, of either kind, that is not after the start of the range.
 * Undefined when nothing comes after that.
 */
function anchoredStart(window: RangeWindow): { float: number; histogram: number } | undefined {
  const { times, histogramTimes } = window.samples
  const { from, to, histogramFrom, histogramTo, rangeStartMs } = window
  const float = firstWhere(from, to, (index) => (times[index] as number) > rangeStartMs)
  const histogram = firstWhere(histogramFrom, histogramTo, (index) => (histogramTimes[index] as number) > rangeStartMs)
  if (float === to && histogram === histogramTo) return undefined
  const floatMs = float > from ? (times[float - 1] as number) : -Infinity
  const histogramMs = histogram > histogramFrom ? (histogramTimes[histogram - 1] as number) : -Infinity
  if (floatMs === -Infinity && histogramMs === -Infinity) return { float, histogram }
  return floatMs >= histogramMs ? { float: float - 1, histogram } : { float, histogram: histogram - 1 }
}

function isFloatReset({ samples }: RangeWindow, index: number): boolean {
  const { values, times, starts } = samples
  if ((values[index] as number) < (values[index - 1] as number)) return true
  return (
    starts !== undefined &&
    isStartReset(
      starts[index - 1] as number,
      times[index - 1] as number,
      starts[index] as number,
      times[index] as number,
    )
  )
}

function isReset(before: Seen, after: Seen): boolean {
  if (isStartReset(before.startMs, before.timeMs, after.startMs, after.timeMs)) return true
  if (before.histogram === undefined || after.histogram === undefined) return after.value < before.value
  return isCounterReset(after.histogram, before.histogram)
}

function isChange(before: number, after: number): boolean {
  return before !== after && !(Number.isNaN(before) && Number.isNaN(after))
}

export const CHANGE_FUNCTIONS: Readonly<Record<string, RangeFunction>> = {
  resets: countPairs(isFloatReset, isReset, true),
  changes: countPairs(
    ({ samples }, index) => isChange(samples.values[index - 1] as number, samples.values[index] as number),
    (before, after) =>
      before.histogram === undefined || after.histogram === undefined
        ? isChange(before.value, after.value)
        : !equalHistograms(before.histogram, after.histogram),
    false,
  ),
}
