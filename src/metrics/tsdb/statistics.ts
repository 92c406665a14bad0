import { compareText } from '../../base/compare-text.ts'
import { METRIC_NAME } from '../model/labels.ts'
import type { BlockMeta } from './block/block-meta.ts'
import type { Head } from './head/head.ts'
import type { HeadStore } from './head/head-store.ts'

/** A name and a number: a line of the tables in `/api/v1/status/tsdb`. */
export interface NamedCount {
  readonly name: string
  readonly value: number
}

/** What `/api/v1/status/tsdb` tells of the head. */
export interface TsdbStatistics {
  readonly headStats: {
    readonly numSeries: number
    readonly numLabelPairs: number
    readonly chunkCount: number
    /** Milliseconds; upstream's extremes while there is no sample. */
    readonly minTime: number
    readonly maxTime: number
  }
  readonly seriesCountByMetricName: readonly NamedCount[]
  readonly labelValueCountByLabelName: readonly NamedCount[]
  readonly memoryInBytesByLabelName: readonly NamedCount[]
  readonly seriesCountByLabelValuePair: readonly NamedCount[]
}

/** What the database did since it was opened, and what it holds. */
export interface TsdbFigures {
  readonly floatsAppended: number
  readonly histogramsAppended: number
  /** Of both, those that came late. */
  readonly lateAppended: number
  readonly series: number
  readonly seriesCreated: number
  readonly chunks: number
  /** The head's bounds; undefined while there is no sample. */
  readonly headRange: { readonly minMs: number; readonly maxMs: number } | undefined
  readonly blocks: readonly BlockMeta[]
  readonly compactions: number
  readonly compactionsFailed: number
}

/** The head's part of the figures. */
export function headFigures({
  head,
  taken,
}: HeadStore): Omit<TsdbFigures, 'blocks' | 'compactions' | 'compactionsFailed'> {
  return {
    floatsAppended: taken.floats,
    histogramsAppended: taken.histograms,
    lateAppended: taken.late,
    series: head.series.size,
    seriesCreated: head.series.added,
    chunks: head.chunkCount,
    headRange: head.maxMs === -Infinity ? undefined : { minMs: head.minMs, maxMs: head.maxMs },
  }
}

/** Go's bounds of a 64-bit number, which upstream shows for a head without samples; rounded to what a number can hold. */
const NO_MIN_TIME = 2 ** 63
const NO_MAX_TIME = -(2 ** 63)

/** The head in figures, the largest first (prometheus/prometheus tsdb/index/postings.go MemPostings.Stats). */
export function headStatistics(head: Head, limit: number): TsdbStatistics {
  const { postings } = head.series
  const labelValueCounts: NamedCount[] = []
  const memory: NamedCount[] = []
  const pairs: NamedCount[] = []
  let numLabelPairs = 0
  for (const name of postings.names()) {
    let bytes = 0
    const counts = postings.counts(name)
    for (const [value, series] of counts) {
      bytes += series * Buffer.byteLength(value)
      pairs.push({ name: `${name}=${value}`, value: series })
    }
    numLabelPairs += counts.length
    labelValueCounts.push({ name, value: counts.length })
    memory.push({ name, value: bytes })
  }
  const byMetric = postings.counts(METRIC_NAME).map(([name, value]) => ({ name, value }))
  const isEmpty = head.maxMs === -Infinity
  return {
    headStats: {
      numSeries: head.series.size,
      numLabelPairs,
      chunkCount: head.chunkCount,
      minTime: isEmpty ? NO_MIN_TIME : head.minMs,
      maxTime: isEmpty ? NO_MAX_TIME : head.maxMs,
    },
    seriesCountByMetricName: largest(byMetric, limit),
    labelValueCountByLabelName: largest(labelValueCounts, limit),
    memoryInBytesByLabelName: largest(memory, limit),
    seriesCountByLabelValuePair: largest(pairs, limit),
  }
}

function largest(counts: readonly NamedCount[], limit: number): NamedCount[] {
  return [...counts].sort((a, b) => b.value - a.value || compareText(a.name, b.name)).slice(0, limit)
}
