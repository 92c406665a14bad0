import type { Labels } from '../model/labels.ts'
import type { MetricType, SeriesRef } from '../model/storage.ts'

/** A series that a target exposed, by its text; `labels` is undefined for one that metric relabeling drops. */
export interface CachedSeries {
  readonly isSeries: true
  readonly text: string
  readonly labels: Labels | undefined
  ref: SeriesRef
  /** The scrape that saw it last. */
  seenIn: number
  /** The last scrape after which its absence would mean its end. */
  trackedIn: number
  /** Its line, counted among those of the scrape that saw it last. */
  position: number
}

/** A line that is no series: comments, and what is said of families. */
export interface CachedLine {
  readonly isSeries: false
  readonly text: string
  readonly type: MetricType
  readonly family: FamilyMetadata | undefined
}

/** What a target says of a family of metrics. */
export interface FamilyMetadata {
  readonly metricFamily: string
  type: MetricType
  help: string
  unit: string
  seenIn: number
  changedIn: number
}

/** Metadata of families that are gone is kept for so many scrapes. */
const METADATA_SCRAPES = 10

/**
 * What is known of a target from its scrapes before: most scrapes bring the same lines in the same order, with other values.
 * So lines are foretold (`expected`), and a line that comes as foretold need not be taken apart.
 */
export class ScrapeCache {
  #scrape = 1
  #series = new Map<string, CachedSeries>()
  readonly #families = new Map<string, FamilyMetadata>()
  #lines: (CachedSeries | CachedLine)[] = []
  #lineCount = 0
  #cursor = 0
  #nextLines: (CachedSeries | CachedLine)[] = []
  #nextCount = 0
  #tracked: CachedSeries[] = []
  #trackedBefore: CachedSeries[] = []
  #seen = 0

  /** Counts scrapes. */
  get scrape(): number {
    return this.#scrape
  }

  /** The line that follows if this scrape goes like the last one. */
  get expected(): CachedSeries | CachedLine | undefined {
    return this.#cursor < this.#lineCount ? this.#lines[this.#cursor] : undefined
  }

  /** The line at hand is this one. */
  note(line: CachedSeries | CachedLine): void {
    if (line === this.#lines[this.#cursor]) this.#cursor++
    else if (line.isSeries && this.#lines[line.position] === line) this.#cursor = line.position + 1
    if (line.isSeries) line.position = this.#nextCount
    this.#nextLines[this.#nextCount++] = line
  }

  get(text: string): CachedSeries | undefined {
    return this.#series.get(text)
  }

  add(text: string, labels: Labels | undefined): CachedSeries {
    const series: CachedSeries = { isSeries: true, text, labels, ref: 0, seenIn: 0, trackedIn: 0, position: -1 }
    this.#series.set(text, series)
    return series
  }

  /** False when it was seen in this scrape already. */
  see(series: CachedSeries): boolean {
    if (series.seenIn === this.#scrape) return false
    series.seenIn = this.#scrape
    this.#seen++
    return true
  }

  /** When the next scrape does not have the series, it has ended. */
  track(series: CachedSeries): void {
    if (series.trackedIn === this.#scrape) return
    series.trackedIn = this.#scrape
    this.#tracked.push(series)
  }

  /** Series of the last scrape that this one did not have. */
  ended(): CachedSeries[] {
    const missing = this.#trackedBefore.filter((series) => series.trackedIn !== this.#scrape)
    if (missing.length === 0) return missing
    // The same series may have come under another text: with its labels in another order.
    const present = new Set(this.#tracked.map(({ ref }) => ref))
    return missing.filter(({ ref }) => !present.has(ref))
  }

  /** Ends a scrape. `isWhole`: everything that the target has was seen. */
  finish(isWhole: boolean): void {
    const before = this.#trackedBefore
    this.#trackedBefore = this.#tracked
    before.length = 0
    this.#tracked = before
    if (isWhole) this.#forget()
    this.#cursor = 0
    this.#nextCount = 0
    this.#seen = 0
    this.#scrape++
  }

  /** Everything that was begun in this scrape is undone: its samples were not taken. */
  abandon(): void {
    for (const series of this.#tracked) series.trackedIn = 0
    this.#tracked.length = 0
    this.#cursor = 0
    this.#nextCount = 0
    this.#seen = 0
    this.#scrape++
  }

  /**
   * For scraping the same target by other rules: nothing is known of its lines, but series that do not come again have ended.
   */
  successor(): ScrapeCache {
    const cache = new ScrapeCache()
    cache.#trackedBefore = this.#trackedBefore.map((series) => ({ ...series, trackedIn: 0 }))
    return cache
  }

  family(name: string): FamilyMetadata {
    let family = this.#families.get(name)
    if (family === undefined) {
      family = { metricFamily: name, type: 'unknown', help: '', unit: '', seenIn: 0, changedIn: this.#scrape }
      this.#families.set(name, family)
    }
    family.seenIn = this.#scrape
    return family
  }

  families(): readonly FamilyMetadata[] {
    return [...this.#families.values()]
  }

  #forget(): void {
    const lines = this.#lines
    this.#lines = this.#nextLines
    this.#lineCount = this.#nextCount
    this.#nextLines = lines
    if (this.#seen < this.#series.size) {
      for (const [text, series] of this.#series) if (series.seenIn !== this.#scrape) this.#series.delete(text)
    }
    for (const [name, family] of this.#families) {
      if (this.#scrape - family.seenIn > METADATA_SCRAPES) this.#families.delete(name)
    }
  }
}
