import type { CounterResetHint, FloatHistogram } from '../../model/histogram.ts'
import { CUSTOM_BUCKETS_SCHEMA } from '../../model/histogram.ts'
import { unpack } from '../../model/histogram/layout.ts'
import { formatFloat } from '../../../base/go-numbers.ts'

const HINTS: Readonly<Record<CounterResetHint, string>> = {
  unknown: '',
  reset: 'reset',
  'not-reset': 'not_reset',
  gauge: 'gauge',
}

/** A histogram in the notation of test files (model/histogram/float_histogram.go TestExpression). */
export function printHistogramNotation(histogram: FloatHistogram): string {
  const parts: string[] = []
  const add = (key: string, value: number): void => {
    if (value !== 0) parts.push(`${key}:${number(value)}`)
  }
  add('schema', histogram.schema)
  add('count', histogram.count)
  add('sum', histogram.sum)
  add('z_bucket', histogram.zeroCount)
  add('z_bucket_w', histogram.zeroThreshold)
  if (histogram.schema === CUSTOM_BUCKETS_SCHEMA) parts.push(`custom_values:${list(histogram.customValues)}`)
  const hint = HINTS[histogram.counterResetHint]
  if (hint !== '') parts.push(`counter_reset_hint:${hint}`)
  const positive = contiguous(unpack(histogram.positiveSpans, histogram.positiveBuckets))
  add('offset', positive.offset)
  if (positive.counts.length > 0) parts.push(`buckets:${list(positive.counts)}`)
  const negative = contiguous(unpack(histogram.negativeSpans, histogram.negativeBuckets))
  add('n_offset', negative.offset)
  if (negative.counts.length > 0) parts.push(`n_buckets:${list(negative.counts)}`)
  return `{{${parts.join(' ')}}}`
}

/** The notation has one run of buckets: gaps become empty buckets, and those at the ends are left out. */
function contiguous({ indexes, counts }: { readonly indexes: readonly number[]; readonly counts: readonly number[] }): {
  readonly offset: number
  readonly counts: readonly number[]
} {
  const first = counts.findIndex((count) => count !== 0)
  if (first < 0) return { offset: 0, counts: [] }
  const last = counts.findLastIndex((count) => count !== 0)
  const offset = indexes[first] ?? 0
  const run = Array.from<number>({ length: (indexes[last] ?? 0) - offset + 1 }).fill(0)
  for (let index = first; index <= last; index++) run[(indexes[index] ?? 0) - offset] = counts[index] ?? 0
  return { offset, counts: run }
}

function list(values: readonly number[]): string {
  return `[${values.map(number).join(' ')}]`
}

function number(value: number): string {
  return formatFloat(value, 'g', -1)
}
