import type { FloatHistogram } from '../model/histogram.ts'
import type { Labels } from '../model/labels.ts'
import type { Exemplar, MetricMetadata, MetricType } from '../model/storage.ts'

/** Samples of one series, as remote write and remote read carry them. */
export interface WrittenSeries {
  readonly labels: Labels
  readonly samples: readonly WrittenSample[]
  readonly histograms: readonly WrittenHistogram[]
  readonly exemplars: readonly Exemplar[]
  readonly metadata?: MetricMetadata
}

export interface WrittenSample {
  readonly timestampMs: number
  readonly value: number
  /** The series ended here. */
  readonly stale: boolean
  readonly startTimestampMs?: number
}

export interface WrittenHistogram {
  readonly timestampMs: number
  readonly histogram: FloatHistogram
  readonly isInteger: boolean
  readonly stale: boolean
  readonly startTimestampMs?: number
}

/** Types by their number in both versions' messages. */
export const METRIC_TYPES: readonly MetricType[] = [
  'unknown',
  'counter',
  'gauge',
  'histogram',
  'gaugehistogram',
  'summary',
  'info',
  'stateset',
]

/**
 * The number that marks the end of a series: a NaN with bits of its own, least significant byte first. A JavaScript number
 * does not keep them (prometheus: model/value/value.go StaleNaN).
 */
export const STALE_BYTES: Buffer = Buffer.of(2, 0, 0, 0, 0, 0, 0xf0, 0x7f)
