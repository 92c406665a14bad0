import { compareText } from '../../base/compare-text.ts'
import { Labels, METRIC_NAME } from '../model/labels.ts'
import type { MetricType } from '../model/storage.ts'
import { decode, isDecodable, quoteBytes } from './byte-text.ts'
import { ExpositionError } from './exposition-parser.ts'
import { floatOf, formatOpenMetricsFloat, parseFloatText } from './numbers.ts'
import { isDigit, LINE_FEED, QUOTE, type Scanner, SPACE, type Token } from './scanner.ts'

/** What the two text formats do differently when series are read. */
export interface SeriesFormat {
  lex(scanner: Scanner): Token
  /** Must labels be separated by commas? */
  readonly strictCommas: boolean
}

/** Where names and values of labels stand in the text: start and end of a name, start and end of its value, and so on. */
export type LabelOffsets = number[]

/** Reads `name{label="value"}` and numbers from a text of lines, for the parsers of both text formats. */
export class SeriesReader {
  readonly scanner: Scanner
  readonly #format: SeriesFormat
  /** Where the entry at hand begins. */
  lineStart = 0
  nameStart = -1
  nameEnd = -1
  seriesEnd = 0
  readonly labelOffsets: LabelOffsets = []
  #window = ''
  #windowStart = 0
  #windowEnd = 0

  constructor(scanner: Scanner, format: SeriesFormat) {
    this.scanner = scanner
    this.#format = format
  }

  begin(): void {
    this.lineStart = this.scanner.at
    this.nameStart = -1
    this.nameEnd = -1
    this.labelOffsets.length = 0
  }

  /** The next token that is no blank. */
  next(): Token {
    for (;;) {
      const token = this.#format.lex(this.scanner)
      if (token !== 'WHITESPACE') return token
    }
  }

  /** Reads the series that began with `first`; answers the token after it. */
  readSeries(first: 'MNAME' | 'BOPEN'): Token {
    const { scanner } = this
    let token: Token = first
    if (first === 'MNAME') {
      this.nameStart = this.lineStart
      this.nameEnd = scanner.at
      this.seriesEnd = scanner.at
      token = this.next()
    }
    if (token === 'BOPEN') {
      this.#readLabels(this.labelOffsets, false)
      this.seriesEnd = scanner.at
      token = this.next()
    }
    if (this.nameStart < 0) throw this.complain('metric name not set')
    return token
  }

  readExemplarLabels(offsets: LabelOffsets): void {
    this.#readLabels(offsets, true)
  }

  /** The metric name of a metadata line: quoted or not. */
  readMetricName(keyword: Token): void {
    const { scanner } = this
    const token = this.next()
    if (token !== 'MNAME') throw this.unexpected(`expected metric name after ${keyword}`, token)
    const quoted = scanner.text.charCodeAt(scanner.start) === QUOTE ? 1 : 0
    this.nameStart = scanner.start + quoted
    this.nameEnd = scanner.at - quoted
  }

  get name(): string {
    return this.scanner.text.slice(this.nameStart, this.nameEnd)
  }

  get seriesText(): string {
    return this.scanner.text.slice(this.lineStart, this.seriesEnd)
  }

  /** The number in the token at hand, of which `skip` characters do not belong to it. */
  number(skip: number): number {
    const { scanner } = this
    try {
      return parseFloatText(scanner.text.slice(scanner.start + skip, scanner.at))
    } catch (failure) {
      throw failure instanceof ExpositionError ? this.complain(failure.message) : failure
    }
  }

