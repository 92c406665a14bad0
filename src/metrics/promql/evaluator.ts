import { aggregate } from './aggregations/aggregate.ts'
import { evaluateBinary, streamScalarSide } from './binary/evaluate-binary.ts'
import { scalarOperation } from './binary/operations.ts'
import { broadcast, Collector, type Series } from './column.ts'
import type { Evaluation, Evaluator, StreamTarget } from './evaluation.ts'
import { callScalar, callVector, isStreamedCall, streamCall } from './functions/call.ts'
import { firstStep, type Grid } from './grid.ts'
import { weightOf } from './labels-of-results.ts'
import { streamSelector } from './selectors.ts'
import type { BinaryExpr, Expr } from './syntax/ast.ts'
import { valueType } from './syntax/value-type.ts'
import { streamNegated } from './unary.ts'

/** Evaluates expressions at all steps at once: what each gives is a list of series, every one a column over the steps. */
export const columnarEvaluator: Evaluator = {
  async vector(evaluation, expr, grid) {
    if (grid.steps === 0) return []
    if (grid.steps > 1 && evaluation.query.invariants.has(expr)) return sameAtEveryStep(evaluation, expr, grid)
    const before = evaluation.held
    const series = await evaluate(evaluation, expr, grid)
    evaluation.settle(before, totalWeight(series))
    return series
  },

  async scalar(evaluation, expr, grid) {
    if (grid.steps > 1 && evaluation.query.invariants.has(expr)) {
      const [value = Number.NaN] = await evaluation.scalar(expr, firstStep(grid))
      return new Float64Array(grid.steps).fill(value)
    }
    return evaluateScalar(evaluation, expr, grid)
  },

  async stream(evaluation, expr, target) {
    const { grid, sink } = target
    if (grid.steps === 0) return
    const isOnce = grid.steps > 1 && evaluation.query.invariants.has(expr)
    if (!isOnce && isStreamed(expr)) return streamed(evaluation, expr, target)
    for (const { labels, column, dropName } of await evaluation.vector(expr, grid)) {
      sink.accept(labels, column, dropName)
      if (evaluation.spend(grid.steps)) await evaluation.pause()
    }
  },
}

async function evaluate(evaluation: Evaluation, expr: Expr, grid: Grid): Promise<Series[]> {
  if (isStreamed(expr)) {
    const collector = new Collector(grid.steps)
    await streamed(evaluation, expr, { grid, sink: collector })
    return collector.series
  }
  switch (expr.type) {
    case 'ParenExpr':
    case 'UnaryExpr':
      return evaluation.vector(expr.expr, grid)
    case 'BinaryExpr':
      return evaluateBinary(evaluation, expr, grid)
    case 'AggregateExpr':
      return aggregate(evaluation, expr, grid)
    case 'Call':
      return callVector(evaluation, expr, grid)
    default:
      throw new TypeError(`${expr.type} is not evaluated as a vector`)
  }
}

/** What can be evaluated series by series, so that an aggregation around it needs no more than one at a time. */
function isStreamed(expr: Expr): boolean {
  switch (expr.type) {
    case 'VectorSelector':
      return true
    case 'UnaryExpr':
      return expr.op === '-'
    case 'BinaryExpr':
      return isOneSideScalar(expr)
    case 'Call':
      return isStreamedCall(expr)
    default:
      return false
  }
}

function streamed(evaluation: Evaluation, expr: Expr, target: StreamTarget): Promise<void> {
  switch (expr.type) {
    case 'VectorSelector':
      return streamSelector(evaluation, expr, target)
    case 'UnaryExpr':
      return streamNegated(evaluation, expr, target)
    case 'BinaryExpr':
      return streamScalarSide(evaluation, expr, target)
    case 'Call':
      return streamCall(evaluation, expr, target)
    default:
      throw new TypeError(`${expr.type} is not evaluated series by series`)
  }
}

function isOneSideScalar({ lhs, rhs }: BinaryExpr): boolean {
  return (valueType(lhs) === 'scalar') !== (valueType(rhs) === 'scalar')
}

async function sameAtEveryStep(evaluation: Evaluation, expr: Expr, grid: Grid): Promise<Series[]> {
  const before = evaluation.held
  const series = await evaluation.vector(expr, firstStep(grid))
  evaluation.settle(before, totalWeight(series) * grid.steps)
  return series.map((one) => ({ ...one, column: broadcast(one.column, grid.steps) }))
}

async function evaluateScalar(evaluation: Evaluation, expr: Expr, grid: Grid): Promise<Float64Array> {
  switch (expr.type) {
    case 'NumberLiteral':
      return new Float64Array(grid.steps).fill(expr.value)
    case 'ParenExpr':
      return evaluation.scalar(expr.expr, grid)
    case 'UnaryExpr': {
      const values = await evaluation.scalar(expr.expr, grid)
      return expr.op === '-' ? values.map((value) => -value) : values
    }
    case 'BinaryExpr': {
      const left = await evaluation.scalar(expr.lhs, grid)
      const right = await evaluation.scalar(expr.rhs, grid)
      const operation = scalarOperation(expr.op)
      return left.map((value, step) => operation(value, right[step] as number))
    }
    case 'Call':
      return callScalar(evaluation, expr, grid)
    default:
      throw new TypeError(`${expr.type} is not evaluated as a scalar`)
  }
}

function totalWeight(series: readonly Series[]): number {
  return series.reduce((total, { column }) => total + weightOf(column), 0)
}
