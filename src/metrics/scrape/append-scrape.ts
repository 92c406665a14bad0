import type { Clock } from '../../world/clock.ts'
import type { NameValidationScheme } from '../model/names.ts'
import { AppendError, type Appender, type SeriesRef } from '../model/storage.ts'
import { coarserHistogram } from '../model/histogram/arithmetic.ts'
import { isExponentialSchema } from '../model/histogram/bounds.ts'
import type { ExposedHistogram, ExpositionParser, LineParser } from '../exposition/exposition-parser.ts'
import { isPartOfFamily } from './metric-families.ts'
import { labelProblem, type LabelLimits, sampleLabels, type SampleLabelling } from './sample-labels.ts'
import type { CachedSeries, FamilyMetadata, ScrapeCache } from './scrape-cache.ts'

export interface AppendOptions {
  readonly labelling: SampleLabelling
  readonly limits: LabelLimits
  readonly scheme: NameValidationScheme
  readonly honorTimestamps: boolean
  /** Series with timestamps of their own end too when they are not exposed any more. */
  readonly trackTimestamps: boolean
  /** 0 is without limit. */
  readonly sampleLimit: number
  readonly bucketLimit: number
  /** Native histograms with a finer schema are made coarser. */
  readonly schemaMax: number
  readonly storesMetadata: boolean
  readonly storesStartTimestamps: boolean
}

/** What became of a scrape. */
export interface AppendCounts {
  /** Samples in the exposition. */
  total: number
  /** Those that metric relabeling left. */
  added: number
  /** Series that the scrape before did not have. */
  seriesAdded: number
  outOfOrder: number
  duplicates: number
  outOfBounds: number
}

export class ScrapeError extends Error {
  override readonly name = 'ScrapeError'
}

/** Samples further ahead than this are not taken (prometheus: scrape/scrape.go maxAheadTime). */
const AHEAD_MAX_MS = 600_000
/** After so many lines others have their turn. */
const LINES_PER_TURN = 20_000
const SCHEMA_MIN = -4

/**
 * Brings what a target exposed into one batch (prometheus: scrape/scrape.go append). Throws for an exposition that must not be
 * taken; the caller rolls the batch back then.
 */
export class ScrapeAppend {
  readonly #cache: ScrapeCache
  readonly #options: AppendOptions
  readonly #appender: Appender
  readonly #timeMs: number
  readonly #maxMs: number
  readonly counts: AppendCounts = { total: 0, added: 0, seriesAdded: 0, outOfOrder: 0, duplicates: 0, outOfBounds: 0 }
  /** One object for all samples: appenders do not keep it. */
  readonly #sample: { timestampMs: number; value: number; startTimestampMs?: number }
  #family: FamilyMetadata | undefined
  #samples = 0
  #limitError: ScrapeError | undefined

  constructor(options: {
    cache: ScrapeCache
    appender: Appender
    timeMs: number
    nowMs: number
    options: AppendOptions
  }) {
    this.#cache = options.cache
    this.#options = options.options
    this.#appender = options.appender
    this.#timeMs = options.timeMs
    this.#maxMs = options.nowMs + AHEAD_MAX_MS
    this.#sample = { timestampMs: options.timeMs, value: 0 }
  }

