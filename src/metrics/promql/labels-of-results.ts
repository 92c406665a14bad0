import { Labels, METRIC_NAME } from '../model/labels.ts'
import { FLOAT, ABSENT, type Column, type Series } from './column.ts'
import { duplicateLabels } from './query-error.ts'

/** Labels that say what a metric is: they are lost when an operation makes it something else. */
export const METADATA_LABELS: ReadonlySet<string> = new Set([METRIC_NAME, '__type__', '__unit__'])

export function withoutMetadata(labels: Labels): Labels {
  const { pairs } = labels
  // Most series have a name and neither type nor unit, which the order of labels tells without looking at all of them.
  const isNameFirst = pairs[0] === METRIC_NAME
  if (isNameFirst && (pairs.length === 2 || (pairs[2] as string) > LAST_METADATA_LABEL))
    return new Labels(pairs.slice(2))
  return labels.without(METADATA_LABELS)
}

const LAST_METADATA_LABEL = '__unit__'

/**
 * Series of the same labels made one. They may not have samples at the same step: a vector cannot contain two elements of
 * the same labels.
 */
export function mergeSameLabels(series: Series[]): Series[] {
  if (series.length < 2) return series
  const byKey = new Map<string, Series>()
  for (const one of series) {
    const known = byKey.get(one.labels.key)
    if (known === undefined) byKey.set(one.labels.key, one)
    else pourInto(known.column, one.column)
  }
  return byKey.size === series.length ? series : [...byKey.values()]
}

function pourInto(column: Column, more: Column): void {
  for (let step = 0; step < more.steps; step++) {
    if (more.kinds[step] === ABSENT) continue
    if (column.kinds[step] !== ABSENT) throw duplicateLabels()
    column.copyStep(step, more)
  }
}

/** Fails when two series have the same labels, whenever they have samples. */
export function requireDistinct(series: readonly Series[]): void {
  if (new Set(series.map(({ labels }) => labels.key)).size !== series.length) throw duplicateLabels()
}

/** The names that were to be dropped at the end are. */
export function dropNames(series: Series[]): Series[] {
  if (!series.some(({ dropName }) => dropName)) return series
  return mergeSameLabels(series.map((one) => (one.dropName ? { ...one, labels: withoutMetadata(one.labels) } : one)))
}

/** How much a column weighs against the limit on samples; a histogram counts by its size. */
export function weightOf(column: Column): number {
  if (column.histograms === undefined) return column.count
  let weight = 0
  for (let step = 0; step < column.steps; step++) {
    const histogram = column.histogramAt(step)
    if (histogram === undefined) weight += column.kinds[step] === FLOAT ? 1 : 0
    else weight += histogramWeight(histogram)
  }
  return weight
}

/** Bytes of a histogram's fixed fields, of a time, and of a float sample (promql/value.go, HPoint.size). */
const FIXED_BYTES = 168
const TIME_BYTES = 8
const SAMPLE_BYTES = 16
const ITEM_BYTES = 8

export function histogramWeight(histogram: {
  readonly positiveSpans: readonly unknown[]
  readonly negativeSpans: readonly unknown[]
  readonly positiveBuckets: readonly number[]
  readonly negativeBuckets: readonly number[]
  readonly customValues: readonly number[]
}): number {
  const items =
    histogram.positiveSpans.length +
    histogram.negativeSpans.length +
    histogram.positiveBuckets.length +
    histogram.negativeBuckets.length +
    histogram.customValues.length
  return Math.floor((FIXED_BYTES + TIME_BYTES + items * ITEM_BYTES) / SAMPLE_BYTES)
}
