/**
 * Upper bounds of the buckets of all Istio histograms but the last, which has none. Envoy's own:
 * envoyproxy/envoy source/common/stats/histogram_impl.cc.
 */
export const BOUNDS: readonly number[] = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000,
  3_600_000,
]

/** Counts of observations by bucket. */
export class Histogram {
  /** Not cumulative; the last is of what is above all bounds. */
  readonly #counts = new Float64Array(BOUNDS.length + 1)
  #sum = 0
  #count = 0

  get sum(): number {
    return this.#sum
  }

  get count(): number {
    return this.#count
  }

  observe(value: number): void {
    let bucket = 0
    // Most requests are quick, and most of their sizes small: going up from the smallest is the shortest way.
    while (bucket < BOUNDS.length && value > (BOUNDS[bucket] ?? Infinity)) bucket++
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
    this.#sum += value
    this.#count++
  }

  /** How many observations were at most each bound. */
  cumulative(): readonly number[] {
    let total = 0
    return BOUNDS.map((_, bucket) => (total += this.#counts[bucket] ?? 0))
  }
}
