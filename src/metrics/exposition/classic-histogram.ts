import { CUSTOM_BUCKETS_SCHEMA, type FloatHistogram } from '../model/histogram.ts'
import { compact } from '../model/histogram/compact.ts'
import { type ExposedHistogram, ExpositionError } from './exposition-parser.ts'
import { formatFloat } from './numbers.ts'

/** Buckets, count and sum of a classic histogram, on the way to a native one with custom buckets (prometheus: util/convertnhcb). */
export class ClassicHistogram {
  readonly #buckets: { readonly bound: number; readonly count: number }[] = []
  #count: number | undefined
  #sum = 0

  /** How many observations were at most `bound`. Bounds may come in any order; a second one of the same kind is ignored. */
  addBucket(bound: number, count: number): void {
    if (Number.isNaN(bound)) throw new ExpositionError('bucket boundary must not be NaN')
    if (count < 0) {
      throw new ExpositionError(
        `bucket count must be non-negative: le=${formatFloat(bound)}, count=${formatFloat(count)}`,
      )
    }
    const buckets = this.#buckets
    let at = buckets.length
    while (at > 0 && (buckets[at - 1]?.bound ?? 0) >= bound) at--
    const next = buckets[at]
    if (next?.bound === bound) return
    const before = buckets[at - 1]
    if (before !== undefined && count < before.count) throw notCumulative(count, '<', before.count)
    if (next !== undefined && count > next.count) throw notCumulative(count, '>', next.count)
    buckets.splice(at, 0, { bound, count })
  }

  setCount(count: number): void {
    if (count < 0) throw new ExpositionError(`count must be non-negative: count=${formatFloat(count)}`)
    this.#count = count
  }

  setSum(sum: number): void {
    this.#sum = sum
  }

  convert(): ExposedHistogram {
    const last = this.#buckets.at(-1)
    const count = this.#count ?? last?.count ?? 0
    const buckets = [...this.#buckets]
    // What is beyond the last bucket is told by the count alone.
    if (last?.bound !== Number.POSITIVE_INFINITY) buckets.push({ bound: Number.POSITIVE_INFINITY, count })
    const top = buckets.at(-1)?.count ?? 0
    if (count !== top) {
      throw new ExpositionError(`count mismatch: count=${formatFloat(count)} != le=+Inf count=${formatFloat(top)}`)
    }
    const histogram: FloatHistogram = {
      counterResetHint: 'unknown',
      schema: CUSTOM_BUCKETS_SCHEMA,
      zeroThreshold: 0,
      zeroCount: 0,
      count,
      sum: this.#sum,
      positiveSpans: [{ offset: 0, length: buckets.length }],
      negativeSpans: [],
      positiveBuckets: buckets.map((bucket, index) => bucket.count - (buckets[index - 1]?.count ?? 0)),
      negativeBuckets: [],
      customValues: buckets.slice(0, -1).map(({ bound }) => bound),
    }
    return { histogram: compact(histogram), isInteger: buckets.every((bucket) => Number.isInteger(bucket.count)) }
  }
}

function notCumulative(count: number, relation: string, other: number): ExpositionError {
  return new ExpositionError(`count is not cumulative: ${formatFloat(count)} ${relation} ${formatFloat(other)}`)
}
