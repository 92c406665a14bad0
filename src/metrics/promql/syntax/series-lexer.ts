import { goQuote, goQuoteRune } from '../../../base/go-quote.ts'
import { Cursor, scanNumber } from './cursor.ts'
import { Lexer } from './lexer.ts'
import { characterAt, isAlpha, isAlphaNumeric, isDigit, isSpace, textOf } from './source.ts'
import { isMetricName, type Token, type TokenType, WORDS } from './tokens.ts'

/** Which rules hold for the next token. */
type Mode = 'values' | 'histogram' | 'buckets' | 'negative bucket' | 'over'

const DESCRIPTORS: ReadonlySet<string> = new Set([
  'sum',
  'count',
  'schema',
  'offset',
  'n_offset',
  'buckets',
  'n_buckets',
  'z_bucket',
  'z_bucket_w',
  'custom_values',
  'counter_reset_hint',
])

const HINTS: ReadonlySet<string> = new Set(['unknown', 'reset', 'not_reset', 'gauge'])

/**
 * Cuts a series as test files write one into tokens: a name with labels, as in a query, and then values, where spaces
 * count. Source: prometheus/prometheus promql/parser/lex.go.
 */
export class SeriesLexer {
  readonly #metric: Lexer
  readonly #cursor: Cursor
  #isMetric = true
  #isBraceOpen = false
  #mode: Mode = 'values'

  constructor(bytes: string) {
    this.#metric = new Lexer(bytes, { isSeries: true })
    this.#cursor = new Cursor(bytes)
  }

  next(): Token {
    if (this.#isMetric) return this.#metricToken()
    this.#cursor.ignorePending()
    switch (this.#mode) {
      case 'values':
        return this.#value()
      case 'histogram':
        return this.#histogram()
      case 'buckets':
        return this.#bucket()
      case 'negative bucket':
        return this.#number('buckets')
      case 'over':
        return this.#emit('end of input')
    }
  }

  /** The values begin behind the closing brace, or behind a name that no brace follows at once. */
  #metricToken(): Token {
    const token = this.#metric.next()
    if (token.type === '{') this.#isBraceOpen = true
    const isBareName = !this.#isBraceOpen && isMetricName(token.type) && this.#metric.peekByte() !== '{'
    if (token.type === '}' || isBareName) {
      this.#isMetric = false
      this.#cursor.pos = this.#metric.pos
    }
    return token
  }

  #value(): Token {
    const cursor = this.#cursor
    const byte = cursor.next()
    if (isSpace(byte)) return this.#spaces()
    if (isDigit(byte) || (byte === '.' && isDigit(cursor.peek()))) return this.#number('values', byte)
    switch (byte) {
      case '':
        this.#mode = 'over'
        return this.#emit('end of input')
      case '+':
      case '-':
      case 'x':
      case '_':
        return this.#emit(byte)
      case '{':
        if (!cursor.accept('{')) break
        this.#mode = 'histogram'
        return this.#emit('{{')
      default:
    }
    if (isAlpha(byte)) return this.#word()
    return this.#error(`unexpected character in series sequence: ${this.#quotedCharacter()}`)
  }

  #word(): Token {
    const cursor = this.#cursor
    while (isAlphaNumeric(cursor.peek()) || cursor.peek() === ':') cursor.next()
    const word = cursor.pending
    return this.#emit(WORDS.get(word.toLowerCase()) ?? (word.includes(':') ? 'metric identifier' : 'identifier'))
  }

  #histogram(): Token {
    const cursor = this.#cursor
    const byte = cursor.next()
    if (isSpace(byte)) return this.#spaces()
    if (isAlpha(byte)) return this.#histogramWord()
    if (isDigit(byte)) return this.#number('histogram', byte)
    switch (byte) {
      case ':':
      case '-':
        return this.#emit(byte)
      case '[':
        this.#mode = 'buckets'
        return this.#emit('[')
      case '}':
        if (!cursor.accept('}')) break
        this.#mode = 'values'
        return this.#emit('}}')
      default:
    }
    return this.#error(`histogram description incomplete unexpected: ${this.#quotedCharacter()}`)
  }

  #histogramWord(): Token {
    const cursor = this.#cursor
    while (isAlpha(cursor.peek())) cursor.next()
    const word = cursor.pending.toLowerCase()
    if (DESCRIPTORS.has(word)) {
      return cursor.peek() === ':' ? this.#emit('descriptor') : this.#error('missing `:` for histogram descriptor')
    }
    if (WORDS.get(word) === 'number') return this.#emit('number')
    if (HINTS.has(word)) return this.#emit('hint')
    return this.#error(`bad histogram descriptor found: ${goQuote(cursor.pending)}`)
  }

  #bucket(): Token {
    const cursor = this.#cursor
    const byte = cursor.next()
    if (isSpace(byte)) return this.#spaces()
    if (isDigit(byte)) return this.#number('buckets', byte)
    if (byte === '-') {
      this.#mode = 'negative bucket'
      return this.#emit('-')
    }
    if (byte === ']') {
      this.#mode = 'histogram'
      return this.#emit(']')
    }
    if (isAlpha(byte)) {
      while (isAlpha(cursor.peek())) cursor.next()
      if (WORDS.get(cursor.pending.toLowerCase()) === 'number') return this.#emit('number')
    }
    return this.#error(`invalid character in buckets description: ${this.#quotedCharacter()}`)
  }

  #number(mode: Mode, first = ''): Token {
    this.#mode = mode
    this.#cursor.pos -= first.length
    if (scanNumber(this.#cursor, true)) return this.#emit('number')
    return this.#error(`bad number syntax: ${goQuote(textOf(this.#cursor.pending))}`)
  }

  /** A run of spaces; the first one stands for all. */
  #spaces(): Token {
    const token = this.#emit('space')
    this.#cursor.skipSpaces()
    return token
  }

  #quotedCharacter(): string {
    const { bytes, start } = this.#cursor
    const { character } = characterAt(bytes, start)
    return goQuoteRune(character === '' ? '\ufffd' : character)
  }

  #emit(type: TokenType): Token {
    const { start, pos, pending } = this.#cursor
    return { type, start, end: pos, text: textOf(pending) }
  }

  #error(message: string): Token {
    this.#mode = 'over'
    return { type: 'error', start: this.#cursor.start, end: this.#cursor.bytes.length, text: message }
  }
}