  /** Name and labels, decoded, in order; `type` and `unit` become labels when they are given. */
  labels(type: MetricType, metadata?: { type: MetricType; unit: string }): Labels {
    const pairs: string[] = [METRIC_NAME, this.#decoded(this.nameStart, this.nameEnd)]
    const typeLabel = metadata === undefined || metadata.type === 'unknown' ? '' : metadata.type
    const unitLabel = metadata?.unit ?? ''
    if (typeLabel !== '') insertPair(pairs, '__type__', typeLabel)
    if (unitLabel !== '') insertPair(pairs, '__unit__', unitLabel)
    const { labelOffsets } = this
    for (let index = 0; index < labelOffsets.length; index += 4) {
      const label = this.#decoded(labelOffsets[index] ?? 0, labelOffsets[index + 1] ?? 0)
      // What the exposition says of itself does not override what it says of the family.
      if (metadata !== undefined && isTaken(label, typeLabel, unitLabel)) continue
      const value = this.#decoded(labelOffsets[index + 2] ?? 0, labelOffsets[index + 3] ?? 0)
      if (value !== '') insertPair(pairs, label, normalizeBoundary(type, label, value))
    }
    return new Labels(pairs)
  }

  /** A plain decimal number and a line break, from `at` on: the value, undefined when there is anything else. */
  knownSeries(seriesText: string): number | undefined {
    const { at, bytes } = this.scanner
    const end = at + seriesText.length
    if (bytes[end] !== SPACE || this.#seen(at, end) !== seriesText) return undefined
    return this.#plainNumber(end + 1)
  }

  knownLine(line: string): boolean {
    const { scanner } = this
    const end = scanner.at + line.length
    if (this.#seen(scanner.at, end) !== line) return false
    scanner.at = end
    return true
  }

  /**
   * A part of the text, out of a window that moves along. Comparing a slice takes half the time of `startsWith`, and short
   * texts are no work for the garbage collector, which one text of all is.
   */
  #seen(start: number, end: number): string {
    if (start < this.#windowStart || end > this.#windowEnd) {
      this.#windowStart = start
      this.#windowEnd = Math.min(Math.max(end, start + WINDOW_BYTES), this.scanner.length)
      this.#window = this.scanner.bytes.toString('latin1', this.#windowStart, this.#windowEnd)
    }
    return this.#window.slice(start - this.#windowStart, end - this.#windowStart)
  }

  /** Numbers whose digits fit a double, scaled by a power of ten that does too, come out right by one division. */
  #plainNumber(start: number): number | undefined {
    const { bytes } = this.scanner
    let at = start
    let code = bytes[at] ?? 0
    const isNegative = code === MINUS
    if (isNegative) code = bytes[++at] ?? 0
    const digitsStart = at
    let digits = 0
    while (isDigit(code)) {
      digits = digits * 10 + (code - ZERO)
      code = bytes[++at] ?? 0
    }
    let decimals = 0
    if (code === POINT) {
      const pointAt = at
      code = bytes[++at] ?? 0
      while (isDigit(code)) {
        digits = digits * 10 + (code - ZERO)
        code = bytes[++at] ?? 0
      }
      decimals = at - pointAt - 1
    }
    if (code !== LINE_FEED || at - digitsStart < 1 || (decimals === 0 && bytes[at - 1] === POINT)) {
      return this.#otherNumber(start)
    }
    if (digits > Number.MAX_SAFE_INTEGER || decimals >= POWERS_OF_TEN.length) return this.#otherNumber(start)
    this.scanner.at = at + 1
    const value = decimals === 0 ? digits : digits / (POWERS_OF_TEN[decimals] ?? 1)
    return isNegative ? -value : value
  }

  #otherNumber(start: number): number | undefined {
    const { bytes } = this.scanner
    const end = bytes.indexOf(LINE_FEED, start)
    if (end < 0 || end - start > NUMBER_LENGTH_MAX) return undefined
    const value = floatOf(bytes.toString('latin1', start, end))
    // A number beyond all doubles is an error, which the full parser words.
    if (value === undefined || (!Number.isFinite(value) && isDigit(bytes[end - 1] ?? 0))) return undefined
    this.scanner.at = end + 1
    return value
  }

