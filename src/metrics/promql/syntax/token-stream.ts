import { ParseError, type QueryProblem } from './parse-error.ts'
import type { Position } from './ast.ts'
import { Lexer } from './lexer.ts'
import { bytesOf } from './source.ts'
import { describeToken, type Token, type TokenType } from './tokens.ts'

/** The part of a query in which an unexpected token was found, and what could have stood there. */
export interface Context {
  readonly name: string
  readonly expected?: string
}

/** Thrown where a query cannot be read further; what is wrong has been reported. */
class Abort extends Error {}

/**
 * How deep expressions may lie in one another; `a + a + a` has three levels. Whoever walks over them does so on the call stack:
 * evaluation, which takes most of it, fails from about 700 `sum(` on before the code is warm.
 */
const DEPTH_MAX = 500

/**
 * Tokens with one of look-ahead, and what is wrong so far.
 *
 * A token is read only when it is asked for: that decides which of two errors comes first, and what `lastClosing` is.
 */
export class TokenStream {
  readonly #query: string
  readonly bytes: string
  readonly #lexer: { next(): Token }
  readonly #problems: QueryProblem[] = []
  readonly #contexts: Context[] = []
  #ahead: Token | undefined
  #depth = 0
  /** Where the last token ends that may end an expression, look-ahead included. */
  lastClosing = 0

  constructor(query: string, lexerOf: (bytes: string) => { next(): Token } = (bytes) => new Lexer(bytes)) {
    this.#query = query
    this.bytes = bytesOf(query)
    this.#lexer = lexerOf(this.bytes)
  }

  get hasProblems(): boolean {
    return this.#problems.length > 0
  }

  peek(): Token {
    this.#ahead ??= this.#read()
    return this.#ahead
  }

  next(): Token {
    const token = this.peek()
    this.#ahead = undefined
    return token
  }

  /** Reads the next token if it is of this type. */
  accept(type: TokenType): Token | undefined {
    return this.peek().type === type ? this.next() : undefined
  }

  /** Reads the next token, which has to be of this type. */
  expect(type: TokenType, context?: Context): Token {
    return this.accept(type) ?? this.fail(context)
  }

  report(pos: Position, message: string): void {
    this.#problems.push({ pos: { start: pos.start, end: pos.end }, message })
  }

  /** Gives up at the token ahead. The context is the innermost one that was entered, unless one is named. */
  fail(context: Context | undefined = this.#contexts.at(-1)): never {
    const token = this.peek()
    // The lexer has said what is wrong already.
    if (token.type !== 'error') {
      const where = context === undefined ? '' : ` in ${context.name}`
      const expected = context?.expected === undefined ? '' : `, expected ${context.expected}`
      this.report({ start: token.start, end: token.end }, `unexpected ${describeToken(token)}${where}${expected}`)
    }
    throw new Abort()
  }

  /** From here on an unexpected token is reported with this context, unless a closer one is known. */
  enterContext(context: Context): void {
    this.#contexts.push(context)
  }

  leaveContext(): void {
    this.#contexts.pop()
  }

  /** One level deeper. Not a function around a function: that would double what a level takes of the call stack. */
  enter(): void {
    this.#depth++
    this.checkDepth(this.#depth)
  }

  leave(): void {
    this.#depth--
  }

  checkDepth(depth: number): void {
    if (depth <= DEPTH_MAX) return
    const { start, end } = this.peek()
    this.report({ start, end }, `expression is nested too deeply: more than ${DEPTH_MAX} levels`)
    throw new Abort()
  }

  /** The result of `read`, unless anything was found wrong by then. */
  finish<T>(read: () => T | undefined): T {
    let result: T | undefined
    try {
      result = read()
    } catch (failure) {
      if (!(failure instanceof Abort)) throw failure
    }
    if (this.hasProblems || result === undefined) throw new ParseError(this.#query, this.#problems)
    return result
  }

  #read(): Token {
    const token = this.#lexer.next()
    if (token.type === 'error') this.report({ start: token.start, end: token.end }, token.text)
    else if (CLOSING.has(token.type)) this.lastClosing = token.end
    return token
  }
}

const CLOSING: ReadonlySet<TokenType> = new Set<TokenType>(['}', ')', ']', 'duration', 'number'])

/** From the beginning of one part to the end of another. */
export function spanOf(first: Position, last: Position): Position {
  return { start: first.start, end: last.end }
}
