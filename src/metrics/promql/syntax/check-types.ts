import { goQuote } from '../../../base/go-quote.ts'
import { METRIC_NAME } from '../../model/labels.ts'
import type {
  AggregateExpr,
  BinaryExpr,
  BinaryOp,
  Call,
  Expr,
  Position,
  SubqueryExpr,
  ValueType,
  VectorMatching,
  VectorSelector,
} from './ast.ts'
import { functionSignature, type FunctionSignature } from './function-signatures.ts'
import { isSpace } from './source.ts'
import { documentedType, valueType } from './value-type.ts'

/** Where problems go, and the query that they speak of. */
export interface Report {
  readonly bytes: string
  report(pos: Position, message: string): void
}

const COMPARISONS: ReadonlySet<BinaryOp> = new Set<BinaryOp>(['==', '!=', '<', '<=', '>', '>='])
const SETS: ReadonlySet<BinaryOp> = new Set<BinaryOp>(['and', 'or', 'unless'])

export function isComparison(op: BinaryOp): boolean {
  return COMPARISONS.has(op)
}

export function isSetOperator(op: BinaryOp): boolean {
  return SETS.has(op)
}

/**
 * Checks that every part of a query gets what it can work on, and settles how binary operators match their sides.
 * Source: prometheus/prometheus promql/parser/parse.go checkAST.
 */
export function checkTypes(expr: Expr, report: Report): ValueType {
  switch (expr.type) {
    case 'AggregateExpr':
      checkAggregate(expr, report)
      break
    case 'BinaryExpr':
      return new BinaryCheck(expr, report).run()
    case 'Call':
      checkCall(expr, report)
      break
    case 'ParenExpr':
      return checkTypes(expr.expr, report)
    case 'UnaryExpr': {
      const type = checkTypes(expr.expr, report)
      if (isOperand(type)) return type
      const problem = 'unary expression only allowed on expressions of type scalar or instant vector'
      report.report(expr.pos, `${problem}, got ${goQuote(documentedType(type))}`)
      return type
    }
    case 'SubqueryExpr':
      checkSubquery(expr, report)
      break
    case 'MatrixSelector':
      checkSelector(expr.selector, report)
      break
    case 'VectorSelector':
      checkSelector(expr, report)
      break
    default:
  }
  return valueType(expr)
}

function isOperand(type: ValueType): boolean {
  return type === 'scalar' || type === 'vector'
}

interface Expectation {
  readonly type: ValueType
  readonly place: string
}

function expectType(expr: Expr, expected: Expectation, report: Report): void {
  const type = checkTypes(expr, report)
  if (type === expected.type) return
  const message = `expected type ${documentedType(expected.type)} in ${expected.place}, got ${documentedType(type)}`
  report.report(expr.pos, message)
}

function checkAggregate({ op, expr, param }: AggregateExpr, report: Report): void {
  expectType(expr, { type: 'vector', place: 'aggregation expression' }, report)
  if (param === undefined) return
  expectType(param, { type: op === 'count_values' ? 'string' : 'scalar', place: 'aggregation parameter' }, report)
}

/** A subquery of a subquery is wrong, and may be long: told without descending on the call stack. */
function checkSubquery(outermost: SubqueryExpr, report: Report): void {
  const chain: SubqueryExpr[] = []
  let inner: Expr = outermost
  while (inner.type === 'SubqueryExpr') {
    chain.push(inner)
    inner = inner.expr
  }
  let type = checkTypes(inner, report)
  for (const subquery of chain.toReversed()) {
    if (type !== 'vector') {
      report.report(subquery.pos, `subquery is only allowed on instant vector, got ${type} instead`)
    }
    type = 'matrix'
  }
}

function checkSelector(selector: VectorSelector, report: Report, mayBeEmpty = false): void {
  const { name, matchers, pos } = selector
  if (name !== '') {
    for (const present of matchers.slice(0, -1)) {
      if (present.name !== METRIC_NAME) continue
      report.report(pos, `metric name must not be set twice: ${goQuote(name)} or ${goQuote(present.value)}`)
    }
    return
  }
  if (mayBeEmpty || matchers.some((condition) => !condition.matches(''))) return
  report.report(pos, 'vector selector must contain at least one non-empty matcher')
}

function checkCall(call: Call, report: Report): void {
  const signature = functionSignature(call.func)
  if (signature === undefined) return
  const problem = countProblem(signature, call.args.length)
  if (problem !== undefined) report.report(call.pos, problem)
  const isInfo = call.func === 'info'
  if (isInfo) checkInfo(call, report)
  for (const [index, arg] of call.args.entries()) {
    const { argTypes, variadic } = signature
    // What is too much was reported; its type is nobody's business.
    if (index >= argTypes.length && variadic === 0) break
    const expected = argTypes[Math.min(index, argTypes.length - 1)] ?? 'none'
    if (isInfo && index === 1 && arg.type === 'VectorSelector') checkSelector(arg, report, true)
    else expectType(arg, { type: expected, place: `call to function ${goQuote(call.func)}` }, report)
  }
}

