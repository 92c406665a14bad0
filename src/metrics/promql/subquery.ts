import type { EvaluationSettings } from './evaluation.ts'
import { type Grid, gridOf, timeAt } from './grid.ts'
import type { SubqueryExpr } from './syntax/ast.ts'

/**
 * The instants a subquery is evaluated at for all steps around it: multiples of its own step, so that neighbouring windows
 * share their points. The first one lies after the start of the first window, which is open at the left.
 */
export function subqueryGrid(
  { at, offsetMs, rangeMs, stepMs }: SubqueryExpr,
  around: Grid,
  { subqueryStepMs }: Pick<EvaluationSettings, 'subqueryStepMs'>,
): Grid {
  const step = stepMs === 0 ? subqueryStepMs(rangeMs) : stepMs
  const firstMs = at === undefined ? around.startMs : Number(at)
  const lastMs = at === undefined ? timeAt(around, around.steps - 1) : Number(at)
  const afterMs = firstMs - offsetMs - rangeMs
  const startMs = (Math.floor(afterMs / step) + 1) * step
  return gridOf(startMs, lastMs - offsetMs, step)
}
