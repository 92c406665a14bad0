import { CUSTOM_BUCKETS_SCHEMA, type FloatHistogram, type Span } from '../../model/histogram.ts'
import { AppendError } from '../../model/storage.ts'
import { formatFloat } from '../../../base/go-numbers.ts'

const SCHEMA_MIN = -4
const SCHEMA_MAX = 8

/** Refuses what is no histogram, in the words of prometheus/prometheus model/histogram/generic.go and histogram.go. */
export function checkHistogram(histogram: FloatHistogram, isInteger: boolean): void {
  if (histogram.schema === CUSTOM_BUCKETS_SCHEMA) checkCustomBuckets(histogram)
  else if (histogram.schema >= SCHEMA_MIN && histogram.schema <= SCHEMA_MAX) checkExponential(histogram)
  else
    refuse(
      `histogram has an invalid schema, which must be between -4 and 8 for exponential buckets, or -53 for custom buckets, got schema ${histogram.schema}`,
    )
  if (histogram.count < 0) {
    refuse(`observation count is  ${formatFloat(histogram.count, 'g', -1)}: histogram's observation count is negative`)
  }
  checkCounts('positive', histogram.positiveBuckets)
  if (isInteger) checkSum(histogram)
}

function checkExponential(histogram: FloatHistogram): void {
  checkSpans('positive', histogram.positiveSpans, histogram.positiveBuckets.length)
  checkSpans('negative', histogram.negativeSpans, histogram.negativeBuckets.length)
  checkCounts('negative', histogram.negativeBuckets)
  if (histogram.zeroCount < 0) {
    const count = formatFloat(histogram.zeroCount, 'g', -1)
    refuse(`zero bucket has observation count of ${count}: histogram has a bucket whose observation count is negative`)
  }
  if (histogram.customValues.length > 0) refuse('histogram with exponential schema must not have custom bounds')
}

function checkCustomBuckets(histogram: FloatHistogram): void {
  const { customValues: bounds, positiveSpans: spans } = histogram
  for (let index = 0; index < bounds.length; index++) {
    const bound = bounds[index] ?? 0
    const before = bounds[index - 1]
    if (Number.isNaN(bound)) refuse('custom buckets: histogram custom bounds must not be NaN')
    if (before !== undefined && bound <= before) {
      refuse(
        `custom buckets: previous bound is ${before.toFixed(6)} and current is ${bound.toFixed(6)}: histogram custom bounds must be in strictly increasing order`,
      )
    }
  }
  if (bounds.at(-1) === Infinity) {
    refuse('custom buckets: last +Inf bound must not be explicitly defined: histogram custom bounds must be finite')
  }
  const negative = spans.findIndex(({ offset }) => offset < 0)
  if (negative >= 0) refuse(`custom buckets: ${offsetRefusal(negative, spans[negative]?.offset ?? 0)}`)
  checkBucketCount('custom buckets', spans, histogram.positiveBuckets.length)
  const total = spans.reduce((sum, { length, offset }) => sum + length + offset, 0)
  if (bounds.length + 1 < total) {
    refuse(
      `custom buckets: only ${bounds.length} custom bounds defined which is insufficient to cover total span length of ${total}: histogram custom bounds are too few`,
    )
  }
  if (histogram.zeroCount !== 0) refuse('custom buckets: must have zero count of 0')
  if (histogram.zeroThreshold !== 0) refuse('custom buckets: must have zero threshold of 0')
  if (histogram.negativeSpans.length > 0) refuse('custom buckets: must not have negative spans')
  if (histogram.negativeBuckets.length > 0) refuse('custom buckets: must not have negative buckets')
}

function checkSpans(side: 'positive' | 'negative', spans: readonly Span[], buckets: number): void {
  const negative = spans.findIndex(({ offset }, index) => index > 0 && offset < 0)
  if (negative >= 0) refuse(`${side} side: ${offsetRefusal(negative, spans[negative]?.offset ?? 0)}`)
  checkBucketCount(`${side} side`, spans, buckets)
}

function checkBucketCount(where: string, spans: readonly Span[], buckets: number): void {
  const needed = spans.reduce((sum, { length }) => sum + length, 0)
  if (needed !== buckets) {
    refuse(
      `${where}: spans need ${needed} buckets, have ${buckets} buckets: histogram spans specify different number of buckets than provided`,
    )
  }
}

function checkCounts(side: 'positive' | 'negative', buckets: readonly number[]): void {
  const index = buckets.findIndex((count) => count < 0)
  if (index < 0) return
  const count = formatFloat(buckets[index] ?? 0, 'g', -1)
  refuse(
    `${side} side: bucket number ${index + 1} has observation count of ${count}: histogram has a bucket whose observation count is negative`,
  )
}

/** Counts that are whole numbers must add up. */
function checkSum(histogram: FloatHistogram): void {
  let found = histogram.zeroCount
  for (const count of histogram.positiveBuckets) found += count
  for (const count of histogram.negativeBuckets) found += count
  const fields = `${found} observations found in buckets, but the Count field is ${histogram.count}`
  if (!Number.isNaN(histogram.sum)) {
    if (found === histogram.count) return
    refuse(
      `${fields}: histogram's observation count should equal the number of observations found in the buckets (in absence of NaN)`,
    )
  }
  if (found > histogram.count) {
    refuse(
      `${fields}: histogram's observation count should be at least the number of observations found in the buckets`,
    )
  }
}

function offsetRefusal(index: number, offset: number): string {
  return `span number ${index + 1} with offset ${offset}: histogram has a span whose offset is negative`
}

function refuse(message: string): never {
  throw new AppendError('invalid histogram', message)
}
