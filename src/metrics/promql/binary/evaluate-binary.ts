import { type Column, FLOAT, HISTOGRAM, type Series } from '../column.ts'
import type { Evaluation, StreamTarget } from '../evaluation.ts'
import type { Grid } from '../grid.ts'
import { METADATA_LABELS } from '../labels-of-results.ts'
import type { BinaryExpr } from '../syntax/ast.ts'
import { valueType } from '../syntax/value-type.ts'
import { streamTransformed } from '../transform.ts'
import { operateOnHistograms } from './elements.ts'
import { matchVectors } from './match-vectors.ts'
import { isArithmetic, isComparison, scalarOperation } from './operations.ts'
import { combineSets } from './set-operators.ts'

const NOTHING: ReadonlySet<string> = new Set()

/** An operator between two vectors. */
export function evaluateBinary(evaluation: Evaluation, expr: BinaryExpr, grid: Grid): Promise<Series[]> {
  const { op } = expr
  const isSet = op === 'and' || op === 'or' || op === 'unless'
  return isSet ? combineSets(evaluation, expr, grid) : matchVectors(evaluation, expr, grid)
}

/** An operator between a vector and a number: every series by itself. */
export async function streamScalarSide(evaluation: Evaluation, expr: BinaryExpr, target: StreamTarget): Promise<void> {
  const isScalarLeft = valueType(expr.lhs) === 'scalar'
  const [scalar, vector] = isScalarLeft ? [expr.lhs, expr.rhs] : [expr.rhs, expr.lhs]
  const numbers = await evaluation.scalar(scalar, target.grid)
  const change = withNumbers(evaluation, { expr, numbers, isScalarLeft })
  const drops = isArithmetic(expr.op) || expr.returnBool ? METADATA_LABELS : NOTHING
  await streamTransformed(evaluation, vector, { change, drops }, target)
}

interface ScalarSide {
  readonly expr: BinaryExpr
  readonly numbers: Float64Array
  readonly isScalarLeft: boolean
}

function withNumbers(evaluation: Evaluation, side: ScalarSide): (column: Column) => void {
  const { expr, numbers, isScalarLeft } = side
  const isFilter = isComparison(expr.op) && !expr.returnBool
  const operation = isTrim(expr) ? undefined : scalarOperation(expr.op)
  return (column) => {
    const { kinds, values } = column
    for (let step = 0; step < kinds.length; step++) {
      if (kinds[step] === HISTOGRAM || (kinds[step] === FLOAT && operation === undefined)) {
        changeElement(evaluation, { column, step, side })
        continue
      }
      if (kinds[step] !== FLOAT || operation === undefined) continue
      const value = values[step] as number
      const number = numbers[step] as number
      const result = isScalarLeft ? operation(number, value) : operation(value, number)
      if (!isFilter) values[step] = result
      else if (result === 0) column.remove(step)
    }
  }
}

function isTrim({ op }: BinaryExpr): boolean {
  return op === '</' || op === '>/'
}

function changeElement(
  evaluation: Evaluation,
  { column, step, side }: { column: Column; step: number; side: ScalarSide },
): void {
  const { expr, numbers, isScalarLeft } = side
  const element = column.histogramAt(step) ?? (column.values[step] as number)
  const number = numbers[step] as number
  const { value, annotation } = isScalarLeft
    ? operateOnHistograms(number, element, expr)
    : operateOnHistograms(element, number, expr)
  if (annotation !== undefined) evaluation.annotate(annotation)
  if (value === undefined) column.remove(step)
  else if (typeof value === 'number') column.setFloat(step, value)
  else column.setHistogram(step, value)
}
