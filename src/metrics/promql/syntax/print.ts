import { compareText } from '../../../base/compare-text.ts'
import { goQuote } from '../../../base/go-quote.ts'
import { printDuration } from '../../model/duration.ts'
import { METRIC_NAME } from '../../model/labels.ts'
import { printMatcher } from '../../model/matcher.ts'
import { isValidLabelName } from '../../model/names.ts'
import { formatFloat } from '../../../base/go-numbers.ts'
import type {
  AggregateExpr,
  BinaryExpr,
  DurationExpr,
  Expr,
  MatrixSelector,
  NumberLiteral,
  SubqueryExpr,
  TimeModifiers,
  VectorMatching,
  VectorSelector,
} from './ast.ts'

/** A query on one line, as Prometheus prints it: read again, it is the same query (promql/parser/printer.go). */
export function printExpr(expr: Expr): string {
  switch (expr.type) {
    case 'NumberLiteral':
      return printNumber(expr)
    case 'StringLiteral':
      return goQuote(expr.value)
    case 'VectorSelector':
      return printSelector(expr)
    case 'MatrixSelector':
      return printMatrix(expr)
    case 'SubqueryExpr':
      return printExpr(expr.expr) + printSubqueryTimes(expr)
    case 'ParenExpr':
      return `(${printExpr(expr.expr)})`
    case 'UnaryExpr':
      return expr.op + printExpr(expr.expr)
    case 'BinaryExpr':
      return `${printExpr(expr.lhs)} ${printOperator(expr)} ${printExpr(expr.rhs)}`
    case 'AggregateExpr': {
      const param = expr.param === undefined ? '' : `${printExpr(expr.param)}, `
      return `${printAggregation(expr)}(${param}${printExpr(expr.expr)})`
    }
    case 'Call':
      return `${expr.func}(${expr.args.map(printExpr).join(', ')})`
  }
}

/** `sum by (job) `, without what it is about. */
export function printAggregation({ op, grouping, without }: AggregateExpr): string {
  if (without) return `${op} without (${printLabelNames(grouping)}) `
  return grouping.length > 0 ? `${op} by (${printLabelNames(grouping)}) ` : op
}

/** `== bool on (job) group_left ()` */
export function printOperator({ op, returnBool, matching }: BinaryExpr): string {
  return `${op}${returnBool ? ' bool' : ''}${matching === undefined ? '' : printMatching(matching)}`
}

/** `[1h:1m] @ end() offset 5m`: what makes an expression a subquery. */
export function printSubqueryTimes(subquery: SubqueryExpr): string {
  const { rangeMs, rangeExpr, stepMs, stepExpr } = subquery
  const range = rangeExpr === undefined ? printDuration(rangeMs) : printDurationExpr(rangeExpr)
  let step = stepMs === 0 ? '' : printDuration(stepMs)
  if (stepExpr !== undefined) step = printDurationExpr(stepExpr)
  return `[${range}:${step}]${printAt(subquery)}${printOffset(subquery)}`
}

function printMatching({ card, on, labels, include, fillLeft, fillRight }: VectorMatching): string {
  let text = ''
  const isGrouped = card === 'many-to-one' || card === 'one-to-many'
  if (labels.length > 0 || on || isGrouped) text += ` ${on ? 'on' : 'ignoring'} (${printLabelNames(labels)})`
  if (isGrouped) text += ` group_${card === 'many-to-one' ? 'left' : 'right'} (${printLabelNames(include)})`
  if (fillLeft !== undefined && fillLeft === fillRight) return `${text} fill (${printFill(fillLeft)})`
  if (fillLeft !== undefined) text += ` fill_left (${printFill(fillLeft)})`
  if (fillRight !== undefined) text += ` fill_right (${printFill(fillRight)})`
  return text
}

function printFill(value: number): string {
  return formatFloat(value, 'g', -1)
}

function printLabelNames(names: readonly string[]): string {
  return names.map((name) => (isValidLabelName(name, 'legacy') ? name : goQuote(name))).join(', ')
}

function printNumber({ value, isDuration }: NumberLiteral): string {
  if (isDuration !== true) return formatFloat(value, 'f', -1)
  // Go counts nanoseconds and drops what is less.
  const durationMs = Math.trunc(Math.abs(value) * 1e9) / 1e6
  return `${value < 0 ? '-' : ''}${printDuration(durationMs)}`
}

function printSelector(selector: VectorSelector): string {
  return printSeries(selector) + printAt(selector) + printExtension(selector) + printOffset(selector)
}

function printMatrix({ selector, rangeMs, rangeExpr }: MatrixSelector): string {
  const range = rangeExpr === undefined ? printDuration(rangeMs) : printDurationExpr(rangeExpr)
  const modifiers = printExtension(selector) + printAt(selector) + printOffset(selector)
  return `${printSeries(selector)}[${range}]${modifiers}`
}

/** Which series are selected: `up{job="node"}`. The name before the braces is not repeated in them. */
function printSeries({ name, matchers }: Pick<VectorSelector, 'name' | 'matchers'>): string {
  const conditions = matchers
    .filter((condition) => {
      const isName = condition.name === METRIC_NAME && condition.op === '=' && condition.value === name
      return !isName || name === ''
    })
    .map(printMatcher)
    .sort(compareText)
  return conditions.length === 0 ? name : `${name}{${conditions.join(',')}}`
}

function printExtension({ anchored, smoothed }: VectorSelector): string {
  if (anchored === true) return ' anchored'
  return smoothed === true ? ' smoothed' : ''
}

function printAt({ at }: TimeModifiers): string {
  if (at === undefined) return ''
  return typeof at === 'number' ? ` @ ${formatFloat(at / 1000, 'f', 3)}` : ` @ ${at}()`
}

function printOffset({ offsetMs, offsetExpr }: TimeModifiers): string {
  if (offsetExpr !== undefined) return ` offset ${printDurationExpr(offsetExpr)}`
  return offsetMs === 0 ? '' : ` offset ${printDuration(offsetMs)}`
}

function printDurationExpr(expr: DurationExpr): string {
  const text = printBareDuration(expr)
  return expr.isWrapped === true ? `(${text})` : text
}

function printBareDuration({ op, lhs, rhs }: DurationExpr): string {
  if (op === 'step' || op === 'range') return `${op}()`
  const left = lhs === undefined ? '' : printDurationOperand(lhs)
  const right = rhs === undefined ? '' : printDurationOperand(rhs)
  if (op === 'min' || op === 'max') return `${op}_of(${left}, ${right})`
  if (lhs !== undefined) return `${left} ${op} ${right}`
  // A plus says nothing: it is there to hold the parentheses of a number.
  return op === '-' ? `-${right}` : right
}

function printDurationOperand(operand: DurationExpr | NumberLiteral): string {
  return operand.type === 'NumberLiteral' ? printNumber(operand) : printDurationExpr(operand)
}
