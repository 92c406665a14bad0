import { ABSENT, Column, type Series } from '../column.ts'
import type { Evaluation } from '../evaluation.ts'
import type { Grid } from '../grid.ts'
import { mergeSameLabels } from '../labels-of-results.ts'
import type { BinaryExpr } from '../syntax/ast.ts'
import { matchGroups, Matcher, type MatchGroup } from './matching.ts'

/** `and`, `or` and `unless`: at each step the samples of one side that have, or lack, a match on the other. */
export async function combineSets(evaluation: Evaluation, expr: BinaryExpr, grid: Grid): Promise<Series[]> {
  const left = await evaluation.vector(expr.lhs, grid)
  const right = await evaluation.vector(expr.rhs, grid)
  const matcher = new Matcher(expr.matching ?? { card: 'many-to-many', on: false, labels: [], include: [] })
  const groups = matchGroups(left, right, matcher)
  if (evaluation.spend((left.length + right.length) * (10 + grid.steps))) await evaluation.pause()
  if (expr.op === 'or') return union(left, right, { matcher, groups })
  const results: Series[] = []
  for (const series of left) {
    const matches = groups.get(matcher.keyOf(series.labels))?.right ?? []
    const column = filtered(series.column, presenceOf(matches, grid), expr.op === 'and')
    if (column.count > 0) results.push({ ...series, column })
  }
  return results
}

function union(
  left: readonly Series[],
  right: readonly Series[],
  { matcher, groups }: { matcher: Matcher; groups: ReadonlyMap<string, MatchGroup> },
): Series[] {
  const results = [...left]
  for (const series of right) {
    const matches = groups.get(matcher.keyOf(series.labels))?.left ?? []
    const column = filtered(series.column, presenceOf(matches, series.column), false)
    if (column.count > 0) results.push({ ...series, column })
  }
  return mergeSameLabels(results)
}

/** At which steps any of the series has a sample; undefined when none ever has. */
function presenceOf(series: readonly Series[], { steps }: { readonly steps: number }): Uint8Array | undefined {
  const [first, second] = series
  if (first === undefined || second === undefined) return first?.column.kinds
  const presence = new Uint8Array(steps)
  for (const { column } of series)
    for (let step = 0; step < steps; step++) if (column.kinds[step] !== ABSENT) presence[step] = 1
  return presence
}

/** The samples at the steps that are, or are not, present elsewhere. */
function filtered(column: Column, presence: Uint8Array | undefined, wantsPresent: boolean): Column {
  if (presence === undefined) return wantsPresent ? new Column(column.steps) : column
  const out = new Column(column.steps)
  for (let step = 0; step < column.steps; step++)
    if ((presence[step] !== ABSENT) === wantsPresent) out.copyStep(step, column)
  return out
}
