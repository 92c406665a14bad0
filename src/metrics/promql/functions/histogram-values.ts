import { hasCustomBuckets } from '../../model/histogram/bounds.ts'
import { allBuckets } from '../../model/histogram/buckets.ts'
import type { FloatHistogram } from '../../model/histogram.ts'
import type { Column } from '../column.ts'
import type { Evaluation, StreamTarget } from '../evaluation.ts'
import type { Call } from '../syntax/ast.ts'
import { NAME_ONLY, streamTransformed } from '../transform.ts'
import { argument } from './arguments.ts'
import { KahanSum } from './kahan.ts'

const HISTOGRAM_VALUES: Readonly<Record<string, (histogram: FloatHistogram) => number>> = {
  histogram_avg: ({ sum, count }) => sum / count,
  histogram_count: ({ count }) => count,
  histogram_stddev: (histogram) => Math.sqrt(variance(histogram)),
  histogram_stdvar: variance,
  histogram_sum: ({ sum }) => sum,
}

export function isHistogramValue(name: string): boolean {
  return name in HISTOGRAM_VALUES
}

/** A number from each native histogram. Floats have no result. */
export function streamHistogramValue(evaluation: Evaluation, call: Call, target: StreamTarget): Promise<void> {
  const compute = HISTOGRAM_VALUES[call.func] ?? (() => Number.NaN)
  const change = (column: Column): void => {
    for (let step = 0; step < column.steps; step++) {
      const histogram = column.histogramAt(step)
      if (histogram === undefined) column.remove(step)
      else column.setFloat(step, compute(histogram))
    }
  }
  return streamTransformed(evaluation, argument(call, 0), { change, drops: NAME_ONLY }, target)
}

const sum = new KahanSum()

/** The spread of the observations, each taken to be in the middle of its bucket: geometric where buckets are exponential. */
function variance(histogram: FloatHistogram): number {
  const mean = histogram.sum / histogram.count
  const isCustom = hasCustomBuckets(histogram)
  sum.reset()
  for (const { lower, upper, count } of allBuckets(histogram)) {
    if (count === 0) continue
    const middle = isCustom
      ? (upper + lower) / 2
      : lower <= 0 && upper >= 0
        ? 0
        : Math.sqrt(upper * lower) * Math.sign(upper)
    const delta = middle - mean
    sum.add(count * delta * delta)
  }
  return sum.total / histogram.count
}
