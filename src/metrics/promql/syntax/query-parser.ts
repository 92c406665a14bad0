import { goQuote } from '../../../base/go-quote.ts'
import type { AggregateExpr, AggregateOp, BinaryExpr, BinaryOp, Call, Expr, ParenExpr, Position } from './ast.ts'
import { functionSignature } from './function-signatures.ts'
import { parseBinaryModifiers } from './parse-binary-modifiers.ts'
import { DurationParser, isNumberToken, parseNumberLiteral } from './parse-duration.ts'
import { parseGrouping } from './parse-grouping.ts'
import { SelectorModifiers } from './parse-modifiers.ts'
import { parseVectorSelector } from './parse-selector.ts'
import type { QueryOptions } from './query-options.ts'
import { isSpace } from './source.ts'
import { unquote } from './strings.ts'
import { spanOf, type TokenStream } from './token-stream.ts'
import { isAggregator, isMetricName, isPreprocessor, startsExpression, type Token, type TokenType } from './tokens.ts'

/** How strongly operators bind; all of them to the left but the power. */
const STRENGTHS: ReadonlyMap<TokenType, number> = new Map<TokenType, number>([
  ['or', 1],
  ['and', 2],
  ['unless', 2],
  ['==', 3],
  ['!=', 3],
  ['<', 3],
  ['<=', 3],
  ['>', 3],
  ['>=', 3],
  ['</', 3],
  ['>/', 3],
  ['+', 4],
  ['-', 4],
  ['*', 5],
  ['/', 5],
  ['%', 5],
  ['atan2', 5],
  ['^', 6],
])

const STRONGEST = 6

/**
 * Reads expressions: operators by their strength, everything else by descent.
 *
 * It takes the decisions of Prometheus' grammar (promql/parser/generated_parser.y), those that its conflicts come down to
 * included: a sign binds less than a power and what follows a selector binds most.
 */
export class QueryParser {
  readonly #tokens: TokenStream
  readonly #options: QueryOptions
  readonly #modifiers: SelectorModifiers
  /** How many levels the expression has that was read last. */
  #height = 0

  constructor(tokens: TokenStream, options: QueryOptions) {
    this.#tokens = tokens
    this.#options = options
    this.#modifiers = new SelectorModifiers(tokens, options, new DurationParser(tokens, options))
  }

  expression(weakest = 1): Expr {
    const tokens = this.#tokens
    tokens.enter()
    let lhs = this.#modifiers.parse(this.#prefix())
    for (;;) {
      const strength = STRENGTHS.get(tokens.peek().type)
      if (strength === undefined || strength < weakest) break
      const lhsHeight = this.#height
      lhs = this.#binary(lhs, strength)
      this.#rise(lhsHeight)
    }
    tokens.leave()
    return lhs
  }