  async run(parser: ExpositionParser, clock: Pick<Clock, 'yield'>): Promise<void> {
    const lines = isLineParser(parser) ? parser : undefined
    for (let turn = LINES_PER_TURN; ; turn--) {
      if (turn === 0) {
        turn = LINES_PER_TURN
        await clock.yield()
      }
      if (lines !== undefined && this.#takeExpected(lines)) continue
      if (!this.#takeNext(parser, lines)) break
    }
    if (this.#limitError !== undefined) throw this.#limitError
    this.markEnded()
  }

  /** Marks what the scrape before had, and this one does not. */
  markEnded(): void {
    for (const { ref, labels } of this.#cache.ended()) {
      if (labels === undefined) continue
      try {
        this.#appender.appendStale(ref, labels, this.#timeMs)
      } catch (failure) {
        // Something newer is there: then it has not ended.
        if (!isLate(failure)) throw failure
      }
    }
  }

  /** The line that the last scrape had here: nearly always. */
  #takeExpected(parser: LineParser): boolean {
    const cache = this.#cache
    const { expected } = cache
    if (expected === undefined) return false
    if (!expected.isSeries) {
      if (!parser.nextKnownLine(expected.text, expected.type)) return false
      cache.note(expected)
      if (expected.family !== undefined) {
        this.#family = expected.family
        expected.family.seenIn = cache.scrape
      }
      return true
    }
    if (!parser.nextKnownSeries(expected.text)) return false
    cache.note(expected)
    this.counts.total++
    if (!cache.see(expected)) {
      if (expected.labels !== undefined) this.counts.duplicates++
      return true
    }
    if (expected.labels === undefined) return true
    this.#sample.timestampMs = this.#timeMs
    this.#sample.value = parser.value
    this.#append(expected, parser, true)
    return true
  }

  #takeNext(parser: ExpositionParser, lines: LineParser | undefined): boolean {
    const start = lines?.position ?? 0
    const kind = parser.next()
    if (kind === undefined) return false
    if (kind === 'series' || kind === 'histogram') {
      this.#takeSeries(parser)
      return true
    }
    if (kind !== 'comment') this.#family = this.#describe(parser, kind)
    if (lines !== undefined) {
      const family = kind === 'comment' ? undefined : this.#family
      const text = lines.slice(start, lines.position)
      this.#cache.note({ isSeries: false, text, type: parser.type, family })
    }
    return true
  }

  #describe(parser: ExpositionParser, kind: 'help' | 'type' | 'unit'): FamilyMetadata {
    const family = this.#cache.family(parser.metricName)
    const value = kind === 'type' ? parser.type : parser.text
    if (family[kind] !== value) {
      Object.assign(family, { [kind]: value, changedIn: this.#cache.scrape })
    }
    return family
  }

  #takeSeries(parser: ExpositionParser): void {
    const cache = this.#cache
    this.counts.total++
    const text = parser.seriesText
    let series = cache.get(text)
    series ??= this.#addSeries(text, parser)
    cache.note(series)
    const isFirst = cache.see(series)
    if (series.labels === undefined) return
    const timestampMs = this.#options.honorTimestamps ? parser.timestampMs : undefined
    if (!isFirst && timestampMs === undefined) {
      this.counts.duplicates++
      return
    }
    this.#sample.timestampMs = timestampMs ?? this.#timeMs
    this.#sample.value = parser.value
    this.#append(series, parser, timestampMs === undefined || this.#options.trackTimestamps)
  }

  #addSeries(text: string, parser: ExpositionParser): CachedSeries {
    const labels = sampleLabels(parser.labels(), this.#options.labelling)
    if (labels !== undefined) {
      const problem = labelProblem(labels, this.#options.limits, this.#options.scheme)
      if (problem !== undefined) throw new ScrapeError(problem)
    }
    // The text is a slice of the whole exposition, which must not live as long as the series.
    return this.#cache.add(ownText(text), labels)
  }

  #append(series: CachedSeries, parser: ExpositionParser, tracks: boolean): void {
    const { labels } = series
    if (labels === undefined) return
    const isNew = series.ref === 0
    try {
      series.ref = this.#appendSample(series.ref, series, parser)
    } catch (failure) {
      this.#countFailure(failure)
      return
    }
    if (series.ref === 0) return
    if (tracks) this.#cache.track(series)
    this.counts.added++
    if (isNew && this.#limitError === undefined) this.counts.seriesAdded++
    if (this.#options.storesMetadata) this.#storeMetadata(series, isNew)
    for (const exemplar of parser.exemplars()) {
      // In a native histogram the time decides which exemplar is new.
      if (exemplar.timestampMs === undefined && parser.histogram !== undefined) continue
      this.#appendExemplar(series, { ...exemplar, timestampMs: exemplar.timestampMs ?? this.#sample.timestampMs })
    }
  }

  #appendSample(ref: SeriesRef, { labels }: CachedSeries, parser: ExpositionParser): SeriesRef {
    const sample = this.#sample
    if (labels === undefined) return ref
    if (sample.timestampMs > this.#maxMs) throw new AppendError('out of bounds')
    if (this.#options.sampleLimit > 0 && ++this.#samples > this.#options.sampleLimit) {
      throw new ScrapeError(SAMPLE_LIMIT)
    }
    if (this.#options.storesStartTimestamps) {
      const start = parser.startTimestampMs()
      if (start === undefined) delete sample.startTimestampMs
      else sample.startTimestampMs = start
    }
    const { histogram } = parser
    if (histogram === undefined) return this.#appender.append(ref, labels, sample)
    const { timestampMs, startTimestampMs } = sample
    return this.#appender.appendHistogram(ref, labels, {
      timestampMs,
      ...(startTimestampMs !== undefined && { startTimestampMs }),
      ...this.#limited(histogram),
    })
  }

  /** The histogram with as many buckets as are allowed, made coarser if need be. */
  #limited({ histogram, isInteger }: ExposedHistogram): ExposedHistogram {
    const { bucketLimit, schemaMax } = this.#options
    let limited = histogram
    if (isExponentialSchema(limited.schema) && limited.schema > schemaMax)
      limited = coarserHistogram(limited, schemaMax)
    const buckets = () => limited.positiveBuckets.length + limited.negativeBuckets.length
    while (bucketLimit > 0 && buckets() > bucketLimit) {
      if (!isExponentialSchema(limited.schema) || limited.schema <= SCHEMA_MIN) throw new ScrapeError(BUCKET_LIMIT)
      limited = coarserHistogram(limited, limited.schema - 1)
    }
    return { histogram: limited, isInteger }
  }

