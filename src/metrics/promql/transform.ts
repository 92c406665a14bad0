import { METRIC_NAME, type Labels } from '../model/labels.ts'
import { Collector, type Column, type Sink } from './column.ts'
import type { Evaluation, StreamTarget } from './evaluation.ts'
import { mergeSameLabels, METADATA_LABELS } from './labels-of-results.ts'
import type { Expr } from './syntax/ast.ts'

/** What is done to every series of an expression. */
export interface Transformation {
  /** Changes the column in place; steps that have no result are removed. */
  readonly change: (column: Column) => void
  /** Labels that the result has no more; none when the metric stays what it is. */
  readonly drops: ReadonlySet<string>
}

/** Changes series as they pass by. Names are dropped here, or only marked for it where that is left to the end. */
export async function streamTransformed(
  evaluation: Evaluation,
  expr: Expr,
  { change, drops }: Transformation,
  { grid, sink }: StreamTarget,
): Promise<void> {
  const isDropping = drops.size > 0
  const isDroppedNow = isDropping && !evaluation.settings.delayedNameRemoval
  const isCollected = isDroppedNow && !isDistinctWithoutName(evaluation, expr)
  const collector = new Collector(grid.steps)
  const target: Sink = isCollected ? collector : sink
  const drop = (labels: Labels): Labels => (isDroppedNow ? labels.without(drops) : labels)
  await evaluation.stream(expr, {
    grid,
    sink: {
      column: () => target.column(),
      accept: (labels, column, dropName) => {
        change(column)
        if (column.count > 0) target.accept(drop(labels), column, dropName || isDropping)
      },
    },
  })
  if (!isCollected) return
  for (const { labels, column, dropName } of mergeSameLabels(collector.series)) sink.accept(labels, column, dropName)
}

/** Whether all series of an expression stay different when their names are dropped. Says no when in doubt. */
function isDistinctWithoutName(evaluation: Evaluation, expr: Expr): boolean {
  switch (expr.type) {
    case 'VectorSelector':
      return evaluation.selectedBy(expr).isOneMetric
    case 'MatrixSelector':
      return evaluation.selectedBy(expr.selector).isOneMetric
    case 'ParenExpr':
    case 'UnaryExpr':
      return isDistinctWithoutName(evaluation, expr.expr)
    case 'AggregateExpr':
      return !expr.without && !expr.grouping.some((name) => METADATA_LABELS.has(name))
    case 'Call':
      return expr.args[0]?.type === 'MatrixSelector' && isDistinctWithoutName(evaluation, expr.args[0])
    default:
      return false
  }
}

/** The name alone goes: what a function of native histograms gives has their type and unit no less. */
export const NAME_ONLY: ReadonlySet<string> = new Set([METRIC_NAME])
