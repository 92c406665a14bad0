import type { Labels } from '../../model/labels.ts'
import type { Series } from '../column.ts'
import type { Evaluation } from '../evaluation.ts'
import type { Grid } from '../grid.ts'
import type { AggregateExpr } from '../syntax/ast.ts'
import type { Grouping } from './grouping.ts'

/** The series that an aggregation looks at together. */
export interface SeriesGroup {
  readonly labels: Labels
  readonly members: readonly Series[]
}

export function groupsOf(series: readonly Series[], grouping: Grouping): readonly SeriesGroup[] {
  const groups = new Map<string, { labels: Labels; members: Series[] }>()
  for (const one of series) {
    const key = grouping.keyOf(one.labels)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { labels: grouping.labelsOf(one.labels), members: [one] })
    else group.members.push(one)
  }
  return [...groups.values()]
}

/** The number in front of the vector, `5` in `topk(5, v)`, at each step. */
export function parameters(evaluation: Evaluation, { param, op }: AggregateExpr, grid: Grid): Promise<Float64Array> {
  if (param === undefined) throw new TypeError(`${op} has no parameter`)
  return evaluation.scalar(param, grid)
}
