import type { Labels } from '../../model/labels.ts'
import { Column, type Series } from '../column.ts'
import type { Evaluation } from '../evaluation.ts'
import type { Grid } from '../grid.ts'
import type { AggregateExpr } from '../syntax/ast.ts'
import { countValues } from './count-values.ts'
import type { Fold } from './fold.ts'
import { foldFor } from './fold-for.ts'
import { Grouping } from './grouping.ts'
import { limitSeries } from './limit.ts'
import { quantileByGroup } from './quantile.ts'
import { rankSeries } from './rank.ts'

/** An aggregation at all steps: of every group a sample, or of every group a few of its samples. */
export async function aggregate(evaluation: Evaluation, expr: AggregateExpr, grid: Grid): Promise<Series[]> {
  switch (expr.op) {
    case 'topk':
    case 'bottomk':
      return rankSeries(evaluation, expr, grid)
    case 'limitk':
    case 'limit_ratio':
      return limitSeries(evaluation, expr, grid)
    case 'count_values':
      return countValues(evaluation, expr, grid)
    case 'quantile':
      return quantileByGroup(evaluation, expr, grid)
    default:
      return folded(evaluation, expr, grid)
  }
}

interface Group {
  readonly labels: Labels
  readonly fold: Fold
  dropName: boolean
}

/** Series are added to their group one by one, all steps of a series at once, and forgotten. */
async function folded(evaluation: Evaluation, expr: AggregateExpr, grid: Grid): Promise<Series[]> {
  const grouping = new Grouping(expr)
  const groups = new Map<string, Group>()
  const scratch = new Column(grid.steps)
  const makeFold = foldFor(expr, evaluation, grid.steps)
  await evaluation.stream(expr.expr, {
    grid,
    sink: {
      column: () => {
        scratch.clear()
        return scratch
      },
      accept: (labels, column, dropName) => {
        const key = grouping.keyOf(labels)
        let group = groups.get(key)
        if (group === undefined)
          groups.set(key, (group = { labels: grouping.labelsOf(labels), fold: makeFold(), dropName }))
        group.dropName ||= dropName
        group.fold.add(column, labels)
      },
    },
  })
  const results: Series[] = []
  for (const { labels, fold, dropName } of groups.values()) {
    const column = fold.finish()
    if (column.count > 0) results.push({ labels, column, dropName })
  }
  return results
}
