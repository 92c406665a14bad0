import type { Expr, ListLiteral, MapLiteral, StructLiteral } from './ast.ts'
import type { Issue } from './issues.ts'
import { type Token, type TokenKind, tokenize } from './lexer.ts'
import { type Macro, MacroError, NodeBuilder } from './macros.ts'
import { UnescapeError, unescapeBytes, unescapeString } from './unescape.ts'
import { CelError, characterCount, Uint, type Value } from './values.ts'
import { intOf, uintOf } from './arithmetic.ts'

/** google/cel-go parser/parser.go */
const NESTING_MAX = 250
const SOURCE_LENGTH_MAX = 100_000

const RESERVED = new Set(
  [
    'as break const continue else false for function if import in let loop package namespace null return true var void while',
  ].flatMap((words) => words.split(' ')),
)

const RELATIONS: Readonly<Record<string, string>> = {
  '<': '_<_',
  '<=': '_<=_',
  '>=': '_>=_',
  '>': '_>_',
  '==': '_==_',
  '!=': '_!=_',
  in: '@in',
}
const SUMS: Readonly<Record<string, string>> = { '+': '_+_', '-': '_-_' }
const PRODUCTS: Readonly<Record<string, string>> = { '*': '_*_', '/': '_/_', '%': '_%_' }

const EXPRESSION_START =
  "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"
const MEMBER_START = EXPRESSION_START.replace(", '!'", '')

export interface ParserOptions {
  readonly macros: ReadonlyMap<string, Macro>
}

/** Under which key of `ParserOptions.macros` a macro stands. */
export function macroKey(name: string, argCount: number, receiver: boolean): string {
  return `${name}:${argCount}:${receiver}`
}

/** No expression when there are issues. */
export function parse(
  source: string,
  options: ParserOptions,
): { readonly expr: Expr | undefined; readonly issues: readonly Issue[] } {
  const length = characterCount(source)
  if (length > SOURCE_LENGTH_MAX) {
    const message = `expression code point size exceeds limit: size: ${length}, limit ${SOURCE_LENGTH_MAX}`
    return { expr: undefined, issues: [{ offset: -1, message }] }
  }
  const { tokens, issues } = tokenize(source)
  const parser = new Parser(source, tokens, options)
  const expr = parser.parse()
  const found = [...issues, ...parser.issues]
  return { expr: found.length === 0 ? expr : undefined, issues: found }
}

/** What ends the parsing: everything after it would be a guess. */
class SyntaxIssue extends Error {
  override readonly name = 'SyntaxIssue'
  readonly offset: number

  constructor(offset: number, message: string) {
    super(message)
    this.offset = offset
  }
}

class Parser {
  readonly issues: Issue[] = []
  readonly #source: string
  readonly #tokens: readonly Token[]
  readonly #options: ParserOptions
  /** How many operators, selections and calls lie on the deepest path below a node. */
  readonly #depths = new Map<Expr, number>()
  #at = 0
  #nesting = 0

  constructor(source: string, tokens: readonly Token[], options: ParserOptions) {
    this.#source = source
    this.#tokens = tokens
    this.#options = options
  }

  parse(): Expr | undefined {
    try {
      const expr = this.#expression()
      if (this.#peek().kind !== 'end') throw this.#unexpected('<EOF>', (token) => token.kind === 'end')
      return expr
    } catch (failure) {
      if (!(failure instanceof SyntaxIssue)) throw failure
      this.issues.push({ offset: failure.offset, message: failure.message })
      return undefined
    }
  }

  #expression(): Expr {
    this.#nesting++
    if (this.#nesting > NESTING_MAX) {
      throw new SyntaxIssue(-1, `expression recursion limit exceeded: ${NESTING_MAX}`)
    }
    const condition = this.#disjunction()
    const question = this.#accept('?')
    let expr = condition
    if (question !== undefined) {
      const whenTrue = this.#disjunction()
      this.#expect(':')
      const whenFalse = this.#expression()
      expr = this.#operator(question, '_?_:_', 1, condition, whenTrue, whenFalse)
    }
    this.#nesting--
    return expr
  }

