import { histogramIgnoredInMixedRange } from '../annotations.ts'
import { executionError } from '../query-error.ts'
import type { RangeWindow } from '../range-window.ts'
import { isInfinite, KahanSum } from './kahan.ts'
import type { RangeCall, RangeFunction } from './range-function.ts'

interface Line {
  readonly slope: number
  readonly intercept: number
}

const sums = { x: new KahanSum(), y: new KahanSum(), xy: new KahanSum(), xx: new KahanSum() }

/** The line closest to the samples (least squares), with its value at `interceptMs`. */
function fittedLine({ samples, from, to }: RangeWindow, interceptMs: number): Line {
  const { times, values } = samples
  const firstValue = values[from] as number
  let isConstant = true
  for (const part of [sums.x, sums.y, sums.xy, sums.xx]) part.reset()
  for (let index = from; index < to; index++) {
    const y = values[index] as number
    if (y !== firstValue && index > from) isConstant = false
    const x = ((times[index] as number) - interceptMs) / 1_000
    sums.x.add(x)
    sums.y.add(y)
    sums.xy.add(x * y)
    sums.xx.add(x * x)
  }
  if (isConstant) {
    return isInfinite(firstValue) ? { slope: Number.NaN, intercept: Number.NaN } : { slope: 0, intercept: firstValue }
  }
  const count = to - from
  const x = sums.x.total
  const y = sums.y.total
  const slope = (sums.xy.total - (x * y) / count) / (sums.xx.total - (x * x) / count)
  return { slope, intercept: y / count - (slope * x) / count }
}

/** A function that needs two floats, and passes over histograms with a word about it. */
function overTwo(compute: (window: RangeWindow, step: number, call: RangeCall) => number): RangeFunction {
  return {
    apply: (window, step, out, call) => {
      const { evaluation, pos } = call
      if (window.floats > 0 && window.histograms > 0)
        evaluation.annotate(histogramIgnoredInMixedRange(window.labels.metricName, pos))
      if (window.floats >= 2) out.setFloat(step, compute(window, step, call))
    },
  }
}

function smoothed({ samples, from, to }: RangeWindow, level: number, trend: number): number {
  const { values } = samples
  let before = 0
  let current = values[from] as number
  let slope = (values[from + 1] as number) - current
  for (let index = from + 1; index < to; index++) {
    if (index > from + 1) slope = trend * (current - before) + (1 - trend) * slope
    const next = level * (values[index] as number) + (1 - level) * (current + slope)
    before = current
    current = next
  }
  return current
}

function factor(name: 'smoothing' | 'trend', value: number): number {
  if (value > 0 && value < 1) return value
  const variable = name === 'smoothing' ? 'sf' : 'tf'
  throw executionError(`invalid ${name} factor. Expected: 0 < ${variable} < 1, got: ${value.toFixed(6)}`)
}

export const PREDICTING_FUNCTIONS: Readonly<Record<string, RangeFunction>> = {
  // Times relative to the first sample keep the sums small, and with them what rounding takes.
  deriv: overTwo((window) => fittedLine(window, window.samples.times[window.from] as number).slope),
  predict_linear: overTwo((window, step, { scalars }) => {
    const { slope, intercept } = fittedLine(window, window.nowMs)
    return slope * (scalars[0]?.[step] ?? 0) + intercept
  }),
  double_exponential_smoothing: {
    apply: (window, step, out, call) => {
      const level = factor('smoothing', call.scalars[0]?.[step] ?? 0)
      const trend = factor('trend', call.scalars[1]?.[step] ?? 0)
      overTwo((over) => smoothed(over, level, trend)).apply(window, step, out, call)
    },
  },
}
