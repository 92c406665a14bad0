import type { FloatHistogram } from '../model/histogram.ts'
import type { Labels } from '../model/labels.ts'
import type { Exemplar, MetricType } from '../model/storage.ts'

/** What stands at one place of an exposition. */
export type EntryKind = 'help' | 'type' | 'unit' | 'comment' | 'series' | 'histogram'

/**
 * Walks through what a target exposed, entry by entry. The fields describe the entry that `next` came to last; which of them
 * mean something depends on its kind.
 */
export interface ExpositionParser {
  /** The next entry; undefined at the end. Throws an `ExpositionError` for what cannot be read. */
  next(): EntryKind | undefined

  /** The family that a `help`, `type` or `unit` entry speaks of. */
  readonly metricName: string
  /** The text of a `help`, `unit` or `comment` entry. */
  readonly text: string
  /** The type of the family at hand: told by a `type` entry, and in force until the next one. */
  readonly type: MetricType

  /** The series' name and labels as they stand: the same text is the same series, as long as the type is the same. */
  readonly seriesText: string
  readonly value: number
  /** Undefined: when it was scraped. */
  readonly timestampMs: number | undefined
  /** Of a `histogram` entry. */
  readonly histogram: ExposedHistogram | undefined
  labels(): Labels
  exemplars(): readonly Exemplar[]
  /** When the counter began, in ms; undefined where nobody said. */
  startTimestampMs(): number | undefined
}

export interface ExposedHistogram {
  readonly histogram: FloatHistogram
  /** Its counts were given as integers. */
  readonly isInteger: boolean
}

/** A parser of a line-based format: lines that the scrape before had are recognised without being taken apart. */
export interface LineParser extends ExpositionParser {
  /**
   * Steps over the next line if it is `seriesText` with a plain number and nothing else: `value` is set then. Otherwise
   * nothing has happened.
   */
  nextKnownSeries(seriesText: string): boolean
  /** Steps over the next line if it reads `line` (with its line break), which set the type to `type` when it was parsed. */
  nextKnownLine(line: string, type: MetricType): boolean
  /** Where the next entry begins. */
  readonly position: number
  /** A part of the text, by positions. */
  slice(start: number, end: number): string
}

/** What makes an exposition unreadable, in the words of Prometheus' parsers. */
export class ExpositionError extends Error {
  override readonly name = 'ExpositionError'
}

export interface ExpositionOptions {
  /** Adds the labels `__type__` and `__unit__`. */
  readonly typeAndUnitLabels?: boolean
  /** OpenMetrics' `_created` lines give start timestamps instead of series. */
  readonly skipCreatedSeries?: boolean
  /** Protobuf: histograms are read as classic ones even if they have native buckets. */
  readonly ignoreNativeHistograms?: boolean
  /** Protobuf: classic buckets are read too where there are native ones. */
  readonly keepClassicHistograms?: boolean
  /** Classic histograms become native ones with custom buckets. */
  readonly convertClassicHistograms?: boolean
}
