import { DurationError, parseDuration } from '../../model/duration.ts'
import type { DurationExpr, NumberLiteral, Position } from './ast.ts'
import { readNumber } from './number-literal.ts'
import type { QueryOptions } from './query-options.ts'
import { spanOf, type TokenStream } from './token-stream.ts'
import type { Token, TokenType } from './tokens.ts'

export type DurationOperand = DurationExpr | NumberLiteral

/** A number or a duration as it stands, `5` or `5m`: in seconds. */
export function parseNumberLiteral(tokens: TokenStream): NumberLiteral {
  const token = tokens.next()
  const pos = { start: token.start, end: token.end }
  return token.type === 'duration'
    ? { type: 'NumberLiteral', value: durationSeconds(tokens, token), isDuration: true, pos }
    : { type: 'NumberLiteral', value: numberOf(tokens, token), pos }
}

export function numberOf(tokens: TokenStream, token: Token): number {
  const { value, problem } = readNumber(token.text)
  if (problem !== undefined) tokens.report(token, `error parsing number: ${problem}`)
  return value
}

export function durationSeconds(tokens: TokenStream, token: Token): number {
  try {
    const durationMs = parseDuration(token.text)
    return Math.floor(durationMs / 1000) + (durationMs % 1000) / 1000
  } catch (failure) {
    if (!(failure instanceof DurationError)) throw failure
    tokens.report(token, failure.message)
    return 0
  }
}

export function isNumberToken(type: TokenType): boolean {
  return type === 'number' || type === 'duration'
}

/** Seconds as whole milliseconds: what a literal duration comes to. Nanoseconds first, as Go counts them. */
export function millisecondsOf({ value }: NumberLiteral): number {
  return Math.trunc(Math.round(value * 1e9) / 1e6)
}

/** Seconds that an int64 of nanoseconds can hold. */
const DURATION_MAX_S = 2 ** 63 / 1e9

/** Stands for a duration that was refused. */
const NO_DURATION: NumberLiteral = { type: 'NumberLiteral', value: 0, pos: { start: 0, end: 0 } }

const STRENGTHS: ReadonlyMap<TokenType, number> = new Map<TokenType, number>([
  ['+', 1],
  ['-', 1],
  ['*', 2],
  ['/', 2],
  ['%', 2],
  ['^', 3],
])

const STRONGEST = 3

/** Durations in brackets and behind `offset`: literals, and with an option arithmetic of them. */
export class DurationParser {
  readonly #tokens: TokenStream
  readonly #options: QueryOptions
  /** In all durations of the query: more than that are not deep, but nobody's either. */
  #operators = 0

  constructor(tokens: TokenStream, options: QueryOptions) {
    this.#tokens = tokens
    this.#options = options
  }

  /** In brackets: more than nothing. */
  positive(): DurationOperand {
    const duration = this.#expression()
    if (duration.type === 'DurationExpr' || duration.value > 0) return duration
    this.#tokens.report(duration.pos, 'duration must be greater than 0')
    return NO_DURATION
  }

  /**
   * Behind `offset`: only what begins with a parenthesis goes on after its first part, so that `a offset 5m + b` adds b to
   * what was 5m ago.
   */
  offset(): DurationOperand {
    const tokens = this.#tokens
    const { type } = tokens.peek()
    if (isNumberToken(type)) return this.#literal()
    if (isFunction(type)) return this.#function()
    if (type !== '+' && type !== '-') return this.#expression()
    const sign = tokens.next()
    const after = tokens.peek().type
    if (isNumberToken(after)) return this.#signed(sign, this.#unboundedLiteral())
    if (isFunction(after)) {
      // The sign stays, whichever it is, where parentheses would lose a plus.
      const operand = this.#function()
      return { type: 'DurationExpr', op: signOf(sign), rhs: operand, pos: spanOf(sign, operand.pos) }
    }
    if (after === '(') return this.#signed(sign, this.#parenthesis({ isChecked: false }))
    const operand = this.#signed(sign, this.#expression(STRONGEST))
    return this.#infix(operand, 1)
  }