  unexpected(expectation: string, token: Token): ExpositionError {
    const { text, start, at } = this.scanner
    const end = Math.min(text.length, at + 1)
    const seen = quoteBytes(text.slice(start, end))
    return new ExpositionError(
      `${expectation}, got ${seen} ("${token}") while parsing: ${quoteBytes(text.slice(this.lineStart, end))}`,
    )
  }

  complain(problem: string): ExpositionError {
    const { text, at } = this.scanner
    return new ExpositionError(`${problem} while parsing: ${quoteBytes(text.slice(this.lineStart, at))}`)
  }

  #readLabels(offsets: LabelOffsets, isExemplar: boolean): void {
    const { scanner } = this
    let token = this.next()
    for (;;) {
      if (token === 'BCLOSE') return
      if (token !== 'LNAME' && token !== 'QSTRING') throw this.unexpected('expected label name', token)
      const isQuoted = token === 'QSTRING'
      const start = scanner.start
      const end = scanner.at
      token = this.next()
      if (isQuoted && (token === 'COMMA' || token === 'BCLOSE')) {
        // A text in quotes that is no label's name is the metric's.
        if (isExemplar) throw this.unexpected('expected label name', token)
        if (this.nameStart >= 0) throw this.complain('metric name already set')
        this.nameStart = start + 1
        this.nameEnd = end - 1
        if (token === 'BCLOSE') return
        token = this.next()
        continue
      }
      if (token !== 'EQUAL') throw this.unexpected('expected equal', token)
      const value = this.next()
      if (value !== 'LVALUE') throw this.unexpected('expected label value', value)
      if (!isDecodable(scanner.token)) {
        throw new ExpositionError(`invalid UTF-8 label value: ${quoteBytes(scanner.token)}`)
      }
      const quote = isQuoted ? 1 : 0
      offsets.push(start + quote, end - quote, scanner.start + 1, scanner.at - 1)
      token = this.next()
      if (token === 'COMMA') token = this.next()
      else if (this.#format.strictCommas && token !== 'BCLOSE') {
        throw this.unexpected('expected comma or brace close', token)
      }
    }
  }

  #decoded(start: number, end: number): string {
    const text = this.scanner.text.slice(start, end)
    return decode(text.includes('\\') ? unescapeValue(text) : text)
  }
}

const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
/** Short enough for the young generation. */
const WINDOW_BYTES = 65_536
/** Longer texts than this are no numbers that anyone wrote. */
const NUMBER_LENGTH_MAX = 400
const POWERS_OF_TEN = Array.from({ length: 23 }, (_, power) => 10 ** power)

function isTaken(label: string, typeLabel: string, unitLabel: string): boolean {
  if (label === METRIC_NAME) return true
  return (label === '__type__' && typeLabel !== '') || (label === '__unit__' && unitLabel !== '')
}

/** `\"`, `\\` and `\n`; any other backslash stands for itself. */
export function unescapeValue(text: string): string {
  return text.replace(/\\(["\\n])/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))
}

/** Boundaries of buckets and quantiles are numbers: `1` and `1.0` are one label value. */
function normalizeBoundary(type: MetricType, label: string, value: string): string {
  if (!(type === 'summary' && label === 'quantile') && !(type === 'histogram' && label === 'le')) return value
  const boundary = floatOf(value)
  return boundary === undefined ? value : formatOpenMetricsFloat(boundary)
}

/** Labels in order. Doubles are kept, for the storage to refuse. */
export function sortedLabels(entries: readonly (readonly [name: string, value: string])[]): Labels {
  const pairs: string[] = []
  for (const [name, value] of entries) insertPair(pairs, name, value)
  return new Labels(pairs)
}

/** Puts a label where it belongs: at the end mostly, as expositions are in order. */
function insertPair(pairs: string[], name: string, value: string): void {
  let at = pairs.length
  while (at > 0 && compareText(pairs[at - 2] ?? '', name) > 0) at -= 2
  if (at === pairs.length) pairs.push(name, value)
  else pairs.splice(at, 0, name, value)
}
