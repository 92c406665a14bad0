import type { Labels } from '../../model/labels.ts'
import { invalidRatio } from '../annotations.ts'
import { ABSENT, Column, type Series } from '../column.ts'
import type { Evaluation } from '../evaluation.ts'
import type { Grid } from '../grid.ts'
import { executionError } from '../query-error.ts'
import type { AggregateExpr } from '../syntax/ast.ts'
import { Grouping } from './grouping.ts'
import { groupsOf, parameters } from './groups.ts'
import { labelsHash } from './labels-hash.ts'
import { isAnyWanted } from './rank.ts'

/** `limitk` and `limit_ratio`: some series of every group, whichever, but the same ones each time. */
export async function limitSeries(evaluation: Evaluation, expr: AggregateExpr, grid: Grid): Promise<Series[]> {
  const limits = await parameters(evaluation, expr, grid)
  const input = await evaluation.vector(expr.expr, grid)
  if (expr.op === 'limit_ratio') return byRatio(evaluation, expr, { limits, input })
  if (!isAnyWanted(limits)) return []
  return groupsOf(input, new Grouping(expr)).flatMap(({ members }) => {
    const taken = new Uint32Array(grid.steps)
    return kept(members, (_series, step) => {
      const isTaken = (taken[step] as number) < Math.trunc(limits[step] as number)
      if (isTaken) taken[step] = (taken[step] as number) + 1
      return isTaken
    })
  })
}

function byRatio(
  evaluation: Evaluation,
  { param }: AggregateExpr,
  { limits, input }: { limits: Float64Array; input: readonly Series[] },
): Series[] {
  if (limits.every((limit) => limit === 0)) return []
  if (limits.some(Number.isNaN)) throw executionError('Ratio value is NaN')
  const highest = limits.reduce((most, limit) => Math.max(most, limit), -Infinity)
  const lowest = limits.reduce((least, limit) => Math.min(least, limit), Infinity)
  if (param !== undefined && highest > 1) evaluation.annotate(invalidRatio(highest, 1, param.pos))
  if (param !== undefined && lowest < -1) evaluation.annotate(invalidRatio(lowest, -1, param.pos))
  const offsets = new Map(input.map(({ labels }) => [labels, offsetOf(labels)]))
  return kept(input, ({ labels }, step) => {
    const ratio = Math.max(-1, Math.min(1, limits[step] as number))
    const offset = offsets.get(labels) ?? 0
    // A negative ratio takes what its positive counterpart leaves.
    return ratio >= 0 ? offset < ratio : offset >= 1 + ratio
  })
}

/** Where a label set lies between 0 and 1: always at the same place, and evenly spread. */
function offsetOf(labels: Labels): number {
  return Number(labelsHash(labels)) / Number(0xffff_ffff_ffff_ffffn)
}

function kept(series: readonly Series[], isKept: (series: Series, step: number) => boolean): Series[] {
  const results: Series[] = []
  for (const one of series) {
    const column = new Column(one.column.steps)
    for (let step = 0; step < column.steps; step++)
      if (one.column.kinds[step] !== ABSENT && isKept(one, step)) column.copyStep(step, one.column)
    if (column.count > 0) results.push({ ...one, column })
  }
  return results
}
