import type { Series } from '../column.ts'
import type { Evaluation, StreamTarget } from '../evaluation.ts'
import type { Grid } from '../grid.ts'
import { streamRangeCall } from '../range-calls.ts'
import type { Call } from '../syntax/ast.ts'
import { absent, absentOverTime } from './absent.ts'
import { dateFunction, isDateFunction } from './dates.ts'
import { histogramFractions, histogramQuantileSeries, histogramQuantilesSeries } from './histogram-functions.ts'
import { isHistogramValue, streamHistogramValue } from './histogram-values.ts'
import { info } from './info.ts'
import { labelJoin, labelReplace } from './labels.ts'
import { isMathFunction, streamMath } from './math.ts'
import { RANGE_FUNCTIONS } from './range-functions.ts'
import { scalarFunction, vectorOfScalar } from './scalars.ts'
import { sortByLabel, sortByValue } from './sort.ts'
import { startTimestamps, timestamps } from './timestamps.ts'

type VectorFunction = (evaluation: Evaluation, call: Call, grid: Grid) => Promise<Series[]>

const VECTOR_FUNCTIONS: Readonly<Record<string, VectorFunction>> = {
  absent,
  absent_over_time: absentOverTime,
  histogram_fraction: histogramFractions,
  histogram_quantile: histogramQuantileSeries,
  histogram_quantiles: histogramQuantilesSeries,
  info,
  label_join: labelJoin,
  label_replace: labelReplace,
  sort: sortByValue('ascending'),
  sort_desc: sortByValue('descending'),
  sort_by_label: sortByLabel('ascending'),
  sort_by_label_desc: sortByLabel('descending'),
  start_timestamp: startTimestamps,
  timestamp: timestamps,
  vector: vectorOfScalar,
}

/** Functions that go series by series. */
export function isStreamedCall({ func }: Call): boolean {
  return isMathFunction(func) || isHistogramValue(func) || (func in RANGE_FUNCTIONS && !(func in VECTOR_FUNCTIONS))
}

export function streamCall(evaluation: Evaluation, call: Call, target: StreamTarget): Promise<void> {
  if (isMathFunction(call.func)) return streamMath(evaluation, call, target)
  if (isHistogramValue(call.func)) return streamHistogramValue(evaluation, call, target)
  return streamRangeCall(evaluation, call, target)
}

export function callVector(evaluation: Evaluation, call: Call, grid: Grid): Promise<Series[]> {
  if (isDateFunction(call.func)) return dateFunction(evaluation, call, grid)
  const implementation = VECTOR_FUNCTIONS[call.func]
  if (implementation === undefined) throw new TypeError(`unknown function ${call.func}`)
  return implementation(evaluation, call, grid)
}

export function callScalar(evaluation: Evaluation, call: Call, grid: Grid): Promise<Float64Array> {
  return scalarFunction(evaluation, call, grid)
}