  #disjunction(): Expr {
    return this.#chain('||', '_||_', () => this.#conjunction())
  }

  #conjunction(): Expr {
    return this.#chain('&&', '_&&_', () => this.#relation())
  }

  /** Chains of `&&` and `||` become balanced trees, as deep chains would cost stack. */
  #chain(operator: string, name: string, term: () => Expr): Expr {
    const terms = [term()]
    const operators: Token[] = []
    for (let token = this.#accept(operator); token !== undefined; token = this.#accept(operator)) {
      operators.push(token)
      terms.push(term())
    }
    const balance = (low: number, high: number): Expr => {
      const middle = Math.floor((low + high + 1) / 2)
      const left = middle === low ? terms[middle] : balance(low, middle - 1)
      const right = middle === high ? terms[middle + 1] : balance(middle + 1, high)
      const token = operators[middle]
      if (left === undefined || right === undefined || token === undefined) throw new RangeError('chain without terms')
      return this.#operator(token, name, 0, left, right)
    }
    return operators.length === 0 ? given(terms[0]) : balance(0, operators.length - 1)
  }

  #relation(): Expr {
    return this.#leftAssociative(RELATIONS, () => this.#sum())
  }

  #sum(): Expr {
    return this.#leftAssociative(SUMS, () => this.#product())
  }

  #product(): Expr {
    return this.#leftAssociative(PRODUCTS, () => this.#unary())
  }

  #leftAssociative(operators: Readonly<Record<string, string>>, operand: () => Expr): Expr {
    let left = operand()
    for (;;) {
      const token = this.#peek()
      const name = token.kind === 'punctuation' ? operators[token.text] : undefined
      if (name === undefined) return left
      this.#at++
      left = this.#operator(token, name, 1, left, operand())
    }
  }

  #unary(): Expr {
    const token = this.#peek()
    if (token.kind === 'punctuation' && token.text === '!') return this.#prefixed('!', '!_')
    if (token.kind === 'punctuation' && token.text === '-' && !this.#isNumber(1)) return this.#prefixed('-', '-_')
    return this.#member(EXPRESSION_START)
  }

  #prefixed(operator: string, name: string): Expr {
    const first = this.#peek()
    let count = 0
    while (this.#accept(operator) !== undefined) count++
    const operand = this.#member(MEMBER_START)
    return count % 2 === 0 ? operand : this.#operator(first, name, 0, operand)
  }

  #member(expected: string): Expr {
    let expr = this.#primary(expected)
    for (;;) {
      const dot = this.#accept('.')
      if (dot !== undefined) {
        expr = this.#selection(expr, dot)
        continue
      }
      const bracket = this.#accept('[')
      if (bracket === undefined) return expr
      const optional = this.#accept('?') !== undefined
      const index = this.#expression()
      this.#expect(']')
      expr = this.#operator(bracket, optional ? '_[?_]' : '_[_]', 1, expr, index)
    }
  }

  #selection(operand: Expr, dot: Token): Expr {
    const optional = this.#accept('?') !== undefined
    const name = this.#peek()
    if (name.kind !== 'identifier' && name.kind !== 'escapedIdentifier') {
      throw new SyntaxIssue(name.offset, `Syntax error: ${this.#noAlternative(dot, name)}`)
    }
    this.#at++
    const field = name.kind === 'identifier' ? name.text : name.text.slice(1, -1)
    if (optional) {
      const literal: Expr = { kind: 'literal', offset: name.offset, value: field }
      return this.#operator(dot, '_?._', 1, operand, literal)
    }
    const open = name.kind === 'identifier' ? this.#accept('(') : undefined
    if (open !== undefined) return this.#memberCall(operand, name.text, open)
    return this.#deep({ kind: 'select', offset: dot.offset, operand, field, testOnly: false }, 1, [operand])
  }

  /** cel-go renames what its parser generator says about words of the grammar. */
  #noAlternative(dot: Token, found: Token): string {
    if (/^(true|false|null)$/.test(found.text)) return `mismatched input '${found.text}' expecting IDENTIFIER`
    const input = found.kind === 'end' ? '.' : this.#source.slice(dot.start, found.start + found.text.length)
    return `no viable alternative at input '${input}'`
  }

  #memberCall(target: Expr, name: string, open: Token): Expr {
    const args = this.#arguments()
    const macro = this.#options.macros.get(macroKey(name, args.length, true))
    const expanded = macro === undefined ? undefined : this.#expand(macro, open, target, args)
    const expr: Expr = expanded ?? { kind: 'call', offset: open.offset, target, name, args }
    return this.#deep(expr, 1, [target, ...args])
  }

  #arguments(): Expr[] {
    const args: Expr[] = []
    if (this.#accept(')') !== undefined) return args
    do args.push(this.#expression())
    while (this.#accept(',') !== undefined)
    this.#expect(')')
    return args
  }

  #expand(macro: Macro, at: Token, target: Expr, args: readonly Expr[]): Expr | undefined {
    try {
      return macro.expand(new NodeBuilder(at.offset), target, args)
    } catch (failure) {
      if (!(failure instanceof MacroError)) throw failure
      this.issues.push({ offset: failure.offset, message: failure.message })
      return { kind: 'literal', offset: at.offset, value: null }
    }
  }

  #primary(expected: string): Expr {
    const token = this.#peek()
    if (token.kind === 'punctuation') return this.#punctuated(token, expected)
    if (token.kind === 'identifier') return this.#name('')
    if (token.kind === 'end' || token.kind === 'escapedIdentifier') throw this.#unexpected(expected, startsExpression)
    this.#at++
    return this.#literal(token, '')
  }

  #punctuated(token: Token, expected: string): Expr {
    switch (token.text) {
      case '(': {
        this.#at++
        const expr = this.#expression()
        this.#expect(')')
        return expr
      }
      case '[':
        return this.#list()
      case '{':
        return this.#map()
      case '.': {
        this.#at++
        if (this.#peek().kind !== 'identifier') {
          throw new SyntaxIssue(this.#peek().offset, `Syntax error: ${this.#noAlternative(token, this.#peek())}`)
        }
        return this.#name('.')
      }
      case '-': {
        if (!this.#isNumber(1)) throw this.#unexpected(expected, startsExpression)
        this.#at += 2
        return this.#literal(given(this.#tokens[this.#at - 1]), '-', token.offset)
      }
      case 'true':
      case 'false':
      case 'null':
        this.#at++
        return { kind: 'literal', offset: token.offset, value: token.text === 'null' ? null : token.text === 'true' }
      default:
        throw this.#unexpected(expected, startsExpression)
    }
  }

  #name(leadingDot: string): Expr {
    const typeName = this.#structName()
    if (typeName !== undefined) return this.#struct(leadingDot + typeName)
    const token = this.#peek()
    this.#at++
    if (RESERVED.has(token.text)) {
      this.issues.push({ offset: token.offset, message: `reserved identifier: ${token.text}` })
    }
    const name = leadingDot + token.text
    const open = this.#accept('(')
    if (open === undefined) return { kind: 'ident', offset: token.offset, name }
    const args = this.#arguments()
    const macro = this.#options.macros.get(macroKey(name, args.length, false))
    const none: Expr = { kind: 'literal', offset: open.offset, value: null }
    const expanded = macro === undefined ? undefined : this.#expand(macro, open, none, args)
    return this.#deep(expanded ?? { kind: 'call', offset: open.offset, target: undefined, name, args }, 0, args)
  }

  /** `a.b.C` when a `{` follows it: a message, not a selection. Moves on to the `{`. */
  #structName(): string | undefined {
    let end = this.#at + 1
    while (this.#tokens[end]?.text === '.' && this.#tokens[end + 1]?.kind === 'identifier') end += 2
    if (this.#tokens[end]?.text !== '{' || this.#tokens[end]?.kind !== 'punctuation') return undefined
    const name = this.#tokens.slice(this.#at, end).map(({ text }) => text)
    this.#at = end
    return name.join('')
  }

  #struct(typeName: string): StructLiteral {
    const open = this.#expect('{')
    const fields: StructLiteral['fields'][number][] = []
    while (this.#peek().text !== '}') {
      const optional = this.#accept('?') !== undefined
      const name = this.#peek()
      if (name.kind !== 'identifier' && name.kind !== 'escapedIdentifier') {
        throw this.#unexpected("{'?', IDENTIFIER, ESC_IDENTIFIER}", (token) => token.kind === 'identifier')
      }
      this.#at++
      const colon = this.#expect(':')
      const field = name.kind === 'identifier' ? name.text : name.text.slice(1, -1)
      fields.push({ offset: colon.offset, name: field, value: this.#expression(), optional })
      if (this.#accept(',') === undefined) break
    }
    this.#expect('}')
    const expr: StructLiteral = { kind: 'struct', offset: open.offset, typeName, fields }
    return this.#deep(
      expr,
      0,
      fields.map(({ value }) => value),
    )
  }

  #list(): ListLiteral {
    const open = this.#expect('[')
    const elements: ListLiteral['elements'][number][] = []
    while (this.#peek().text !== ']') {
      const optional = this.#accept('?') !== undefined
      elements.push({ value: this.#expression(), optional })
      if (this.#accept(',') === undefined) break
    }
    this.#expect(']')
    const expr: ListLiteral = { kind: 'list', offset: open.offset, elements }
    return this.#deep(
      expr,
      0,
      elements.map(({ value }) => value),
    )
  }

  #map(): MapLiteral {
    const open = this.#expect('{')
    const entries: MapLiteral['entries'][number][] = []
    while (this.#peek().text !== '}') {
      const optional = this.#accept('?') !== undefined
      const key = this.#expression()
      this.#expect(':')
      entries.push({ key, value: this.#expression(), optional })
      if (this.#accept(',') === undefined) break
    }
    this.#expect('}')
    const expr: MapLiteral = { kind: 'map', offset: open.offset, entries }
    return this.#deep(
      expr,
      0,
      entries.flatMap(({ key, value }) => [key, value]),
    )
  }

  #literal(token: Token, sign: string, offset = token.offset): Expr {
    try {
      const value = literalValue(token.kind, token.text, sign)
      if (!(value instanceof CelError)) return { kind: 'literal', offset, value }
      this.issues.push({ offset, message: value.message })
    } catch (failure) {
      if (!(failure instanceof UnescapeError)) throw failure
      this.issues.push({ offset, message: failure.message })
    }
    return { kind: 'literal', offset, value: null }
  }

  #isNumber(ahead: number): boolean {
    const kind = this.#tokens[this.#at + ahead]?.kind
    return kind === 'int' || kind === 'float'
  }

  /** `step`: whether it counts against the nesting of operators. */
  #operator(at: Token, name: string, step: 0 | 1, ...args: Expr[]): Expr {
    return this.#deep({ kind: 'call', offset: at.offset, target: undefined, name, args }, step, args)
  }

  #deep<T extends Expr>(expr: T, step: number, children: readonly Expr[]): T {
    let depth = 0
    for (const child of children) depth = Math.max(depth, this.#depths.get(child) ?? 0)
    if (depth + step > NESTING_MAX) throw new SyntaxIssue(-1, 'max recursion depth exceeded')
    this.#depths.set(expr, depth + step)
    return expr
  }

  #peek(): Token {
    return given(this.#tokens[Math.min(this.#at, this.#tokens.length - 1)])
  }

  #accept(punctuation: string): Token | undefined {
    const token = this.#peek()
    if (token.kind !== 'punctuation' || token.text !== punctuation) return undefined
    this.#at++
    return token
  }

  #expect(punctuation: string): Token {
    const isIt = (token: Token): boolean => token.kind === 'punctuation' && token.text === punctuation
    return this.#accept(punctuation) ?? raise(this.#unexpected(`'${punctuation}'`, isIt))
  }

  /** Says `extraneous` where the input would be right without the token, `mismatched` otherwise, as ANTLR does. */
  #unexpected(expected: string, isExpected: (token: Token) => boolean): SyntaxIssue {
    const token = this.#peek()
    const next = this.#tokens[this.#at + 1]
    const how = next !== undefined && isExpected(next) ? 'extraneous' : 'mismatched'
    return new SyntaxIssue(token.offset, `Syntax error: ${how} input '${token.text}' expecting ${expected}`)
  }
}

function startsExpression(token: Token): boolean {
  if (token.kind === 'end' || token.kind === 'escapedIdentifier') return false
  return token.kind !== 'punctuation' || /^([[{(.\-!]|true|false|null)$/.test(token.text)
}

function literalValue(kind: TokenKind, text: string, sign: string): Value {
  switch (kind) {
    case 'int': {
      const value = intOf(BigInt(text) * (sign === '-' ? -1n : 1n))
      return value instanceof CelError ? new CelError('invalid int literal') : value
    }
    case 'uint': {
      const value = uintOf(BigInt(text.slice(0, -1)))
      return value instanceof Uint ? value : new CelError('invalid uint literal')
    }
    case 'float': {
      const value = Number(sign + text)
      return Number.isFinite(value) ? value : new CelError('invalid double literal')
    }
    case 'bytes':
      return unescapeBytes(text.slice(1))
    default:
      return unescapeString(text)
  }
}

function given<T>(value: T | undefined): T {
  if (value === undefined) throw new RangeError('the tokens of a source end with one of kind `end`')
  return value
}

function raise(failure: Error): never {
  throw failure
}
