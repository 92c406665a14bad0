import type { ForcedMonotonicity } from '../annotations.ts'

/** A relative difference between neighbouring buckets that is rounding and no news (promql/quantile.go). */
const SMALL_DELTA = 1e-12

/**
 * The cumulative buckets of one classic histogram at one step, ascending. Filled again for every step.
 *
 *     bounds  [ 0.1, 0.5, Infinity ]
 *     counts  [  12,  90,      100 ]
 */
export class ClassicBuckets {
  readonly bounds: Float64Array
  readonly counts: Float64Array
  length = 0
  /** Set by `quantile` when it had to force the counts. */
  forced: ForcedMonotonicity | undefined = undefined

  constructor(size: number) {
    this.bounds = new Float64Array(size)
    this.counts = new Float64Array(size)
  }

  clear(): void {
    this.length = 0
  }

  /** Bounds come in ascending order; buckets with the same bound are one. */
  push(bound: number, count: number): void {
    const last = this.length - 1
    if (last >= 0 && this.bounds[last] === bound) {
      this.counts[last] = (this.counts[last] as number) + count
      return
    }
    this.bounds[this.length] = bound
    this.counts[this.length] = count
    this.length++
  }

  /**
   * The value below which the share `q` lies, taking observations to be spread evenly within buckets. In the last bucket,
   * which has no end, it is where that begins.
   */
  quantile(q: number): number {
    this.forced = undefined
    if (Number.isNaN(q)) return Number.NaN
    if (q < 0) return -Infinity
    if (q > 1) return Infinity
    const { bounds, counts, length } = this
    if (bounds[length - 1] !== Infinity) return Number.NaN
    this.#forceGrowth()
    const total = counts[length - 1] as number
    if (length < 2 || total === 0) return Number.NaN
    const rank = q * total
    let at = 0
    while (at < length - 1 && !((counts[at] as number) >= rank)) at++
    if (at === length - 1) return bounds[length - 2] as number
    const upper = bounds[at] as number
    if (at === 0) return upper <= 0 ? upper : upper * (rank / (counts[0] as number))
    const lower = bounds[at - 1] as number
    const below = counts[at - 1] as number
    return lower + (upper - lower) * ((rank - below) / ((counts[at] as number) - below))
  }

  /** The share of observations between two values. */
  fraction(lower: number, upper: number): number {
    const { bounds, counts, length } = this
    if (bounds[length - 1] !== Infinity) return Number.NaN
    const total = counts[length - 1] as number
    if (total === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return Number.NaN
    if (lower >= upper) return 0
    return (this.#rank(upper) - this.#rank(lower)) / total
  }

  /** How many observations lie below `value`. */
  #rank(value: number): number {
    const { bounds, counts, length } = this
    const total = counts[length - 1] as number
    // The first bucket begins at zero, unless it ends below that.
    let begin = (bounds[0] as number) <= 0 ? -Infinity : 0
    let rank = 0
    for (let at = 0; at < length; at++) {
      const end = bounds[at] as number
      const count = counts[at] as number
      if (begin >= value) return Math.min(rank, total)
      if (end > value) {
        if (begin === -Infinity) return Math.min(count, total)
        return Math.min(rank + ((count - rank) * (value - begin)) / (end - begin), total)
      }
      rank = count
      begin = end
    }
    return total
  }

  /** Cumulative counts cannot fall: rounding is passed over, anything else is noted. */
  #forceGrowth(): void {
    const { bounds, counts, length } = this
    let previous = counts[0] as number
    for (let at = 1; at < length; at++) {
      const count = counts[at] as number
      if (count === previous) continue
      if (isAlmost(previous, count)) {
        counts[at] = previous
        continue
      }
      if (!(count < previous)) {
        previous = count
        continue
      }
      counts[at] = previous
      const bound = bounds[at] as number
      this.forced = {
        // Bounds ascend: the first one that is forced is the lowest.
        minBucket: this.forced?.minBucket ?? bound,
        maxBucket: bound,
        maxDiff: Math.max(this.forced?.maxDiff ?? 0, previous - count),
      }
    }
  }
}

/** The smallest positive float with all its digits. */
const MIN_NORMAL = 2 ** -1022

function isAlmost(a: number, b: number): boolean {
  if (Number.isNaN(a) && Number.isNaN(b)) return true
  const sum = Math.abs(a) + Math.abs(b)
  const difference = Math.abs(a - b)
  if (a === 0 || b === 0 || sum < MIN_NORMAL) return difference < SMALL_DELTA * MIN_NORMAL
  return difference / Math.min(sum, Number.MAX_VALUE) < SMALL_DELTA
}
