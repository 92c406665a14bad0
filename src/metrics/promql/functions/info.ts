import type { Labels } from '../../model/labels.ts'
import type { Column, Series } from '../column.ts'
import type { Evaluation } from '../evaluation.ts'
import type { Grid } from '../grid.ts'
import type { Call } from '../syntax/ast.ts'
import { argument } from './arguments.ts'
export async function info(evaluation: Evaluation, call: Call, grid: Grid): Promise<Series[]> {
  return evaluation.vector(argument(call, 0), grid)
}
