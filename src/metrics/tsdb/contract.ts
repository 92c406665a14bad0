import type { Matcher } from '../model/matcher.ts'
import type { Appendable, Queryable } from '../model/storage.ts'
import type { TimeRange } from './chunks/xor-decoder.ts'
import type { SeriesExemplars } from './exemplars.ts'
import type { SeriesMetadata } from './head/head-store.ts'
import type { TsdbFigures, TsdbStatistics } from './statistics.ts'

/** A time series database with Prometheus' data model. */
export interface Tsdb extends Queryable, Appendable {
  /** Exemplars in the range, of series that satisfy all matchers of any of the sets; sorted by labels. */
  exemplars(sets: readonly (readonly Matcher[])[], range: TimeRange): Promise<readonly SeriesExemplars[]>
  /** What is known of the metrics of the head's series that match. */
  metadata(matchers: readonly Matcher[]): Promise<readonly SeriesMetadata[]>
  /** Deletes the samples in the range of all series that match; readers no longer see them once it resolves. */
  deleteSeries(matchers: readonly Matcher[], range: TimeRange): Promise<void>
  /** Frees what deleted samples take up. */
  cleanTombstones(): Promise<void>
  /** The head in figures; tables have at most `limit` rows. */
  statistics(limit: number): TsdbStatistics
  /** What it did and holds, for its own metrics. */
  figures(): TsdbFigures
  /** Where samples lie, from the oldest to the newest; undefined while there are none. */
  timeRange(): TimeRange | undefined
  close(): Promise<void>
}
