import { goQuote } from '../../../src/base/go-quote.ts'
import { quoteBytes } from '../../../src/metrics/exposition/byte-text.ts'
import type {
  DurationExpr,
  Expr,
  NumberLiteral,
  TimeModifiers,
  VectorMatching,
} from '../../../src/metrics/promql/syntax/ast.ts'
import { isRecord, printJson, sameJson } from '../lossless-json.ts'
import { Mismatch } from '../oracle.ts'

/** Holds a query's tree against one in the words of the oracle. What the oracle leaves out has its zero value. */
export function expectTree(expr: Expr, expected: unknown): void {
  const actual = treeOf(expr)
  if (!matches(actual, expected)) throw new Mismatch(`tree: want ${printJson(expected)}, got ${printJson(actual)}`)
}

function matches(actual: unknown, expected: unknown): boolean {
  if (Array.isArray(actual) && Array.isArray(expected)) {
    return actual.length === expected.length && actual.every((item, index) => matches(item, expected[index]))
  }
  // Bytes that are no UTF-8: quoting shows each.
  const bytes = isRecord(expected) ? expected['base64'] : undefined
  if (typeof bytes === 'string') return typeof actual === 'string' && goQuote(actual) === quoteBytes(atob(bytes))
  if (!isRecord(actual) || !isRecord(expected))
    return sameJson(actual, expected) || (isZero(actual) && isZero(expected))
  const keys = new Set([...Object.keys(actual), ...Object.keys(expected)])
  return [...keys].every((key) => {
    if (key === 'pos' && expected['pos'] === undefined) return true
    return matches(actual[key], expected[key])
  })
}

/** What Go leaves out of JSON. */
function isZero(value: unknown): boolean {
  return value === undefined || value === false || value === 0 || value === ''
}

function treeOf(expr: Expr): Record<string, unknown> {
  const { type } = expr
  const pos = [expr.pos.start, expr.pos.end]
  switch (expr.type) {
    case 'NumberLiteral':
      return { ...numberOf(expr), pos }
    case 'StringLiteral':
      return { type, value: expr.value, pos }
    case 'VectorSelector':
      return {
        type,
        name: expr.name,
        matchers: expr.matchers.map(({ name, op, value }) => ({ name, op, value })),
        ...modifiersOf(expr),
        pos,
      }
    case 'MatrixSelector':
      return {
        type,
        selector: treeOf(expr.selector),
        range_ms: expr.rangeMs,
        range_expr: durationOf(expr.rangeExpr),
        pos,
      }
    case 'SubqueryExpr':
      return {
        type,
        expr: treeOf(expr.expr),
        range_ms: expr.rangeMs,
        range_expr: durationOf(expr.rangeExpr),
        step_ms: expr.stepMs,
        step_expr: durationOf(expr.stepExpr),
        ...modifiersOf(expr),
        pos,
      }
    case 'ParenExpr':
      return { type, expr: treeOf(expr.expr), pos }
    case 'UnaryExpr':
      return { type, op: expr.op, expr: treeOf(expr.expr), pos }
    case 'BinaryExpr': {
      const matching = expr.matching === undefined ? undefined : matchingOf(expr.matching)
      return { type, op: expr.op, lhs: treeOf(expr.lhs), rhs: treeOf(expr.rhs), bool: expr.returnBool, matching, pos }
    }
    case 'AggregateExpr': {
      const param = expr.param === undefined ? undefined : treeOf(expr.param)
      const { op, grouping, without } = expr
      return { type, op, expr: treeOf(expr.expr), param, grouping, without, pos }
    }
    case 'Call':
      return { type, func: expr.func, args: expr.args.map(treeOf), pos }
  }
}

function modifiersOf({ offsetMs, offsetExpr, at }: TimeModifiers): Record<string, unknown> {
  return {
    offset_ms: offsetMs,
    offset_expr: durationOf(offsetExpr),
    at_ms: typeof at === 'number' ? at : undefined,
    at: typeof at === 'string' ? at : undefined,
  }
}

function matchingOf({ card, on, labels, include, fillLeft, fillRight }: VectorMatching): Record<string, unknown> {
  return { card, on, labels, include, fill_lhs: fillLeft, fill_rhs: fillRight }
}

function durationOf(operand: DurationExpr | NumberLiteral | undefined): Record<string, unknown> | undefined {
  if (operand === undefined) return undefined
  if (operand.type === 'NumberLiteral') return { ...numberOf(operand), pos: [operand.pos.start, operand.pos.end] }
  const { type, op, lhs, rhs, isWrapped } = operand
  const name = op === 'min' || op === 'max' ? `${op}_of` : op
  return { type, op: name, lhs: durationOf(lhs), rhs: durationOf(rhs), wrapped: isWrapped === true }
}

function numberOf({ type, value, isDuration }: NumberLiteral): Record<string, unknown> {
  return { type, value: jsonNumber(value), duration: isDuration === true }
}

/** JSON has no words for these. */
function jsonNumber(value: number): number | string {
  if (Number.isNaN(value)) return 'NaN'
  if (Number.isFinite(value)) return value
  return value > 0 ? '+Inf' : '-Inf'
}