function countProblem({ name, argTypes, variadic }: FunctionSignature, count: number): string | undefined {
  const call = `argument(s) in call to ${goQuote(name)}, got ${count}`
  if (variadic === 0) return count === argTypes.length ? undefined : `expected ${argTypes.length} ${call}`
  const least = argTypes.length - 1
  if (count < least) return `expected at least ${least} ${call}`
  const most = least + variadic
  return variadic > 0 && count > most ? `expected at most ${most} ${call}` : undefined
}

/** The second argument of `info` chooses labels, so it has no name of a metric, and may have no condition at all. */
function checkInfo({ args, pos }: Call, report: Report): void {
  const [, choice] = args
  if (choice === undefined) return
  const type = valueType(choice)
  if (type !== 'vector') {
    report.report(pos, `expected type instant vector in call to function "info", got ${documentedType(type)}`)
  }
  if (choice.type !== 'VectorSelector') report.report(choice.pos, 'expected label selectors only')
  else if (choice.name !== '') {
    report.report(choice.pos, 'expected label selectors only, got vector selector instead')
  }
}

/** Until it has been checked, an expression belongs to its parser alone. */
type Unsettled = { -readonly [Key in keyof BinaryExpr]: BinaryExpr[Key] }

const NO_MATCHING: VectorMatching = { card: 'one-to-one', on: false, labels: [], include: [] }

class BinaryCheck {
  readonly #expr: Unsettled
  readonly #report: Report

  constructor(expr: BinaryExpr, report: Report) {
    this.#expr = expr
    this.#report = report
  }

  run(): ValueType {
    const { op, lhs, rhs, returnBool } = this.#expr
    const left = checkTypes(lhs, this.#report)
    const right = checkTypes(rhs, this.#report)
    const isScalar = left === 'scalar' && right === 'scalar'
    if (returnBool && !isComparison(op)) this.#atOperator('bool modifier can only be used on comparison operators')
    if (isComparison(op) && !returnBool && isScalar) {
      this.#atOperator('comparisons between scalars must use BOOL modifier')
    }
    this.#checkIncluded()
    const operands = 'binary expression must contain only scalar and instant vector types'
    if (!isOperand(left)) this.#report.report(lhs.pos, operands)
    if (!isOperand(right)) this.#report.report(rhs.pos, operands)
    if (left === 'vector' && right === 'vector') this.#settleVectors()
    else this.#settleScalars()
    if ((left === 'scalar' || right === 'scalar') && isSetOperator(op)) {
      this.#at(`set operator ${goQuote(op)} not allowed in binary scalar expression`)
    }
    return isScalar ? 'scalar' : 'vector'
  }

  get #matching(): VectorMatching {
    return this.#expr.matching ?? NO_MATCHING
  }

  get #hasFill(): boolean {
    return this.#matching.fillLeft !== undefined || this.#matching.fillRight !== undefined
  }

  #checkIncluded(): void {
    const { on, labels, include } = this.#matching
    if (!on) return
    for (const label of labels) {
      for (const included of include) {
        if (label !== included) continue
        this.#atOperator(`label ${goQuote(label)} must not occur in ON and GROUP clause at once`)
      }
    }
  }

  #settleVectors(): void {
    const { op } = this.#expr
    if (!isSetOperator(op)) return
    const { card } = this.#matching
    if (card === 'one-to-one') {
      this.#expr.matching = { ...this.#matching, card: 'many-to-many' }
    } else {
      this.#at(`no grouping allowed for ${goQuote(op)} operation`)
      this.#at('set operations must always be many-to-many')
    }
    if (this.#hasFill) this.#at('filling in missing series not allowed for set operators')
  }

  #settleScalars(): void {
    if (this.#matching.labels.length > 0) this.#at('vector matching only allowed between instant vectors')
    if (this.#hasFill) this.#at('filling in missing series only allowed between instant vectors')
    delete this.#expr.matching
  }

  #at(message: string): void {
    this.#report.report(this.#expr.pos, message)
  }

  /** At what stands between the two sides. The end is that of Prometheus: the last byte, not the one behind it. */
  #atOperator(message: string): void {
    const { bytes } = this.#report
    let start = this.#expr.lhs.pos.end
    let end = this.#expr.rhs.pos.start - 1
    while (isSpace(bytes.charAt(start))) start++
    while (isSpace(bytes.charAt(end))) end--
    this.#report.report({ start, end }, message)
  }
}
