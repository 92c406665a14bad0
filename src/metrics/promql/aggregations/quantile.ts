import { histogramIgnoredInAggregation, invalidQuantile } from '../annotations.ts'
import { Column, FLOAT, HISTOGRAM, type Series } from '../column.ts'
import type { Evaluation } from '../evaluation.ts'
import { quantileOf } from '../functions/quantile-of.ts'
import type { Grid } from '../grid.ts'
import type { AggregateExpr } from '../syntax/ast.ts'
import { Grouping } from './grouping.ts'
import { groupsOf, parameters } from './groups.ts'

const UNITS_PER_SORTED_VALUE = 30

/** `quantile(q, v)` across the series of a group. */
export async function quantileByGroup(evaluation: Evaluation, expr: AggregateExpr, grid: Grid): Promise<Series[]> {
  const quantiles = await parameters(evaluation, expr, grid)
  warnOfInvalid(evaluation, expr, quantiles)
  const results: Series[] = []
  for (const { labels, members } of groupsOf(await evaluation.vector(expr.expr, grid), new Grouping(expr))) {
    const out = new Column(grid.steps)
    const values = new Float64Array(members.length)
    for (let step = 0; step < grid.steps; step++) {
      let count = 0
      for (const { column } of members) {
        if (column.kinds[step] === FLOAT) values[count++] = column.values[step] as number
        else if (column.kinds[step] === HISTOGRAM)
          evaluation.annotate(histogramIgnoredInAggregation('quantile', expr.expr.pos))
      }
      if (count > 0) out.setFloat(step, quantileOf(quantiles[step] as number, values.subarray(0, count)))
      if (evaluation.spend(UNITS_PER_SORTED_VALUE * members.length)) await evaluation.pause()
    }
    const dropName = members.some((member) => member.dropName)
    if (out.count > 0) results.push({ labels, column: out, dropName })
  }
  return results
}

function warnOfInvalid(evaluation: Evaluation, { param }: AggregateExpr, quantiles: Float64Array): void {
  if (param === undefined) return
  if (quantiles.some(Number.isNaN)) evaluation.annotate(invalidQuantile(Number.NaN, param.pos))
  const highest = quantiles.reduce((most, q) => Math.max(most, q), -Infinity)
  const lowest = quantiles.reduce((least, q) => Math.min(least, q), Infinity)
  if (highest > 1) evaluation.annotate(invalidQuantile(highest, param.pos))
  if (lowest < 0) evaluation.annotate(invalidQuantile(lowest, param.pos))
}
