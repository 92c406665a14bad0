import type { Clock } from '../../world/clock.ts'
import type { FloatHistogram } from '../model/histogram.ts'
import type { Labels } from '../model/labels.ts'
import type { Samples } from '../model/samples.ts'
import { type Bucket, allBuckets } from '../model/histogram/buckets.ts'
import { hasCustomBuckets } from '../model/histogram/bounds.ts'
import type { MatrixValue, QueryValue, VectorValue } from '../promql/results.ts'
import type { JsonBytes } from './json-bytes.ts'
import { numberText } from './number-text.ts'

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
  const samplesInAll = series.reduce((sum, { samples }) => sum + samples.length, 0)
  json.expect(series.length * SERIES_BYTES + samplesInAll * SAMPLE_BYTES)
  let printed = 0
  json.ascii('[')
  for (const [index, { labels, samples }] of series.entries()) {
    json.text(`${index === 0 ? '' : ','}{"metric":${printLabels(labels)}`)
    if (samples.histograms === undefined)
      writeFloats(json, times.of(samples.timestamps, samples.length), samples.values)
    else writeMixed(json, samples)
    json.ascii('}')
    printed += samples.length
    if (printed < SLICE_SAMPLES) continue
    printed = 0
    await clock.yield()
  }
  json.ascii(']')
}

/** About what a series without its samples, and a sample, take. */
const SERIES_BYTES = 256
const SAMPLE_BYTES = 32

function writeFloats(json: JsonBytes, times: readonly Uint8Array[], values: Float64Array): void {
  if (times.length === 0) return
  json.ascii(',"values":[')
  json.floats(times, values)
  json.ascii(']')
}

/** Floats and histograms of a series stand in two lists. */
function writeMixed(json: JsonBytes, { length, timestamps, values, histograms = [] }: Samples): void {
  const isFloat = (index: number): boolean => histograms[index] === undefined
  const all = Array.from({ length }, (_, index) => index)
  const floats = all.filter(isFloat)
  const floatTimes = Float64Array.from(floats, (index) => timestamps[index] as number)
  const floatValues = Float64Array.from(floats, (index) => values[index] as number)
  writeFloats(json, new TimeTexts().of(floatTimes, floats.length), floatValues)
  let written = 0
  for (let index = 0; index < length; index++) {
    const histogram = histograms[index]
    if (histogram === undefined) continue
    const opening = written++ === 0 ? ',"histograms":[' : ','
    json.ascii(`${opening}[${printSeconds(timestamps[index] as number)},${printHistogram(histogram)}]`)
  }
  if (written > 0) json.ascii(']')
}

/** Beginnings of float samples, `[1435781451.781,"`, each made once: the series of a range query are sampled at the same ones. */
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
    if (text === undefined) this.#byTime.set(timestampMs, (text = Buffer.from(`[${printSeconds(timestampMs)},"`)))
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
