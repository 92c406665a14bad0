import type { Clock } from '../../world/clock.ts'
import type { FloatHistogram } from '../model/histogram.ts'
import type { Labels } from '../model/labels.ts'
import type { Samples } from '../model/samples.ts'
import { type Bucket, allBuckets } from '../model/histogram/buckets.ts'
import { hasCustomBuckets } from '../model/histogram/bounds.ts'
import type { MatrixValue, QueryValue, VectorValue } from '../promql/results.ts'
import type { JsonBytes } from './json-bytes.ts'

/*
 * Results as Prometheus prints them (util/jsonutil/marshal.go): written piece by piece, since a query may answer with
 * millions of numbers.
 */

export async function writeValue(json: JsonBytes, value: QueryValue, clock: Pick<Clock, 'yield'>): Promise<void> {
  switch (value.type) {
    case 'scalar':
      json.ascii(`[${printSeconds(value.timestampMs)},${printNumber(value.value)}]`)
      return
    case 'string':
      json.text(`[${printSeconds(value.timestampMs)},${JSON.stringify(value.value)}]`)
      return
    case 'vector':
      await writeVector(json, value, clock)
      return
    case 'matrix':
      await writeMatrix(json, value, clock)
  }
}

/** After so many samples others have a turn: printing one takes a tenth of a microsecond and more. */
const SLICE_SAMPLES = 50_000
/** A sample with its labels takes longer. */
const SLICE_SERIES = 5_000

async function writeVector(
  json: JsonBytes,
  { samples, timestampMs }: VectorValue,
  clock: Pick<Clock, 'yield'>,
): Promise<void> {
  const time = printSeconds(timestampMs)
  json.ascii('[')
  for (const [index, { labels, value, histogram }] of samples.entries()) {
    json.text(`${index === 0 ? '' : ','}{"metric":${printLabels(labels)}`)
    if (histogram === undefined) json.ascii(`,"value":[${time},${printNumber(value)}]}`)
    else json.ascii(`,"histogram":[${time},${printHistogram(histogram)}]}`)
    if (index % SLICE_SERIES === SLICE_SERIES - 1) await clock.yield()
  }
  json.ascii(']')
}

async function writeMatrix(json: JsonBytes, { series }: MatrixValue, clock: Pick<Clock, 'yield'>): Promise<void> {
  const times = new TimeTexts()
  let printed = 0
  json.ascii('[')
  for (const [index, { labels, samples }] of series.entries()) {
    json.text(`${index === 0 ? '' : ','}{"metric":${printLabels(labels)}`)
    writeSamples(json, samples, times)
    json.ascii('}')
    printed += samples.length
    if (printed < SLICE_SAMPLES) continue
    printed = 0
    await clock.yield()
  }
  json.ascii(']')
}

function writeSamples(json: JsonBytes, { length, timestamps, values, histograms }: Samples, times: TimeTexts): void {
  const texts = times.of(timestamps, length)
  let floats = 0
  for (let index = 0; index < length; index++) {
    if (histograms?.[index] !== undefined) continue
    if (floats++ === 0) json.ascii(',"values":[')
    else json.ascii(',')
    json.copy(texts[index] ?? NO_BYTES)
    const value = values[index] as number
    json.ascii('"')
    if (!json.decimal(value)) json.ascii(numberText(value))
    json.ascii('"]')
  }
  if (floats > 0) json.ascii(']')
  if (histograms === undefined || floats === length) return
  let natives = 0
  for (let index = 0; index < length; index++) {
    const histogram = histograms[index]
    if (histogram === undefined) continue
    json.ascii(natives++ === 0 ? ',"histograms":[' : ',')
    json.copy(texts[index] ?? NO_BYTES)
    json.ascii(`${printHistogram(histogram)}]`)
  }
  json.ascii(']')
}

const NO_BYTES = new Uint8Array(0)

/** Beginnings of samples, `[1435781451.781,`, each made once: the series of a range query are sampled at the same ones. */
class TimeTexts {
  readonly #byTime = new Map<number, Uint8Array>()
  #timestamps: Float64Array | undefined
  #texts: readonly Uint8Array[] = []

  of(timestamps: Float64Array, length: number): readonly Uint8Array[] {
    // Series without gaps even share the column.
    if (timestamps === this.#timestamps && this.#texts.length === length) return this.#texts
    const texts: Uint8Array[] = []
    for (let index = 0; index < length; index++) texts.push(this.#text(timestamps[index] as number))
    this.#timestamps = timestamps
    this.#texts = texts
    return texts
  }

  #text(timestampMs: number): Uint8Array {
    let text = this.#byTime.get(timestampMs)
    if (text === undefined) this.#byTime.set(timestampMs, (text = Buffer.from(`[${printSeconds(timestampMs)},`)))
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
