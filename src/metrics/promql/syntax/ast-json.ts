import type { Matcher } from '../../model/matcher.ts'
import { formatFloat } from '../../../base/go-numbers.ts'
import type { AtModifier, BinaryExpr, Call, DurationExpr, Expr, NumberLiteral, VectorSelector } from './ast.ts'
import { functionSignature } from './function-signatures.ts'

/** The answer of `/api/v1/parse_query`: a query as the web page's tree view takes it (web/api/v1/translate_ast.go). */
export function astToJson(expr: Expr): Record<string, unknown> {
  switch (expr.type) {
    case 'NumberLiteral':
      return { type: 'numberLiteral', val: formatFloat(expr.value, 'f', -1) }
    case 'StringLiteral':
      return { type: 'stringLiteral', val: expr.value }
    case 'VectorSelector':
      return { type: 'vectorSelector', ...selectorToJson(expr) }
    case 'MatrixSelector':
      return {
        type: 'matrixSelector',
        range: expr.rangeMs,
        rangeExpr: durationToJson(expr.rangeExpr),
        ...selectorToJson(expr.selector),
      }
    case 'SubqueryExpr':
      return {
        type: 'subquery',
        expr: astToJson(expr.expr),
        range: expr.rangeMs,
        rangeExpr: durationToJson(expr.rangeExpr),
        offset: expr.offsetMs,
        offsetExpr: durationToJson(expr.offsetExpr),
        step: expr.stepMs,
        stepExpr: durationToJson(expr.stepExpr),
        ...atToJson(expr.at),
      }
    case 'ParenExpr':
      return { type: 'parenExpr', expr: astToJson(expr.expr) }
    case 'UnaryExpr':
      return { type: 'unaryExpr', op: expr.op, expr: astToJson(expr.expr) }
    case 'BinaryExpr':
      return binaryToJson(expr)
    case 'AggregateExpr':
      return {
        type: 'aggregation',
        op: expr.op,
        expr: astToJson(expr.expr),
        param: expr.param === undefined ? null : astToJson(expr.param),
        grouping: expr.grouping,
        without: expr.without,
      }
    case 'Call':
      return { type: 'call', func: signatureToJson(expr), args: expr.args.map(astToJson) }
  }
}

function binaryToJson({ op, lhs, rhs, matching, returnBool }: BinaryExpr): Record<string, unknown> {
  return {
    type: 'binaryExpr',
    op,
    lhs: astToJson(lhs),
    rhs: astToJson(rhs),
    matching:
      matching === undefined
        ? null
        : {
            card: matching.card,
            labels: matching.labels,
            on: matching.on,
            include: matching.include,
            fillValues: { lhs: matching.fillLeft ?? null, rhs: matching.fillRight ?? null },
          },
    bool: returnBool,
  }
}

function signatureToJson({ func }: Call): Record<string, unknown> {
  const signature = functionSignature(func)
  return {
    name: func,
    argTypes: signature?.argTypes ?? [],
    variadic: signature?.variadic ?? 0,
    returnType: signature?.returnType ?? 'none',
  }
}

function selectorToJson(selector: VectorSelector): Record<string, unknown> {
  return {
    name: selector.name,
    offset: selector.offsetMs,
    offsetExpr: durationToJson(selector.offsetExpr),
    matchers: selector.matchers.map(matcherToJson),
    ...atToJson(selector.at),
    anchored: selector.anchored === true,
    smoothed: selector.smoothed === true,
  }
}

function matcherToJson({ name, value, op }: Matcher): Record<string, string> {
  return { name, value, type: op }
}

function atToJson(at: AtModifier | undefined): Record<string, unknown> {
  return {
    timestamp: typeof at === 'number' ? at : null,
    startOrEnd: typeof at === 'string' ? at : null,
  }
}

function durationToJson(operand: DurationExpr | NumberLiteral | undefined): Record<string, unknown> | null {
  if (operand === undefined) return null
  if (operand.type === 'NumberLiteral') {
    const val = formatFloat(operand.value, 'f', -1)
    return { type: 'numberLiteral', val, duration: operand.isDuration === true }
  }
  const { op, lhs, rhs, isWrapped } = operand
  return {
    type: 'durationExpr',
    op: op === 'min' || op === 'max' ? `${op}_of` : op,
    lhs: durationToJson(lhs),
    rhs: durationToJson(rhs),
    wrapped: isWrapped === true,
  }
}
