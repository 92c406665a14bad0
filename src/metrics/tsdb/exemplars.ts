import { compareLabels, type Labels } from '../model/labels.ts'
import type { Matcher } from '../model/matcher.ts'
import { AppendError, type Exemplar } from '../model/storage.ts'

/** An exemplar in storage: there it always has a time. */
export interface StoredExemplar extends Exemplar {
  readonly timestampMs: number
}

export interface SeriesExemplars {
  readonly seriesLabels: Labels
  readonly exemplars: readonly StoredExemplar[]
}

/** Letters in an exemplar's labels, at most (prometheus/prometheus model/exemplar/exemplar.go). */
const EXEMPLAR_LABELS_MAX = 128

interface Entry {
  readonly series: Labels
  readonly exemplar: StoredExemplar
}

/** The latest exemplars of all series together: a ring, in which the newest takes the oldest's place. */
export class ExemplarStore {
  readonly #max: number
  readonly #ring: Entry[] = []
  readonly #bySeries = new Map<string, Entry[]>()
  #next = 0

  constructor(max: number) {
    this.#max = max
  }

  get isEnabled(): boolean {
    return this.#max > 0
  }

  /**
   * Whether the exemplar is to be stored; false for one that is there already. Throws for one that comes too late
   * (prometheus/prometheus tsdb/exemplar.go validateExemplar).
   */
  accepts(series: Labels, exemplar: StoredExemplar): boolean {
    if (!this.isEnabled) return false
    const letters = exemplar.labels.pairs.reduce((sum, text) => sum + Array.from(text).length, 0)
    if (letters > EXEMPLAR_LABELS_MAX) {
      const limit = `label length for exemplar exceeds maximum of ${EXEMPLAR_LABELS_MAX} UTF-8 characters`
      throw new AppendError('invalid labels', limit)
    }
    const newest = this.#bySeries.get(series.key)?.at(-1)?.exemplar
    if (newest === undefined) return true
    const order =
      exemplar.timestampMs - newest.timestampMs ||
      exemplar.value - newest.value ||
      compareLabels(exemplar.labels, newest.labels)
    if (order < 0) throw new AppendError('out of order exemplar')
    return order !== 0
  }

  add(series: Labels, exemplar: StoredExemplar): void {
    const entry = { series, exemplar }
    const replaced = this.#ring[this.#next]
    if (replaced !== undefined) this.#forget(replaced)
    this.#ring[this.#next] = entry
    this.#next = (this.#next + 1) % this.#max
    const entries = this.#bySeries.get(series.key)
    if (entries === undefined) this.#bySeries.set(series.key, [entry])
    else entries.push(entry)
  }

  /** Exemplars in the range of the series that satisfy all matchers of any set, sorted by labels. */
  select(sets: readonly (readonly Matcher[])[], range: { minMs: number; maxMs: number }): SeriesExemplars[] {
    const found: SeriesExemplars[] = []
    for (const entries of this.#bySeries.values()) {
      const series = entries[0]?.series
      if (
        series === undefined ||
        !sets.some((set) => set.every((matcher) => matcher.matches(series.get(matcher.name))))
      )
        continue
      const exemplars = entries
        .map(({ exemplar }) => exemplar)
        .filter(({ timestampMs }) => timestampMs >= range.minMs && timestampMs <= range.maxMs)
      if (exemplars.length > 0) found.push({ seriesLabels: series, exemplars })
    }
    return found.sort((a, b) => compareLabels(a.seriesLabels, b.seriesLabels))
  }

  /** All, oldest first: for a checkpoint. */
  all(): readonly Entry[] {
    return [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)]
  }

  #forget(entry: Entry): void {
    const entries = this.#bySeries.get(entry.series.key)
    if (entries === undefined) return
    if (entries.length === 1) this.#bySeries.delete(entry.series.key)
    else entries.splice(entries.indexOf(entry), 1)
  }
}
