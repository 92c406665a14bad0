import type { BinaryOp } from '../syntax/ast.ts'

/** From two numbers to one; comparisons give 0 or 1. */
export type ScalarOperation = (left: number, right: number) => number

export function isComparison(op: BinaryOp): boolean {
  return op in COMPARISONS
}

/** Operators that make something else of a metric: the result has its name no more. */
export function isArithmetic(op: BinaryOp): boolean {
  return op in ARITHMETIC
}

const ARITHMETIC: Readonly<Record<string, ScalarOperation>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '%': (left, right) => left % right,
  '^': power,
  atan2: Math.atan2,
}

const COMPARISONS: Readonly<Record<string, ScalarOperation>> = {
  '==': (left, right) => (left === right ? 1 : 0),
  '!=': (left, right) => (left === right ? 0 : 1),
  '>': (left, right) => (left > right ? 1 : 0),
  '<': (left, right) => (left < right ? 1 : 0),
  '>=': (left, right) => (left >= right ? 1 : 0),
  '<=': (left, right) => (left <= right ? 1 : 0),
}

export function scalarOperation(op: BinaryOp): ScalarOperation {
  const operation = ARITHMETIC[op] ?? COMPARISONS[op]
  if (operation === undefined) throw new TypeError(`${op} is not for numbers`)
  return operation
}

/** As Go's math.Pow, which unlike JavaScript's has 1 to the power of anything, and -1 to that of infinity, at 1. */
function power(base: number, exponent: number): number {
  if (base === 1 || (base === -1 && !Number.isFinite(exponent) && !Number.isNaN(exponent))) return 1
  return base ** exponent
}