  #rise(sibling = 0): void {
    this.#height = Math.max(this.#height, sibling) + 1
    this.#tokens.checkDepth(this.#height)
  }

  #binary(lhs: Expr, strength: number): BinaryExpr {
    const operator = this.#tokens.next()
    const modifiers = parseBinaryModifiers(this.#tokens)
    const rhs = this.expression(operator.type === '^' ? strength : strength + 1)
    const pos = spanOf(lhs.pos, rhs.pos)
    const { fillLeft, fillRight } = modifiers.matching
    if (this.#options.fillModifiers !== true && (fillLeft !== undefined || fillRight !== undefined)) {
      this.#tokens.report(pos, 'binop fill modifiers are experimental and not enabled')
    }
    return { type: 'BinaryExpr', op: operator.type as BinaryOp, lhs, rhs, ...modifiers, pos }
  }

  #prefix(): Expr {
    this.#height = 1
    const token = this.#tokens.peek()
    const { type } = token
    if (isNumberToken(type)) return parseNumberLiteral(this.#tokens)
    if (type === '(') return this.#paren()
    if (type === '+' || type === '-') return this.#signed()
    if (type === 'string') {
      const { text, start, end } = this.#tokens.next()
      return { type: 'StringLiteral', value: unquote(text), pos: { start, end } }
    }
    if (type === '{') return parseVectorSelector(this.#tokens)
    if (!isMetricName(type)) return this.#tokens.fail()
    this.#tokens.next()
    const after = this.#tokens.peek().type
    if (isAggregator(type) && (after === '(' || after === 'by' || after === 'without')) {
      return this.#aggregate(token, type)
    }
    if (after === '(' && (type === 'identifier' || isPreprocessor(type))) return this.#call(token)
    return parseVectorSelector(this.#tokens, token)
  }

  #paren(): ParenExpr {
    const opening = this.#tokens.next()
    const expr = this.expression()
    const closing = this.#tokens.expect(')')
    this.#rise()
    return { type: 'ParenExpr', expr, pos: spanOf(opening, closing) }
  }

  #signed(): Expr {
    const sign = this.#tokens.next()
    const expr = this.expression(STRONGEST)
    const pos = spanOf(sign, expr.pos)
    if (expr.type === 'NumberLiteral') return { ...expr, value: sign.type === '-' ? -expr.value : expr.value, pos }
    this.#rise()
    return { type: 'UnaryExpr', op: sign.type === '-' ? '-' : '+', expr, pos }
  }

  #call(name: Token): Call {
    const args = this.#arguments()
    const pos = { start: name.start, end: this.#tokens.lastClosing }
    const signature = functionSignature(name.text)
    if (signature === undefined) {
      this.#tokens.report(name, `unknown function with name ${goQuote(name.text)}`)
    } else if (signature.isExperimental && this.#options.experimentalFunctions !== true) {
      this.#tokens.report(name, `function ${goQuote(name.text)} is not enabled`)
    }
    return { type: 'Call', func: name.text, args, pos }
  }

  #arguments(): readonly Expr[] {
    const tokens = this.#tokens
    tokens.expect('(')
    const args: Expr[] = []
    let height = 0
    if (tokens.peek().type !== ')') {
      do {
        args.push(this.expression())
        height = Math.max(height, this.#height)
      } while (this.#acceptComma())
    }
    tokens.expect(')')
    this.#height = height
    this.#rise()
    return args
  }

  /** Whether there is a comma with another argument behind it. */
  #acceptComma(): boolean {
    const tokens = this.#tokens
    for (let comma = tokens.accept(','); comma !== undefined; comma = tokens.accept(',')) {
      if (startsExpression(tokens.peek().type)) return true
      tokens.report(comma, 'trailing commas not allowed in function call args')
    }
    return false
  }

  #aggregate(name: Token, op: AggregateOp): AggregateExpr {
    const tokens = this.#tokens
    tokens.enterContext({ name: 'aggregation' })
    let grouping = this.#grouping()
    const args = this.#arguments()
    const isGroupedBefore = grouping !== undefined
    grouping ??= this.#grouping()
    tokens.leaveContext()
    const isReadAhead = !isGroupedBefore && grouping === undefined
    const end = isReadAhead ? endOfCall(tokens) : tokens.lastClosing
    const pos = { start: name.start, end }
    return { type: 'AggregateExpr', op, ...this.#operands(op, args, pos), ...(grouping ?? UNGROUPED), pos }
  }

  #grouping(): Pick<AggregateExpr, 'grouping' | 'without'> | undefined {
    const { type } = this.#tokens.peek()
    if (type !== 'by' && type !== 'without') return undefined
    this.#tokens.next()
    return { grouping: parseGrouping(this.#tokens), without: type === 'without' }
  }

  #operands(op: AggregateOp, args: readonly Expr[], pos: Position): Pick<AggregateExpr, 'expr' | 'param'> {
    const [first = NOTHING, second = NOTHING] = args
    const hasParam = PARAMETRIC.has(op)
    const expected = hasParam ? 2 : 1
    const problem = this.#argumentProblem(op, args.length, expected)
    if (problem !== undefined) this.#tokens.report(pos, problem)
    return hasParam ? { param: first, expr: second } : { expr: first }
  }

  #argumentProblem(op: AggregateOp, count: number, expected: number): string | undefined {
    if (count === 0) return 'no arguments for aggregate expression provided'
    if (this.#options.experimentalFunctions !== true && EXPERIMENTAL.has(op)) {
      return `${op}() is experimental and must be enabled with --enable-feature=promql-experimental-functions`
    }
    if (count === expected) return undefined
    return `wrong number of arguments for aggregate expression provided, expected ${expected}, got ${count}`
  }
}

const UNGROUPED: Pick<AggregateExpr, 'grouping' | 'without'> = { grouping: [], without: false }

/** Stands for an operand that is missing, which has been reported. */
const NOTHING: Expr = { type: 'NumberLiteral', value: 0, pos: { start: 0, end: 0 } }

const PARAMETRIC: ReadonlySet<AggregateOp> = new Set<AggregateOp>([
  'topk',
  'bottomk',
  'count_values',
  'quantile',
  'limitk',
  'limit_ratio',
])

const EXPERIMENTAL: ReadonlySet<AggregateOp> = new Set<AggregateOp>(['limitk', 'limit_ratio'])

/**
 * Where an aggregation ends that has no grouping behind it: the token after it has been read by then, so if that one is a
 * parenthesis too, the one before it counts.
 */
function endOfCall(tokens: TokenStream): number {
  const { bytes, lastClosing } = tokens
  const { start } = tokens.peek()
  if (bytes.charAt(start) !== ')') return lastClosing
  let before = start - 1
  while (before > 0 && isSpace(bytes.charAt(before))) before--
  return bytes.charAt(before) === ')' ? before + 1 : lastClosing
}
