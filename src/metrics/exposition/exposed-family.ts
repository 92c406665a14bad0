import type { FloatHistogram } from '../model/histogram.ts'
import type { Exemplar, MetricType } from '../model/storage.ts'

/** A family of metrics that is to be exposed. */
export interface ExposedFamily {
  /** Of counters with `_total`. */
  readonly name: string
  readonly help: string
  readonly type: MetricType
  readonly unit?: string
  readonly metrics: readonly ExposedMetric[]
}

export interface ExposedMetric {
  /** Without the metric's name. */
  readonly labels: readonly (readonly [name: string, value: string])[]
  readonly value: ExposedValue
  readonly timestampMs?: number
  /** When the counter began. */
  readonly startTimestampMs?: number
}

export type ExposedValue = NumberValue | SummaryValue | BucketsValue | NativeValue

/** Counters, gauges and everything that is one number. */
export interface NumberValue {
  readonly kind: 'number'
  readonly value: number
  readonly exemplar?: Exemplar
}

export interface SummaryValue {
  readonly kind: 'summary'
  readonly count: number
  readonly sum: number
  readonly quantiles: readonly { readonly quantile: number; readonly value: number }[]
}

/** A classic histogram. */
export interface BucketsValue {
  readonly kind: 'buckets'
  readonly count: number
  readonly sum: number
  /** How many observations were at most `upperBound`, ascending. The last one, +Inf, may be left out. */
  readonly buckets: readonly { readonly upperBound: number; readonly count: number; readonly exemplar?: Exemplar }[]
}

/** A native histogram, which only protobuf can carry: the text formats leave it out. */
export interface NativeValue {
  readonly kind: 'native'
  readonly histogram: FloatHistogram
}

/** All buckets, with the last one. */
export function bucketsWithInfinity({ buckets, count }: BucketsValue): BucketsValue['buckets'] {
  if (buckets.at(-1)?.upperBound === Number.POSITIVE_INFINITY) return buckets
  return [...buckets, { upperBound: Number.POSITIVE_INFINITY, count }]
}
