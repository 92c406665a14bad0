import { goQuote } from '../../../base/go-quote.ts'
import type { Labels } from '../../model/labels.ts'
import { printHistogram } from '../../model/histogram/print.ts'
import { isValidLabelName } from '../../model/names.ts'
import { formatFloat } from '../../../base/go-numbers.ts'
import { ABSENT, Column, type Series } from '../column.ts'
import type { Evaluation } from '../evaluation.ts'
import type { Grid } from '../grid.ts'
import { executionError } from '../query-error.ts'
import type { AggregateExpr } from '../syntax/ast.ts'
import { Grouping } from './grouping.ts'

/** `count_values("version", v)`: a series for each value, which becomes a label. */
export async function countValues(evaluation: Evaluation, expr: AggregateExpr, grid: Grid): Promise<Series[]> {
  const label = expr.param?.type === 'StringLiteral' ? expr.param.value : ''
  if (!isValidLabelName(label, 'utf8')) throw executionError(`invalid label name ${goQuote(label)}`)
  const grouping = new Grouping(expr.without ? expr : { grouping: [...expr.grouping, label], without: false })
  const counts = new Map<string, { labels: Labels; column: Column }>()
  for (const { labels, column } of await evaluation.vector(expr.expr, grid)) {
    for (let step = 0; step < grid.steps; step++) {
      if (column.kinds[step] === ABSENT) continue
      const labeled = labels.with(label, textOf(column, step))
      const key = grouping.keyOf(labeled)
      let count = counts.get(key)
      if (count === undefined)
        counts.set(key, (count = { labels: grouping.labelsOf(labeled), column: new Column(grid.steps) }))
      count.column.setFloat(step, (count.column.kinds[step] === ABSENT ? 0 : (count.column.values[step] as number)) + 1)
    }
    if (evaluation.spend(20 * grid.steps)) await evaluation.pause()
  }
  return [...counts.values()].map((count) => ({ ...count, dropName: false }))
}

function textOf(column: Column, step: number): string {
  const histogram = column.histogramAt(step)
  return histogram === undefined ? formatFloat(column.values[step] as number, 'f', -1) : printHistogram(histogram)
}
