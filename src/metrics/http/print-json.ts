import type { Clock } from '../../world/clock.ts'
import type { FloatHistogram } from '../model/histogram.ts'
import type { Labels } from '../model/labels.ts'
import type { Samples } from '../model/samples.ts'
import { type Bucket, allBuckets } from '../model/histogram/buckets.ts'
import { hasCustomBuckets } from '../model/histogram/bounds.ts'
import type { MatrixValue, QueryValue } from '../promql/results.ts'

/*
 * Results as Prometheus prints them (util/jsonutil/marshal.go): written piece by piece, since a query may answer with
 * millions of numbers.
 */

export async function printValue(value: QueryValue, clock: Pick<Clock, 'yield'>): Promise<string> {
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
      return printMatrix(value, clock)
  }
}

/** After so many samples others have a turn: printing one takes a tenth of a microsecond and more. */
const SLICE_SAMPLES = 50_000

async function printMatrix({ series }: MatrixValue, clock: Pick<Clock, 'yield'>): Promise<string> {
  const times = new TimeTexts()
  const elements: string[] = []
  let printed = 0
  for (const { labels, samples } of series) {
    elements.push(`{"metric":${printLabels(labels)}${printSamples(samples, times)}}`)
    printed += samples.length
    if (printed < SLICE_SAMPLES) continue
    printed = 0
    await clock.yield()
  }
  return `[${elements.join(',')}]`
}

function printSamples({ length, timestamps, values, histograms }: Samples, times: TimeTexts): string {
  const texts = times.of(timestamps, length)
  const floats: string[] = []
  const natives: string[] = []
  for (let index = 0; index < length; index++) {
    const histogram = histograms?.[index]
    if (histogram === undefined) floats.push(`[${texts[index]},"${numberText(values[index] as number)}"]`)
    else natives.push(`[${texts[index]},${printHistogram(histogram)}]`)
  }
  const printed = floats.length === 0 ? '' : `,"values":[${floats.join(',')}]`
  return natives.length === 0 ? printed : `${printed},"histograms":[${natives.join(',')}]`
}

/** Times as texts, each made once: the series of a range query are sampled at the same ones. */
class TimeTexts {
  readonly #byTime = new Map<number, string>()
  #timestamps: Float64Array | undefined
  #texts: readonly string[] = []

  of(timestamps: Float64Array, length: number): readonly string[] {
    // Series without gaps even share the column.
    if (timestamps === this.#timestamps && this.#texts.length === length) return this.#texts
    const texts: string[] = []
    for (let index = 0; index < length; index++) texts.push(this.#text(timestamps[index] as number))
    this.#timestamps = timestamps
    this.#texts = texts
    return texts
  }

  #text(timestampMs: number): string {
    let text = this.#byTime.get(timestampMs)
    if (text === undefined) this.#byTime.set(timestampMs, (text = printSeconds(timestampMs)))
    return text
  }
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
