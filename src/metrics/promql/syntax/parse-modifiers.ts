import { formatFloat } from '../../../base/go-numbers.ts'
import type { AtModifier, Expr, MatrixSelector, Position, SubqueryExpr, TimeModifiers, VectorSelector } from './ast.ts'
import {
  durationSeconds,
  isNumberToken,
  millisecondsOf,
  numberOf,
  type DurationOperand,
  type DurationParser,
} from './parse-duration.ts'
import type { QueryOptions } from './query-options.ts'
import type { Context, TokenStream } from './token-stream.ts'
import { spanOf } from './token-stream.ts'
import type { Token } from './tokens.ts'

const OFFSET: Context = { name: 'offset', expected: 'number, duration, step(), or range()' }
const TIMESTAMP: Context = { name: '@', expected: 'timestamp' }
const RANGE: Context = { name: 'subquery or range selector', expected: 'number, duration, step(), or range()' }
const AFTER_RANGE: Context = { name: 'subquery or range', expected: '":" or "]"' }
const STEP: Context = { name: 'subquery selector', expected: 'number, duration, step(), range(), or "]"' }
const AFTER_STEP: Context = { name: 'subquery selector', expected: '"]"' }

const NO_SELECTOR = 'ranges only allowed for vector selectors'

/** What may follow an expression and binds most: `[5m]`, `[1h:1m]`, `offset 5m`, `@ 1700000000`, `anchored`, `smoothed`. */
export class SelectorModifiers {
  readonly #tokens: TokenStream
  readonly #options: QueryOptions
  readonly #durations: DurationParser
  /** Ranges over what is no selector. They have been reported, and are reported again where they are modified. */
  readonly #ranges = new WeakSet<VectorSelector>()

  constructor(tokens: TokenStream, options: QueryOptions, durations: DurationParser) {
    this.#tokens = tokens
    this.#options = options
    this.#durations = durations
  }

  parse(first: Expr): Expr {
    let expr = first
    for (;;) {
      const { type } = this.#tokens.peek()
      if (type === '[') expr = this.#brackets(expr)
      else if (type === 'offset') expr = this.#offset(expr)
      else if (type === '@') expr = this.#at(expr)
      else if (type === 'anchored' || type === 'smoothed') expr = this.#extended(expr, type)
      else return expr
    }
  }

