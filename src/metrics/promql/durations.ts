import type { DurationExpr, NumberLiteral } from './syntax/ast.ts'
import { QueryError } from './query-error.ts'

/** What a duration expression may refer to. */
export interface QueryWindow {
  readonly startMs: number
  readonly endMs: number
  /** 0 for an instant query. */
  readonly stepMs: number
}

/** The largest number of seconds a Go duration holds. */
const SECONDS_MAX = 2 ** 63 / 1e9

/** Milliseconds of `[5m * 2]` and the like. Ranges and steps must be positive, offsets need not. */
export function durationMs(
  expr: DurationExpr | NumberLiteral,
  { window, mayBeNegative }: { window: QueryWindow; mayBeNegative: boolean },
): number {
  const seconds = secondsOf(expr, window)
  if (!Number.isFinite(seconds)) throw refused(expr, 'duration is NaN or infinite')
  if (seconds <= 0 && !mayBeNegative) throw refused(expr, 'duration must be greater than 0')
  if (Math.abs(seconds) > SECONDS_MAX) throw refused(expr, 'duration is out of range')
  return Math.trunc(seconds * 1_000)
}

function secondsOf(expr: DurationExpr | NumberLiteral, window: QueryWindow): number {
  if (expr.type === 'NumberLiteral') return expr.value
  const left = expr.lhs === undefined ? undefined : secondsOf(expr.lhs, window)
  const right = expr.rhs === undefined ? 0 : secondsOf(expr.rhs, window)
  switch (expr.op) {
    case 'step':
      return window.stepMs / 1_000
    case 'range':
      return (window.endMs - window.startMs) / 1_000
    case 'min':
      return Math.min(left ?? 0, right)
    case 'max':
      return Math.max(left ?? 0, right)
    case '+':
      return (left ?? 0) + right
    case '-':
      return (left ?? 0) - right
    case '*':
      return (left ?? 0) * right
    case '/':
      if (right === 0) throw refused(expr, 'division by zero')
      return (left ?? 0) / right
    case '%':
      if (right === 0) throw refused(expr, 'modulo by zero')
      return (left ?? 0) % right
    case '^':
      return (left ?? 0) ** right
  }
}

function refused({ pos }: DurationExpr | NumberLiteral, reason: string): QueryError {
  return new QueryError('bad_data', `${pos.start}:${pos.end}: ${reason}`)
}
