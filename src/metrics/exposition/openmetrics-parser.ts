import type { Labels } from '../model/labels.ts'
import type { Exemplar, MetricType } from '../model/storage.ts'
import { type ByteText, decode, isDecodable, quoteBytes } from './byte-text.ts'
import { type EntryKind, ExpositionError, type ExpositionOptions, type LineParser } from './exposition-parser.ts'
import { lexOpenMetrics } from './lex-openmetrics.ts'
import { formatFloat } from './numbers.ts'
import { type LabelOffsets, SeriesReader, sortedLabels, unescapeValue } from './series-reader.ts'
import { Scanner, type Token } from './scanner.ts'

const TYPES: Readonly<Record<string, MetricType>> = {
  counter: 'counter',
  gauge: 'gauge',
  histogram: 'histogram',
  gaugehistogram: 'gaugehistogram',
  summary: 'summary',
  info: 'info',
  stateset: 'stateset',
  unknown: 'unknown',
}

const CREATED_SUFFIX = '_created'
const NO_EXEMPLARS: readonly Exemplar[] = []
const UNTERMINATED = 'data does not end with # EOF'

/** Reads OpenMetrics 1.0 and 0.0.1 (prometheus: model/textparse/openmetricsparse.go). */
export class OpenMetricsParser implements LineParser {
  readonly #reader: SeriesReader
  readonly #options: ExpositionOptions
  metricName = ''
  text = ''
  type: MetricType = 'unknown'
  value = 0
  timestampMs: number | undefined
  readonly histogram = undefined
  #unit = ''
  #exemplar: Exemplar | undefined
  /** The start of which series was looked for last, and what was found: the lines of a histogram share theirs. */
  #startKey = ''
  #startTimestampMs: number | undefined

  constructor(bytes: Uint8Array, options: ExpositionOptions = {}) {
    this.#reader = new SeriesReader(new Scanner(bytes), { lex: lexOpenMetrics, strictCommas: true })
    this.#options = options
  }

  next(): EntryKind | undefined {
    const reader = this.#reader
    for (;;) {
      reader.begin()
      this.#exemplar = undefined
      const token = reader.next()
      switch (token) {
        case 'EOFWORD':
          if (reader.next() !== 'EOF') throw new ExpositionError('unexpected data after # EOF')
          return undefined
        case 'EOF':
          throw new ExpositionError(UNTERMINATED)
        case 'HELP':
        case 'TYPE':
        case 'UNIT':
          return this.#metadata(token)
        case 'MNAME':
        case 'BOPEN':
          this.#readSample(reader.readSeries(token))
          if (this.#options.skipCreatedSeries === true && this.#isCreatedSeries()) continue
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
    // Where start timestamps are wanted, labels have to be known.
    if (this.#options.skipCreatedSeries === true && hasStart(this.type)) return false
    const value = this.#reader.knownSeries(seriesText)
    if (value === undefined) return false
    this.value = value
    this.timestampMs = undefined
    this.#exemplar = undefined
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
    const metadata = this.#options.typeAndUnitLabels === true ? { type: this.type, unit: this.#unit } : undefined
    return this.#reader.labels(this.type, metadata)
  }

  exemplars(): readonly Exemplar[] {
    return this.#exemplar === undefined ? NO_EXEMPLARS : [this.#exemplar]
  }

  /** Told by a line further down, among those of the same metric: `name_created{same labels} seconds`. */
  startTimestampMs(): number | undefined {
    if (!hasStart(this.type)) return undefined
    const key = this.#startKeyOf(familyOf(decode(this.#reader.name), this.metricName))
    if (key !== this.#startKey || this.#startTimestampMs === undefined) {
      this.#startKey = key
      this.#startTimestampMs = this.#lookAhead(key)
    }
    return this.#startTimestampMs
  }

  #lookAhead(key: string): number | undefined {
    const { scanner } = this.#reader
    const scout = new OpenMetricsParser(scanner.bytes)
    scout.#reader.scanner.at = scanner.at
    scout.type = this.type
    scout.metricName = this.metricName
    try {
      while (scout.next() === 'series') {
        if (scout.#isCreatedSeries()) {
          const family = decode(scout.#reader.name).slice(0, -CREATED_SUFFIX.length)
          return scout.#startKeyOf(family) === key ? Math.trunc(scout.value * 1000) : undefined
        }
      }
    } catch (failure) {
      // What is wrong further down is reported when the parser itself gets there.
      if (failure instanceof ExpositionError) return undefined
      throw failure
    }
    return undefined
  }

  /** What the lines of one metric have in common: the family's name, and the labels but for buckets and quantiles. */
  #startKeyOf(family: string): string {
    const { labelOffsets, scanner } = this.#reader
    const parts = [family]
    for (let index = 0; index < labelOffsets.length; index += 4) {
      const label = scanner.text.slice(labelOffsets[index], labelOffsets[index + 1])
      if (label === (this.type === 'summary' ? 'quantile' : this.type === 'histogram' ? 'le' : '')) continue
      parts.push(label, scanner.text.slice(labelOffsets[index + 2], labelOffsets[index + 3]))
    }
    return JSON.stringify(parts)
  }

  #isCreatedSeries(): boolean {
    return hasStart(this.type) && this.#reader.name.endsWith(CREATED_SUFFIX)
  }

  #metadata(keyword: 'HELP' | 'TYPE' | 'UNIT'): EntryKind {
    const reader = this.#reader
    reader.readMetricName(keyword)
    this.metricName = decode(reader.name)
    if (reader.next() !== 'TEXT') throw new ExpositionError(`expected text in ${keyword}`)
    // Without the blank before the text and the line break after it.
    const text = reader.scanner.token.slice(1, -1)
    switch (keyword) {
      case 'TYPE': {
        const type = TYPES[text]
        if (type === undefined) throw new ExpositionError(`invalid metric type ${quoteBytes(text)}`)
        this.type = type
        return 'type'
      }
      case 'UNIT':
        this.#readUnit(text)
        return 'unit'
      default:
        if (!isDecodable(text)) {
          throw new ExpositionError(`help text ${quoteBytes(text)} is not a valid utf8 string`)
        }
        this.text = unescapeValue(decode(text))
        return 'help'
    }
  }

  #readUnit(text: string): void {
    const { name } = this.#reader
    this.#unit = decode(text)
    this.text = this.#unit
    if (text !== '' && !name.endsWith(`_${text}`)) {
      throw new ExpositionError(`unit ${quoteBytes(text)} not a suffix of metric ${quoteBytes(name)}`)
    }
  }

