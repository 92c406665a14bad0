import type { Samples } from '../../model/samples.ts'
import { ABSENT, Collector, type Column, type Series } from '../column.ts'
import { type Evaluation, UNITS_PER_SERIES } from '../evaluation.ts'
import { type Grid, timeAt } from '../grid.ts'
import { mergeSameLabels, METADATA_LABELS, withoutMetadata } from '../labels-of-results.ts'
import { eachLatest, lookupTimes } from '../selectors.ts'
import type { Call, VectorSelector } from '../syntax/ast.ts'
import { streamTransformed } from '../transform.ts'
import { argument } from './arguments.ts'

/** When the samples of a selector were taken; of what was computed, that is when it was. In seconds. */
export async function timestamps(evaluation: Evaluation, call: Call, grid: Grid): Promise<Series[]> {
  const vector = argument(call, 0)
  if (vector.type === 'VectorSelector')
    return fromSamples(evaluation, vector, { grid, valueOf: ({ timestamps: times }, index) => times[index] as number })
  const collector = new Collector(grid.steps)
  const change = (column: Column): void => {
    for (let step = 0; step < column.steps; step++)
      if (column.kinds[step] !== ABSENT) column.setFloat(step, timeAt(grid, step) / 1_000)
  }
  await streamTransformed(evaluation, vector, { change, drops: METADATA_LABELS }, { grid, sink: collector })
  return collector.series
}

/** When the counters of a selector began, where the storage knows, and the engine looks at it. In seconds. */
export async function startTimestamps(evaluation: Evaluation, call: Call, grid: Grid): Promise<Series[]> {
  const vector = argument(call, 0)
  if (vector.type !== 'VectorSelector' || !evaluation.settings.startTimestamps) return []
  return fromSamples(evaluation, vector, {
    grid,
    valueOf: ({ startTimestamps: starts }, index) => starts?.[index] ?? 0,
  })
}

async function fromSamples(
  evaluation: Evaluation,
  selector: VectorSelector,
  { grid, valueOf }: { grid: Grid; valueOf: (samples: Samples, index: number) => number },
): Promise<Series[]> {
  // With @, the offset does not count here: so it is upstream (promql/engine.go, rangeEvalTimestampFunctionOverVectorSelector).
  const offsetMs = selector.at === undefined ? selector.offsetMs : 0
  const times = lookupTimes({ ...selector, offsetMs }, grid)
  const collector = new Collector(grid.steps)
  for (const series of evaluation.selectedBy(selector).series) {
    const column = collector.column()
    const samples = evaluation.samplesOf(selector, series)
    eachLatest(samples, times, evaluation.settings.lookbackMs, (step, index) =>
      column.setFloat(step, valueOf(samples, index) / 1_000),
    )
    evaluation.counts.total += column.count
    evaluation.counts.read += column.count
    const labels = evaluation.settings.delayedNameRemoval ? series.labels : withoutMetadata(series.labels)
    if (column.count > 0) collector.accept(labels, column, true)
    if (evaluation.spend(UNITS_PER_SERIES + samples.length + grid.steps)) await evaluation.pause()
  }
  return evaluation.settings.delayedNameRemoval ? collector.series : mergeSameLabels(collector.series)
}
