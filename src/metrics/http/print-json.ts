import type { FloatHistogram } from '../model/histogram.ts'
import type { Labels } from '../model/labels.ts'
import type { Samples } from '../model/samples.ts'
import { type Bucket, allBuckets } from '../model/histogram/buckets.ts'
import { hasCustomBuckets } from '../model/histogram/bounds.ts'
import type { QueryValue } from '../promql/results.ts'

/*
 * Results as Prometheus prints them (util/jsonutil/marshal.go): written piece by piece, since a query may answer with
 * millions of numbers.
 */

export function printValue(value: QueryValue): string {
  switch (value.type) {
    case 'scalar':
      return `[${printSeconds(value.timestampMs)},${printNumber(value.value)}]`
    case 'string':
      return `[${printSeconds(value.timestampMs)},${JSON.stringify(value.value)}]`
    case 'vector': {
      const time = printSeconds(value.timestampMs)
      const elements = value.samples.map(({ labels, value: float, histogram }) =>
        histogram === undefined
          ? `{"metric":${printLabels(labels)},"value":[${time},${printNumber(float)}]}`
          : `{"metric":${printLabels(labels)},"histogram":[${time},${printHistogram(histogram)}]}`,
      )
      return `[${elements.join(',')}]`
    }
    case 'matrix':
      return `[${value.series.map(({ labels, samples }) => `{"metric":${printLabels(labels)}${printSamples(samples)}}`).join(',')}]`
  }
}

function printSamples({ length, timestamps, values, histograms }: Samples): string {
  let floats = ''
  let natives = ''
  for (let index = 0; index < length; index++) {
    const histogram = histograms?.[index]
    const time = printSeconds(timestamps[index] as number)
    if (histogram === undefined)
      floats += `${floats === '' ? '' : ','}[${time},${printNumber(values[index] as number)}]`
    else natives += `${natives === '' ? '' : ','}[${time},${printHistogram(histogram)}]`
  }
  return `${floats === '' ? '' : `,"values":[${floats}]`}${natives === '' ? '' : `,"histograms":[${natives}]`}`
}

export function printLabels(labels: Labels): string {
  const { pairs } = labels
  let text = '{'
  for (let index = 0; index < pairs.length; index += 2) {
    text += `${index === 0 ? '' : ','}${JSON.stringify(pairs[index])}:${JSON.stringify(pairs[index + 1])}`
  }
  return `${text}}`
}

/** Milliseconds as seconds, with three decimals where there are any: `1435781451.781`. */
export function printSeconds(timestampMs: number): string {
  const magnitude = Math.abs(timestampMs)
  const fraction = magnitude % 1_000
  const whole = `${timestampMs < 0 ? '-' : ''}${(magnitude - fraction) / 1_000}`
  return fraction === 0 ? whole : `${whole}.${String(fraction).padStart(3, '0')}`
}

/** A number in quotes, since JSON has neither infinities nor NaN. */
export function printNumber(value: number): string {
  return `"${numberText(value)}"`
}

function numberText(value: number): string {
  if (value !== value) return 'NaN'
  if (value === Infinity) return '+Inf'
  if (value === -Infinity) return '-Inf'
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const text = String(value)
  // JavaScript and Go change to exponents at the same magnitudes; Go's have two digits.
  return value < 1e-6 && value > -1e-6 ? text.replace(/e-(\d)$/, 'e-0$1') : text
}

function printHistogram(histogram: FloatHistogram): string {
  const isCustom = hasCustomBuckets(histogram)
  const buckets = allBuckets(histogram)
    .filter(({ count }) => count !== 0)
    .map((bucket) => {
      const { lower, upper, count } = bucket
      return `[${boundariesOf(bucket, isCustom)},${printNumber(lower)},${printNumber(upper)},${printNumber(count)}]`
    })
  const printed = buckets.length === 0 ? '' : `,"buckets":[${buckets.join(',')}]`
  return `{"count":${printNumber(histogram.count)},"sum":${printNumber(histogram.sum)}${printed}}`
}

/** Which ends belong to a bucket. 0: only the upper one, 1: only the lower one, 2: none, 3: both. */
function boundariesOf({ lower, upper }: Bucket, isCustom: boolean): number {
  const hasLower = isCustom ? lower === -Infinity : lower < 0
  const hasUpper = isCustom || upper > 0
  return hasLower ? (hasUpper ? 3 : 1) : hasUpper ? 0 : 2
}