  #readSample(token: Token): void {
    const reader = this.#reader
    this.value = this.#readValue(token, 'metric')
    this.timestampMs = undefined
    let after = reader.next()
    if (after === 'TIMESTAMP') {
      this.timestampMs = this.#timestamp('timestamp')
      after = reader.next()
      if (after !== 'LINEBREAK' && after !== 'COMMENT') {
        throw reader.unexpected('expected next entry after timestamp', after)
      }
    }
    if (after === 'EOF') throw new ExpositionError(UNTERMINATED)
    if (after === 'COMMENT') this.#readExemplar()
    else if (after !== 'LINEBREAK') throw reader.unexpected('expected timestamp or comment', after)
  }

  #readExemplar(): void {
    const reader = this.#reader
    const offsets: LabelOffsets = []
    reader.readExemplarLabels(offsets)
    const value = this.#readValue(reader.next(), 'exemplar labels')
    const labels = exemplarLabels(reader.scanner.text, offsets)
    this.#exemplar = { labels, value }
    const token = reader.next()
    if (token === 'LINEBREAK') return
    if (token === 'EOF') throw new ExpositionError(UNTERMINATED)
    if (token !== 'TIMESTAMP') throw reader.unexpected('expected timestamp or comment', token)
    this.#exemplar = { labels, value, timestampMs: this.#timestamp('exemplar timestamp') }
    const end = reader.next()
    if (end !== 'LINEBREAK') throw reader.unexpected('expected next entry after exemplar timestamp', end)
  }

  #readValue(token: Token, after: string): number {
    if (token !== 'VALUE') throw this.#reader.unexpected(`expected value after ${after}`, token)
    return this.#reader.number(1)
  }

  #timestamp(what: string): number {
    const seconds = this.#reader.number(1)
    if (!Number.isFinite(seconds)) throw new ExpositionError(`invalid ${what} ${formatFloat(seconds)}`)
    return Math.trunc(seconds * 1000)
  }
}

function hasStart(type: MetricType): boolean {
  return type === 'counter' || type === 'summary' || type === 'histogram'
}

/** The family that a series is a part of; a series that belongs to no family at hand stands for itself. */
function familyOf(series: string, family: string): string {
  return series.startsWith(family) ? family : series
}

function exemplarLabels(text: ByteText, offsets: LabelOffsets): Labels {
  const entries: [string, string][] = []
  for (let index = 0; index < offsets.length; index += 4) {
    entries.push([
      decode(text.slice(offsets[index], offsets[index + 1])),
      decode(text.slice(offsets[index + 2], offsets[index + 3])),
    ])
  }
  return sortedLabels(entries)
}