  #brackets(expr: Expr): MatrixSelector | SubqueryExpr {
    const tokens = this.#tokens
    const opening = tokens.next()
    tokens.enterContext(RANGE)
    const range = this.#durations.positive()
    tokens.leaveContext()
    if (tokens.accept(':') !== undefined) return this.#subquery(expr, range)
    const closing = tokens.expect(']', AFTER_RANGE)
    return this.#matrix(expr, range, spanOf(opening, closing))
  }

  #matrix(expr: Expr, range: DurationOperand, brackets: Position): MatrixSelector {
    let problem: string | undefined
    if (expr.type !== 'VectorSelector') problem = NO_SELECTOR
    else if (expr.offsetMs !== 0 || expr.offsetExpr !== undefined) problem = 'no offset modifiers allowed before range'
    else if (expr.at !== undefined) problem = 'no @ modifiers allowed before range'
    if (problem !== undefined) this.#tokens.report(brackets, problem)
    const selector = expr.type === 'VectorSelector' ? expr : this.#standIn(expr)
    const pos = { start: expr.pos.start, end: this.#tokens.lastClosing }
    return { type: 'MatrixSelector', selector, ...durationFields(range, 'range'), pos }
  }

  #standIn({ pos }: Expr): VectorSelector {
    const selector: VectorSelector = { type: 'VectorSelector', name: '', matchers: [], offsetMs: 0, pos }
    this.#ranges.add(selector)
    return selector
  }

  #subquery(expr: Expr, range: DurationOperand): SubqueryExpr {
    const tokens = this.#tokens
    let step: Pick<SubqueryExpr, 'stepMs' | 'stepExpr'> = { stepMs: 0 }
    if (tokens.peek().type !== ']') {
      tokens.enterContext(STEP)
      step = durationFields(this.#durations.positive(), 'step')
      tokens.leaveContext()
    }
    const closing = tokens.expect(']', AFTER_STEP)
    const pos = spanOf(expr.pos, closing)
    return { type: 'SubqueryExpr', expr, ...durationFields(range, 'range'), ...step, offsetMs: 0, pos }
  }

  #offset(expr: Expr): Expr {
    this.#tokens.next()
    this.#tokens.enterContext(OFFSET)
    const offset = this.#durations.offset()
    this.#tokens.leaveContext()
    const target = this.#target(expr, 'offset modifier')
    if (target === undefined) return expr
    if (target.offsetMs !== 0 || target.offsetExpr !== undefined) {
      this.#tokens.report(expr.pos, 'offset may not be set multiple times')
    }
    return this.#modified(expr, durationFields(offset, 'offset'))
  }

  #at(expr: Expr): Expr {
    const tokens = this.#tokens
    tokens.next()
    tokens.enterContext(TIMESTAMP)
    const at = this.#timestamp(expr)
    tokens.leaveContext()
    const target = this.#target(expr, '@ modifier')
    if (target === undefined) return expr
    if (target.at !== undefined) {
      tokens.report(expr.pos, '@ <timestamp> may not be set multiple times')
      return expr
    }
    return this.#modified(expr, { at })
  }

  #timestamp(expr: Expr): AtModifier {
    const tokens = this.#tokens
    const { type } = tokens.peek()
    if (type === 'start' || type === 'end') {
      tokens.next()
      tokens.expect('(')
      tokens.expect(')')
      return type
    }
    const seconds = this.#signedNumber()
    if (!(Math.abs(seconds) < 2 ** 63)) {
      tokens.report(expr.pos, `timestamp out of bounds for @ modifier: ${formatFloat(seconds, 'f', 6)}`)
    }
    return roundHalfAway(seconds * 1000)
  }

  #signedNumber(): number {
    const tokens = this.#tokens
    const isNegative = tokens.accept('-') !== undefined
    if (!isNegative) tokens.accept('+')
    if (!isNumberToken(tokens.peek().type)) tokens.fail()
    const token: Token = tokens.next()
    const value = token.type === 'duration' ? durationSeconds(tokens, token) : numberOf(tokens, token)
    return isNegative ? -value : value
  }

  #extended(expr: Expr, word: 'anchored' | 'smoothed'): Expr {
    const tokens = this.#tokens
    tokens.next()
    const problem = this.#extendedProblem(expr, word)
    if (problem !== undefined) tokens.report(expr.pos, problem)
    if (expr.type === 'VectorSelector') return { ...expr, [word]: true }
    if (expr.type !== 'MatrixSelector') return expr
    return { ...expr, selector: { ...expr.selector, [word]: true } }
  }

  #extendedProblem(expr: Expr, word: 'anchored' | 'smoothed'): string | undefined {
    if (this.#options.extendedRangeSelectors !== true) return `${word} modifier is experimental and not enabled`
    if (expr.type === 'SubqueryExpr') return `${word} modifier is not supported for subqueries`
    if (expr.type !== 'VectorSelector' && expr.type !== 'MatrixSelector') return `${word} modifier not implemented`
    const selector = expr.type === 'MatrixSelector' ? expr.selector : expr
    if (this.#ranges.has(selector)) return undefined
    const other = word === 'anchored' ? selector.smoothed : selector.anchored
    return other === true ? 'anchored and smoothed modifiers cannot be used together' : undefined
  }

  /** The part of an expression that modifiers of time change; none in what is neither a selector nor a subquery. */
  #target(expr: Expr, modifier: string): TimeModifiers | undefined {
    if (expr.type === 'VectorSelector' || expr.type === 'SubqueryExpr') return expr
    if (expr.type === 'MatrixSelector' && !this.#ranges.has(expr.selector)) return expr.selector
    const problem =
      expr.type === 'MatrixSelector'
        ? NO_SELECTOR
        : `${modifier} must be preceded by an instant vector selector or range vector selector or a subquery`
    this.#tokens.report(expr.pos, problem)
    return undefined
  }

  #modified(expr: Expr, change: Partial<TimeModifiers>): Expr {
    const pos = { start: expr.pos.start, end: this.#tokens.lastClosing }
    if (expr.type === 'MatrixSelector') return { ...expr, selector: { ...expr.selector, ...change }, pos }
    return expr.type === 'VectorSelector' || expr.type === 'SubqueryExpr' ? { ...expr, ...change, pos } : expr
  }
}

type DurationFields<Name extends string> = { readonly [Key in `${Name}Ms`]: number } & {
  readonly [Key in `${Name}Expr`]?: Exclude<DurationOperand, { type: 'NumberLiteral' }>
}

/** `rangeMs` of a literal, `rangeExpr` of what is to be computed. */
function durationFields<Name extends string>(duration: DurationOperand, name: Name): DurationFields<Name>
function durationFields(duration: DurationOperand, name: string): object {
  return duration.type === 'NumberLiteral'
    ? { [`${name}Ms`]: millisecondsOf(duration) }
    : { [`${name}Ms`]: 0, [`${name}Expr`]: duration }
}

/** As Go rounds: halves away from zero. */
function roundHalfAway(value: number): number {
  return Math.sign(value) * Math.round(Math.abs(value))
}
