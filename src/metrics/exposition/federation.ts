import { CUSTOM_BUCKETS_SCHEMA, type FloatHistogram } from '../model/histogram.ts'
import { positiveBuckets } from '../model/histogram/buckets.ts'
import { type Labels, METRIC_NAME } from '../model/labels.ts'
import type { MetricType } from '../model/storage.ts'
import { compareText } from '../../base/compare-text.ts'
import type { ExposedFamily, ExposedMetric, ExposedValue } from './exposed-family.ts'

/** The newest sample of a series. */
export interface FederatedSample {
  readonly labels: Labels
  readonly timestampMs: number
  readonly value: number
  readonly histogram?: FloatHistogram
}

/**
 * Series as another Prometheus scrapes them: each with its time, all without a type, and with the external labels that they
 * lack. An empty `instance` keeps the reader from adding its own (prometheus: web/federate.go).
 */
export function federationFamilies(
  samples: readonly FederatedSample[],
  externalLabels: Readonly<Record<string, string>>,
): readonly ExposedFamily[] {
  const external = Object.entries({ instance: '', ...externalLabels }).sort(([a], [b]) => compareText(a, b))
  const families: { name: string; type: MetricType; metrics: ExposedMetric[] }[] = []
  const named = samples.filter(({ labels }) => labels.metricName !== '')
  for (const sample of named.toSorted((a, b) => compareText(a.labels.metricName, b.labels.metricName))) {
    const name = sample.labels.metricName
    const type = typeOf(sample)
    let family = families.at(-1)
    if (family?.name !== name || family.type !== type) {
      family = { name, type, metrics: [] }
      families.push(family)
    }
    const own = [...sample.labels].filter(([label]) => label !== METRIC_NAME)
    const added = external.filter(([label]) => !sample.labels.has(label))
    family.metrics.push({ labels: [...own, ...added], timestampMs: sample.timestampMs, value: valueOf(sample) })
  }
  return families.map((family) => ({ ...family, help: '' }))
}

function typeOf({ histogram }: FederatedSample): MetricType {
  if (histogram === undefined) return 'unknown'
  return histogram.counterResetHint === 'gauge' ? 'gaugehistogram' : 'histogram'
}

function valueOf({ value, histogram }: FederatedSample): ExposedValue {
  if (histogram === undefined) return { kind: 'number', value }
  if (histogram.schema !== CUSTOM_BUCKETS_SCHEMA) return { kind: 'native', histogram }
  const counts = positiveBuckets(histogram)
  const buckets = histogram.customValues.map((upperBound) => ({
    upperBound,
    count: counts.filter(({ upper }) => upper <= upperBound).reduce((sum, { count }) => sum + count, 0),
  }))
  return { kind: 'buckets', count: histogram.count, sum: histogram.sum, buckets }
}
