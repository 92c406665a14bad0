import { type Labels, METRIC_NAME } from '../model/labels.ts'
import type { Exemplar, MetricType } from '../model/storage.ts'
import { ClassicHistogram } from './classic-histogram.ts'
import { type EntryKind, type ExposedHistogram, ExpositionError, type ExpositionParser } from './exposition-parser.ts'
import { floatOf } from './numbers.ts'

/** The lines of one classic histogram, gathered until another metric begins. */
interface Gathering {
  readonly key: string
  readonly labels: Labels
  readonly histogram: ClassicHistogram
  readonly exemplars: Exemplar[]
  readonly timestampMs: number | undefined
  readonly startTimestampMs: number | undefined
  failed: boolean
}

interface Converted {
  readonly labels: Labels
  readonly histogram: ExposedHistogram
  readonly exemplars: readonly Exemplar[]
  readonly timestampMs: number | undefined
  readonly startTimestampMs: number | undefined
}

/**
 * Turns the classic histograms that another parser finds into native ones with custom buckets. Their lines must stand
 * together, as both text formats demand (prometheus: model/textparse/nhcbparse.go).
 */
export class ConvertingParser implements ExpositionParser {
  readonly #parser: ExpositionParser
  readonly #keepsClassic: boolean
  #gathering: Gathering | undefined
  #converted: Converted | undefined
  /** The entry that ended a histogram, which is still to be told. */
  #pending: { readonly kind: EntryKind | undefined } | undefined
  #family = ''

  constructor(parser: ExpositionParser, options: { keepClassic: boolean }) {
    this.#parser = parser
    this.#keepsClassic = options.keepClassic
  }

  next(): EntryKind | undefined {
    this.#converted = undefined
    for (;;) {
      const pending = this.#pending
      const kind = pending === undefined ? this.#parser.next() : pending.kind
      this.#pending = undefined
      const part = kind === 'series' ? this.#partOf() : undefined
      if (this.#gathering !== undefined && part?.key !== this.#gathering.key) {
        this.#converted = convert(this.#gathering)
        this.#gathering = undefined
        if (this.#converted !== undefined) {
          this.#pending = { kind }
          return 'histogram'
        }
      }
      if (kind === 'type') this.#family = this.#parser.metricName
      if (part === undefined) return kind
      this.#gather(part)
      if (this.#keepsClassic) return kind
    }
  }

  get metricName(): string {
    return this.#parser.metricName
  }

  get text(): string {
    return this.#parser.text
  }

  get type(): MetricType {
    return this.#converted === undefined ? this.#parser.type : 'histogram'
  }

  get seriesText(): string {
    return this.#converted === undefined ? this.#parser.seriesText : this.#converted.labels.key
  }

  get value(): number {
    return this.#parser.value
  }

  get timestampMs(): number | undefined {
    return this.#converted === undefined ? this.#parser.timestampMs : this.#converted.timestampMs
  }

  get histogram(): ExposedHistogram | undefined {
    return this.#converted === undefined ? this.#parser.histogram : this.#converted.histogram
  }

  labels(): Labels {
    return this.#converted === undefined ? this.#parser.labels() : this.#converted.labels
  }

  exemplars(): readonly Exemplar[] {
    return this.#converted === undefined ? this.#parser.exemplars() : this.#converted.exemplars
  }

  startTimestampMs(): number | undefined {
    return this.#converted === undefined ? this.#parser.startTimestampMs() : this.#converted.startTimestampMs
  }

  /** Which histogram the series at hand is a part of, and what it says; undefined when it is none. */
  #partOf(): Part | undefined {
    if (this.#parser.type !== 'histogram') return undefined
    const labels = this.#parser.labels()
    const suffix = labels.metricName.slice(this.#family.length)
    if (!labels.metricName.startsWith(this.#family)) return undefined
    if (suffix !== '_bucket' && suffix !== '_count' && suffix !== '_sum') return undefined
    const bound = suffix === '_bucket' ? floatOf(labels.get('le')) : 0
    if (bound === undefined || Number.isNaN(bound)) return undefined
    const base = labels.with(METRIC_NAME, this.#family).without(BOUNDARY)
    return { key: base.key, base, suffix, bound }
  }

  #gather({ key, base, suffix, bound }: Part): void {
    const parser = this.#parser
    const gathering = (this.#gathering ??= {
      key,
      labels: base,
      histogram: new ClassicHistogram(),
      exemplars: [],
      timestampMs: parser.timestampMs,
      startTimestampMs: parser.startTimestampMs(),
      failed: false,
    })
    gathering.exemplars.push(...parser.exemplars())
    try {
      if (suffix === '_bucket') gathering.histogram.addBucket(bound, parser.value)
      else if (suffix === '_count') gathering.histogram.setCount(parser.value)
      else gathering.histogram.setSum(parser.value)
    } catch (failure) {
      if (!(failure instanceof ExpositionError)) throw failure
      gathering.failed = true
    }
  }
}

interface Part {
  readonly key: string
  readonly base: Labels
  readonly suffix: '_bucket' | '_count' | '_sum'
  readonly bound: number
}

const BOUNDARY: ReadonlySet<string> = new Set(['le'])

/** A histogram that contradicts itself is left out, as upstream does: its other series are not to suffer. */
function convert({ histogram, failed, ...rest }: Gathering): Converted | undefined {
  if (failed) return undefined
  try {
    return { ...rest, histogram: histogram.convert() }
  } catch (failure) {
    if (failure instanceof ExpositionError) return undefined
    throw failure
  }
}
