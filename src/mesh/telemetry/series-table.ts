import type { Parties } from '../exchange/records.ts'

/** What tells series between the same two workloads apart. */
export interface SeriesKey {
  /** Of the answer: for connections 0. */
  readonly status: number
  readonly grpcStatus: number | undefined
  readonly isGrpc: boolean
  /** What expressions of Telemetry gave, as one text; empty where there are none. */
  readonly tags: string
}

interface Entry<Series> {
  readonly reporter: Parties['reporter']
  readonly sourcePrincipal: string | undefined
  readonly destinationPrincipal: string | undefined
  readonly cluster: string
  readonly isMutualTls: boolean
  readonly flags: string
  readonly status: number
  readonly grpcStatus: number | undefined
  readonly isGrpc: boolean
  readonly series: Series
}

/** Stands for a workload that nobody knows. */
const NOBODY = {}

/**
 * Finds the series of a record without making a text of its labels. Records hold the same object for a workload as long as
 * it does not change, so that two look-ups by identity and one by what callers choose leave a short list to go through:
 *
 *     source → destination → host and tags → [entry, entry, …]
 *
 * Invariants:
 *  1. Two workloads of the same labels may have an entry each, but never two series: a series is found by its labels.
 *  2. The last entry that was found comes first, as requests of a kind come one after the other.
 */
export class SeriesTable<Series extends { lastMs: number }> {
  readonly #bySource = new Map<object, Map<object, Map<string, Entry<Series>[]>>>()
  readonly #byLabels = new Map<string, Series>()
  /** Of the host that a record is about where no service is: callers choose it. */
  readonly #hostOf: (record: Parties) => string | undefined

  constructor(hostOf: (record: Parties) => string | undefined) {
    this.#hostOf = hostOf
  }

  get size(): number {
    return this.#byLabels.size
  }

  all(): Iterable<Series> {
    return this.#byLabels.values()
  }

  find(record: Parties, key: SeriesKey): Series | undefined {
    const byHost = this.#bySource.get(record.source ?? NOBODY)?.get(record.destination ?? NOBODY)
    const entries = byHost?.get(this.#hostAndTags(record, key))
    if (entries === undefined) return undefined
    const flags = record.flags.length === 0 ? '' : record.flags.join(',')
    for (let index = 0; index < entries.length; index++) {
      const entry = entries[index]
      if (entry === undefined || !isFor(entry, record, { key, flags })) continue
      if (index > 0) {
        entries[index] = entries[0] as Entry<Series>
        entries[0] = entry
      }
      return entry.series
    }
    return undefined
  }

  /** `labels` is all labels in one text. */
  add(record: Parties, key: SeriesKey, { labels, make }: { labels: string; make: () => Series }): Series {
    const series = this.#byLabels.get(labels) ?? make()
    this.#byLabels.set(labels, series)
    const { source = NOBODY, destination = NOBODY, reporter, sourcePrincipal, destinationPrincipal } = record
    const byDestination = made(this.#bySource, source, () => new Map<object, Map<string, Entry<Series>[]>>())
    const byHost = made(byDestination, destination, () => new Map<string, Entry<Series>[]>())
    const { status, grpcStatus, isGrpc } = key
    made(byHost, this.#hostAndTags(record, key), (): Entry<Series>[] => []).unshift({
      reporter,
      sourcePrincipal,
      destinationPrincipal,
      cluster: record.cluster,
      isMutualTls: record.isMutualTls,
      flags: record.flags.join(','),
      status,
      grpcStatus,
      isGrpc,
      series,
    })
    return series
  }

  /** Forgets series that nothing was added to since, and of the rest those that were used longest ago. */
  evict({ beforeMs, seriesMax }: { readonly beforeMs: number; readonly seriesMax: number }): void {
    for (const [labels, series] of this.#byLabels) if (series.lastMs < beforeMs) this.#byLabels.delete(labels)
    const surplus = this.#byLabels.size - seriesMax
    if (surplus > 0) {
      const oldest = [...this.#byLabels].toSorted(([, a], [, b]) => a.lastMs - b.lastMs).slice(0, surplus)
      for (const [labels] of oldest) this.#byLabels.delete(labels)
    }
    // Workloads that are gone are forgotten with it; the rest comes back with the next record of each kind.
    this.#bySource.clear()
  }

  #hostAndTags(record: Parties, { tags }: SeriesKey): string {
    const host = record.service?.host ?? this.#hostOf(record) ?? ''
    return tags === '' ? host : `${host}\n${tags}`
  }
}

function made<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key)
  if (known !== undefined) return known
  const value = make()
  map.set(key, value)
  return value
}

function isFor<Series>(
  entry: Entry<Series>,
  record: Parties,
  { key, flags }: { readonly key: SeriesKey; readonly flags: string },
): boolean {
  return (
    entry.status === key.status &&
    entry.flags === flags &&
    entry.reporter === record.reporter &&
    entry.grpcStatus === key.grpcStatus &&
    entry.isGrpc === key.isGrpc &&
    entry.isMutualTls === record.isMutualTls &&
    entry.sourcePrincipal === record.sourcePrincipal &&
    entry.destinationPrincipal === record.destinationPrincipal &&
    entry.cluster === record.cluster
  )
}
