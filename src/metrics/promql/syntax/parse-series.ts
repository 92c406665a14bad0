import type { FloatHistogram } from '../../model/histogram.ts'
import { addHistograms, subtractHistograms } from '../../model/histogram/arithmetic.ts'
import type { Labels } from '../../model/labels.ts'
import { parseHistogram, type HistogramReading } from './parse-histogram.ts'
import { numberOf } from './parse-duration.ts'
import { readMetric } from './parse-metric.ts'
import { SeriesLexer } from './series-lexer.ts'
import { type Context, TokenStream } from './token-stream.ts'
import type { Token, TokenType } from './tokens.ts'

/** One point of a series in a test file: `_`, `stale`, a number, a histogram. */
export type SequenceValue =
  | { readonly type: 'omitted' }
  | { readonly type: 'stale' }
  | { readonly type: 'float'; readonly value: number }
  | {
      readonly type: 'histogram'
      readonly histogram: FloatHistogram
      /** `counter_reset_hint` was written: it is to be compared, `unknown` included. */
      readonly hasHint: boolean
    }

/** A series as test files write one: `up{job="node"} 1 0x3 _ stale 1+1x10 {{schema:1 count:3}}x2`. */
export interface SeriesDescription {
  readonly labels: Labels
  readonly values: readonly SequenceValue[]
}

const VALUES: Context = { name: 'series values' }
const NUMBER_EXPECTED: Context = { name: 'series values', expected: 'number or "stale"' }

/** How many values one series may have: what a test writes by hand, not what fills a memory. */
const VALUES_MAX = 10_000_000

/** Reads a series of a test file or of promtool's rule tests. Throws a ParseError. */
export function parseSeriesDescription(text: string): SeriesDescription {
  const tokens = new TokenStream(text, (bytes) => new SeriesLexer(bytes))
  return tokens.finish(() => {
    const labels = readMetric(tokens)
    return { labels, values: new SequenceParser(tokens).parse() }
  })
}

class SequenceParser {
  readonly #tokens: TokenStream
  readonly #values: SequenceValue[] = []

  constructor(tokens: TokenStream) {
    this.#tokens = tokens
  }

  parse(): readonly SequenceValue[] {
    const tokens = this.#tokens
    const { type } = tokens.peek()
    if (type !== 'space' && type !== 'end of input') tokens.fail(VALUES)
    while (tokens.accept('space') !== undefined) {
      if (!STARTERS.has(tokens.peek().type)) break
      tokens.enterContext(VALUES)
      this.#item()
      tokens.leaveContext()
    }
    tokens.expect('end of input')
    return this.#values
  }

  #item(): void {
    const { type } = this.#tokens.peek()
    if (type === '_') this.#omitted()
    else if (type === '{{') this.#histograms()
    else this.#floats()
  }

  #omitted(): void {
    this.#tokens.next()
    const count = this.#tokens.accept('x') === undefined ? 1 : this.#count()
    for (let index = 0; index < count; index++) this.#values.push(OMITTED)
  }

  /** `1+2x3` is 1, 3, 5, 7: so many steps, and the start. */
  #floats(): void {
    const tokens = this.#tokens
    const start = this.#start()
    this.#values.push(start)
    const { type } = tokens.peek()
    const isSloped = type === '+' || type === '-'
    if (!isSloped && type !== 'x') return
    const slope = isSloped ? this.#signed() : 0
    tokens.expect('x')
    const steps = this.#count()
    let value = start.type === 'stale' ? Number.NaN : start.value
    for (let step = 0; step < steps; step++) {
      // Added up one by one, as Prometheus does: a multiplication would round differently.
      value += slope
      this.#values.push({ type: 'float', value })
    }
  }

  #start(): { readonly type: 'float'; readonly value: number } | { readonly type: 'stale' } {
    const tokens = this.#tokens
    const { type, text } = tokens.peek()
    if (type === '+' || type === '-') return { type: 'float', value: this.#signed() }
    if (type === 'number') return { type: 'float', value: numberOf(tokens, tokens.next()) }
    if (text !== 'stale') return tokens.fail(NUMBER_EXPECTED)
    tokens.next()
    return { type: 'stale' }
  }

  #signed(): number {
    const sign = this.#tokens.next().type === '-' ? -1 : 1
    return sign * numberOf(this.#tokens, this.#tokens.expect('number'))
  }

  #histograms(): void {
    const tokens = this.#tokens
    const start = parseHistogram(tokens)
    const { type } = tokens.peek()
    if (type === 'x') {
      tokens.next()
      const steps = this.#count()
      for (let step = 0; step <= steps; step++) this.#pushHistogram(start)
    } else if (type === '+' || type === '-') {
      tokens.next()
      const change = parseHistogram(tokens)
      tokens.expect('x')
      this.#changingHistograms(start, change, type)
    } else {
      this.#pushHistogram(start)
    }
  }

  #changingHistograms(start: HistogramReading, change: HistogramReading, op: '+' | '-'): void {
    const { hasHint } = change
    const last = this.#tokens.peek()
    const steps = this.#count()
    let { histogram } = start
    this.#pushHistogram({ histogram, hasHint })
    for (let step = 1; step <= steps; step++) {
      const combined = this.#combine(histogram, change.histogram, { op, last })
      if (combined === undefined) return
      histogram = combined
      this.#pushHistogram({ histogram, hasHint })
    }
  }

  #combine(
    histogram: FloatHistogram,
    change: FloatHistogram,
    { op, last }: { readonly op: '+' | '-'; readonly last: Token },
  ): FloatHistogram | undefined {
    if (histogram.schema > change.schema) {
      const schemas = `from schema ${change.schema} to ${histogram.schema}`
      this.#tokens.report(last, `error combining histograms: cannot merge ${schemas}`)
      return undefined
    }
    const combined = op === '+' ? addHistograms(histogram, change) : subtractHistograms(histogram, change)
    if (combined === undefined) this.#tokens.report(last, INCOMPATIBLE)
    return combined?.histogram
  }

  #pushHistogram({ histogram, hasHint }: HistogramReading): void {
    this.#values.push({ type: 'histogram', histogram, hasHint })
  }

  #count(): number {
    const token = this.#tokens.expect('number')
    const problem = countProblem(token.text)
    const count = problem === undefined ? Number(token.text) : 0
    if (problem !== undefined) this.#tokens.report(token, `invalid repetition in series values: ${problem}`)
    if (this.#values.length + count <= VALUES_MAX) return count
    this.#tokens.report(token, `too many series values: more than ${VALUES_MAX}`)
    return 0
  }
}

/** What a value can begin with. */
const STARTERS: ReadonlySet<TokenType> = new Set<TokenType>(['_', '{{', '+', '-', 'number', 'identifier'])

const OMITTED: SequenceValue = { type: 'omitted' }

/** model/histogram/histogram.go ErrHistogramsIncompatibleSchema */
const INCOMPATIBLE = 'cannot apply this operation on histograms with a mix of exponential and custom bucket schemas'

const UINT64_MAX = 2n ** 64n - 1n

/** In the words of Go's strconv.ParseUint. */
function countProblem(text: string): string | undefined {
  if (!/^\d+$/.test(text)) return `strconv.ParseUint: parsing "${text}": invalid syntax`
  return BigInt(text) > UINT64_MAX ? `strconv.ParseUint: parsing "${text}": value out of range` : undefined
}