  #appendExemplar({ ref, labels }: CachedSeries, exemplar: Parameters<Appender['appendExemplar']>[2]): void {
    if (labels === undefined) return
    try {
      this.#appender.appendExemplar(ref, labels, exemplar)
    } catch (failure) {
      // An exemplar that is not taken does not harm the sample that it came with.
      if (!(failure instanceof AppendError)) throw failure
    }
  }

  #storeMetadata({ ref, labels }: CachedSeries, isNew: boolean): void {
    const family = this.#family
    if (labels === undefined || family === undefined) return
    if (!isNew && family.changedIn !== this.#cache.scrape) return
    if (!isPartOfFamily(labels.metricName, family)) return
    this.#appender.setMetadata(ref, labels, { type: family.type, unit: family.unit, help: family.help })
  }

  #countFailure(failure: unknown): void {
    if (failure instanceof ScrapeError) {
      // The sample limit has precedence.
      if (this.#limitError?.message !== SAMPLE_LIMIT) this.#limitError = failure
      return
    }
    if (!(failure instanceof AppendError)) throw failure
    if (failure.refusal === 'out of order sample') this.counts.outOfOrder++
    else if (failure.refusal === 'duplicate sample for timestamp') this.counts.duplicates++
    else if (failure.refusal === 'out of bounds' || failure.refusal === 'too old sample') this.counts.outOfBounds++
    else throw failure
  }
}

const SAMPLE_LIMIT = 'sample limit exceeded'
const BUCKET_LIMIT = 'histogram bucket limit exceeded'

function isLineParser(parser: ExpositionParser): parser is LineParser {
  return 'nextKnownSeries' in parser
}

export function isLate(failure: unknown): boolean {
  if (!(failure instanceof AppendError)) return false
  return failure.refusal === 'out of order sample' || failure.refusal === 'duplicate sample for timestamp'
}

function ownText(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1')
}
