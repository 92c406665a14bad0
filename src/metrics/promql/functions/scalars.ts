import { Labels } from '../../model/labels.ts'
import { Column, FLOAT, type Series } from '../column.ts'
import type { Evaluation } from '../evaluation.ts'
import { type Grid, timeAt } from '../grid.ts'
import type { Call } from '../syntax/ast.ts'
import { argument } from './arguments.ts'

/** Functions that give a number: `time()`, `scalar(x)` and a few more. */
export async function scalarFunction(evaluation: Evaluation, call: Call, grid: Grid): Promise<Float64Array> {
  switch (call.func) {
    case 'time':
      return Float64Array.from({ length: grid.steps }, (_, step) => timeAt(grid, step) / 1_000)
    case 'pi':
      return new Float64Array(grid.steps).fill(Math.PI)
    case 'scalar':
      return onlyFloats(await evaluation.vector(argument(call, 0), grid), grid)
    case 'max_of':
    case 'min_of': {
      const left = await evaluation.scalar(argument(call, 0), grid)
      const right = await evaluation.scalar(argument(call, 1), grid)
      const pick = call.func === 'max_of' ? Math.max : Math.min
      return left.map((value, step) => pick(value, right[step] as number))
    }
    default:
      throw new TypeError(`unknown function ${call.func}`)
  }
}

/** The float of a step that has exactly one, NaN elsewhere. */
function onlyFloats(series: readonly Series[], { steps }: Grid): Float64Array {
  const values = new Float64Array(steps).fill(Number.NaN)
  const counts = new Uint32Array(steps)
  for (const { column } of series) {
    for (let step = 0; step < steps; step++) {
      if (column.kinds[step] !== FLOAT) continue
      counts[step] = (counts[step] as number) + 1
      values[step] = counts[step] === 1 ? (column.values[step] as number) : Number.NaN
    }
  }
  return values
}

/** `vector(1)`: a number as a vector without labels. */
export async function vectorOfScalar(evaluation: Evaluation, call: Call, grid: Grid): Promise<Series[]> {
  const column = new Column(grid.steps)
  for (const [step, value] of (await evaluation.scalar(argument(call, 0), grid)).entries()) column.setFloat(step, value)
  return [{ labels: Labels.empty, column, dropName: false }]
}
