import type { Labels } from '../model/labels.ts'
import type { Exemplar, MetricType } from '../model/storage.ts'
import { decode, isDecodable, quoteBytes } from './byte-text.ts'
import { type EntryKind, ExpositionError, type ExpositionOptions, type LineParser } from './exposition-parser.ts'
import { lexText } from './lex-text.ts'
import { SeriesReader } from './series-reader.ts'
import { LINE_FEED, Scanner, type Token } from './scanner.ts'

const NO_EXEMPLARS: readonly Exemplar[] = []

/** Types that the text format knows, in our words. */
const TYPES: Readonly<Record<string, MetricType>> = {
  counter: 'counter',
  gauge: 'gauge',
  histogram: 'histogram',
  summary: 'summary',
  untyped: 'unknown',
}

/** Reads the text format 0.0.4 and 1.0.0 (prometheus: model/textparse/promparse.go). */
export class TextParser implements LineParser {
  readonly #reader: SeriesReader
  readonly #withTypeLabels: boolean
  metricName = ''
  text = ''
  type: MetricType = 'unknown'
  value = 0
  timestampMs: number | undefined
  readonly histogram = undefined

  constructor(bytes: Uint8Array, options: Pick<ExpositionOptions, 'typeAndUnitLabels'> = {}) {
    this.#reader = new SeriesReader(new Scanner(withLastLinebreak(bytes)), { lex: lexText, strictCommas: false })
    this.#withTypeLabels = options.typeAndUnitLabels ?? false
  }

  next(): EntryKind | undefined {
    const reader = this.#reader
    for (;;) {
      reader.begin()
      const token = reader.next()
      switch (token) {
        case 'EOF':
          return undefined
        case 'LINEBREAK':
          continue
        case 'HELP':
        case 'TYPE':
          return this.#metadata(token)
        case 'COMMENT':
          this.text = decode(reader.scanner.token)
          this.#expectLinebreak('comment')
          return 'comment'
        case 'MNAME':
        case 'BOPEN':
          this.#readSample(reader.readSeries(token))
          return 'series'
        default:
          throw reader.unexpected('expected a valid start token', token)
      }
    }
  }

  get position(): number {
    return this.#reader.scanner.at
  }

  slice(start: number, end: number): string {
    return this.#reader.scanner.bytes.toString('latin1', start, end)
  }

  nextKnownSeries(seriesText: string): boolean {
    const value = this.#reader.knownSeries(seriesText)
    if (value === undefined) return false
    this.value = value
    this.timestampMs = undefined
    return true
  }

  nextKnownLine(line: string, type: MetricType): boolean {
    if (!this.#reader.knownLine(line)) return false
    this.type = type
    return true
  }

  get seriesText(): string {
    return this.#reader.seriesText
  }

  labels(): Labels {
    return this.#reader.labels(this.type, this.#withTypeLabels ? { type: this.type, unit: '' } : undefined)
  }

  exemplars(): readonly Exemplar[] {
    return NO_EXEMPLARS
  }

  startTimestampMs(): undefined {
    return undefined
  }

  #metadata(keyword: 'HELP' | 'TYPE'): EntryKind {
    const reader = this.#reader
    reader.readMetricName(keyword)
    this.metricName = decode(reader.name)
    const token = reader.next()
    if (token !== 'TEXT') throw new ExpositionError(`expected text in ${keyword}, got ${token}`)
    // The blank before the text is a part of the token.
    const text = reader.scanner.token.slice(1)
    if (keyword === 'TYPE') {
      const type = TYPES[text]
      if (type === undefined) throw new ExpositionError(`invalid metric type ${quoteBytes(text)}`)
      this.type = type
    } else if (!isDecodable(text)) {
      throw new ExpositionError(`help text ${quoteBytes(text)} is not a valid utf8 string`)
    } else this.text = unescapeHelp(decode(text))
    this.#expectLinebreak('metadata')
    return keyword === 'TYPE' ? 'type' : 'help'
  }

  #expectLinebreak(after: string): void {
    const token = this.#reader.next()
    if (token !== 'LINEBREAK') throw this.#reader.unexpected(`linebreak expected after ${after}`, token)
  }

  #readSample(token: Token): void {
    const reader = this.#reader
    if (token !== 'VALUE') throw reader.unexpected('expected value after metric', token)
    this.value = reader.number(0)
    this.timestampMs = undefined
    const after = reader.next()
    if (after === 'LINEBREAK') return
    if (after !== 'TIMESTAMP') throw reader.unexpected('expected timestamp or new record', after)
    this.timestampMs = this.#timestamp()
    const end = reader.next()
    if (end !== 'LINEBREAK') throw reader.unexpected('expected next entry after timestamp', end)
  }

  #timestamp(): number {
    const digits = this.#reader.scanner.token
    if (BigInt(digits) > INT64_MAX) {
      throw this.#reader.complain(`strconv.ParseInt: parsing "${digits}": value out of range`)
    }
    return Number(digits)
  }
}

/** The last line may lack its line break. */
function withLastLinebreak(bytes: Uint8Array): Uint8Array {
  return bytes.at(-1) === LINE_FEED ? bytes : Buffer.concat([bytes, LINEBREAK])
}

const LINEBREAK = Uint8Array.of(LINE_FEED)
const INT64_MAX = 2n ** 63n - 1n

/** In help texts quotes are not escaped. */
function unescapeHelp(text: string): string {
  return text.includes('\\')
    ? text.replace(/\\([\\n])/g, (_, escaped: string) => (escaped === 'n' ? '\n' : '\\'))
    : text
}