  #expression(weakest = 1): DurationOperand {
    this.#tokens.enter()
    const duration = this.#infix(this.#prefix(), weakest)
    this.#tokens.leave()
    return duration
  }

  #infix(first: DurationOperand, weakest: number): DurationOperand {
    const tokens = this.#tokens
    let lhs = first
    for (;;) {
      const strength = STRENGTHS.get(tokens.peek().type)
      if (strength === undefined || strength < weakest) return lhs
      tokens.checkDepth(++this.#operators)
      const operator = tokens.next()
      const rhs = this.#expression(operator.type === '^' ? strength : strength + 1)
      this.#checkEnabled(lhs.pos)
      lhs = this.#binary(operator, lhs, rhs)
    }
  }

  #binary(operator: Token, lhs: DurationOperand, rhs: DurationOperand): DurationOperand {
    const isByZero = rhs.type === 'NumberLiteral' && rhs.value === 0
    if (isByZero && (operator.type === '/' || operator.type === '%')) {
      this.#tokens.report(operator, `${operator.type === '/' ? 'division' : 'modulo'} by zero`)
      return NO_DURATION
    }
    return { type: 'DurationExpr', op: operatorOf(operator), lhs, rhs, pos: spanOf(lhs.pos, rhs.pos) }
  }

  #prefix(): DurationOperand {
    const { type } = this.#tokens.peek()
    if (isNumberToken(type)) return this.#literal()
    if (isFunction(type)) return this.#function()
    if (type === '(') return this.#parenthesis({ isChecked: true })
    if (type !== '+' && type !== '-') return this.#tokens.fail()
    const sign = this.#tokens.next()
    return this.#signed(sign, this.#expression(STRONGEST))
  }

  #literal(): NumberLiteral {
    const literal = this.#unboundedLiteral()
    return this.#isInRange(literal) ? literal : this.#outOfRange(literal.pos)
  }

  #unboundedLiteral(): NumberLiteral {
    return parseNumberLiteral(this.#tokens)
  }

  #signed(sign: Token, operand: DurationOperand): DurationOperand {
    const isNegative = sign.type === '-'
    if (operand.type === 'DurationExpr') {
      if (!isNegative) return operand
      return { type: 'DurationExpr', op: '-', rhs: operand, pos: spanOf(sign, operand.pos) }
    }
    const value = isNegative ? -operand.value : operand.value
    const literal = { ...operand, value, pos: spanOf(sign, operand.pos) }
    return this.#isInRange(literal) ? literal : this.#outOfRange(sign)
  }

  #isInRange({ value }: NumberLiteral): boolean {
    return Math.abs(value) <= DURATION_MAX_S
  }

  #outOfRange(pos: Position): NumberLiteral {
    this.#tokens.report({ start: pos.start, end: pos.end }, 'duration out of range')
    return NO_DURATION
  }

  /** `step()`, `range()`, `min_of(…, …)`, `max_of(…, …)`. */
  #function(): DurationExpr {
    const tokens = this.#tokens
    const name = tokens.next()
    tokens.expect('(')
    let operands: Pick<DurationExpr, 'lhs' | 'rhs'> = {}
    if (name.type === 'min_of' || name.type === 'max_of') {
      const lhs = this.#expression()
      tokens.expect(',')
      operands = { lhs, rhs: this.#expression() }
    }
    const closing = tokens.expect(')')
    const { lhs, rhs } = operands
    // Prometheus gives the place of the operands, not that of the name, to functions that have some.
    const pos = lhs === undefined || rhs === undefined ? spanOf(name, closing) : spanOf(lhs.pos, rhs.pos)
    this.#checkEnabled(pos)
    return { type: 'DurationExpr', op: functionOf(name), ...operands, pos }
  }

  /** A number in parentheses becomes an expression, so that they are printed again. */
  #parenthesis({ isChecked }: { readonly isChecked: boolean }): DurationExpr {
    const tokens = this.#tokens
    const opening = tokens.expect('(')
    const inner = this.#expression()
    tokens.expect(')')
    if (isChecked) this.#checkEnabled(inner.pos)
    if (inner.type === 'DurationExpr') return { ...inner, isWrapped: true }
    const start = isChecked ? opening.start : inner.pos.start
    return { type: 'DurationExpr', op: '+', rhs: inner, isWrapped: true, pos: { start, end: inner.pos.end } }
  }

  #checkEnabled(pos: Position): void {
    if (this.#options.durationExpressions === true) return
    this.#tokens.report(pos, 'experimental duration expression is not enabled')
  }
}

function isFunction(type: TokenType): boolean {
  return type === 'step' || type === 'range' || type === 'min_of' || type === 'max_of'
}

function functionOf({ type }: Token): DurationExpr['op'] {
  if (type === 'step' || type === 'range') return type
  return type === 'min_of' ? 'min' : 'max'
}

function signOf({ type }: Token): '+' | '-' {
  return type === '-' ? '-' : '+'
}

function operatorOf({ type }: Token): DurationExpr['op'] {
  return type === '+' || type === '-' || type === '*' || type === '/' || type === '%' ? type : '^'
}
