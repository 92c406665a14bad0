import type { FloatHistogram } from '../model/histogram.ts'
import type { Labels } from '../model/labels.ts'
import type { Samples } from '../model/samples.ts'
import { ABSENT, type Column, type Series } from './column.ts'
import type { QueryStats } from './stats.ts'

/** What a query evaluates to. */
export type QueryValue = ScalarValue | StringValue | VectorValue | MatrixValue

export interface ScalarValue {
  readonly type: 'scalar'
  readonly timestampMs: number
  readonly value: number
}

export interface StringValue {
  readonly type: 'string'
  readonly timestampMs: number
  readonly value: string
}

/** One sample of each series, all of one time; in the order of evaluation, so that `sort` and `topk` show. */
export interface VectorValue {
  readonly type: 'vector'
  readonly timestampMs: number
  readonly samples: readonly VectorSample[]
}

export interface VectorSample {
  readonly labels: Labels
  readonly value: number
  /** Set where the sample is a histogram: `value` then means nothing. */
  readonly histogram?: FloatHistogram
}

/** Series with their samples, sorted by labels. */
export interface MatrixValue {
  readonly type: 'matrix'
  readonly series: readonly MatrixSeries[]
}

export interface MatrixSeries {
  readonly labels: Labels
  readonly samples: Samples
}

/** A query's result with all there is to say about it. */
export interface QueryResult {
  readonly value: QueryValue
  readonly warnings: readonly string[]
  readonly infos: readonly string[]
  readonly stats: QueryStats
}

/** The only step of a series, as an element of a vector. */
export function vectorSample({ labels, column }: Series): VectorSample {
  const histogram = column.histogramAt(0)
  return histogram === undefined ? { labels, value: column.values[0] as number } : { labels, value: 0, histogram }
}

/** The steps of a series that have a sample. */
export function matrixSeries({ labels, column }: Series, times: Float64Array): MatrixSeries {
  return { labels, samples: samplesOf(column, times) }
}

function samplesOf(column: Column, times: Float64Array): Samples {
  const { count, steps, values, kinds } = column
  if (count === steps && column.histograms === undefined) return { length: count, timestamps: times, values }
  const timestamps = new Float64Array(count)
  const found = new Float64Array(count)
  const histograms: (FloatHistogram | undefined)[] | undefined = column.histograms && []
  let length = 0
  for (let step = 0; step < steps; step++) {
    if (kinds[step] === ABSENT) continue
    timestamps[length] = times[step] as number
    found[length] = values[step] as number
    if (histograms !== undefined) histograms[length] = column.histogramAt(step)
    length++
  }
  const samples = { length, timestamps, values: found }
  return histograms === undefined ? samples : { ...samples, histograms }
}
