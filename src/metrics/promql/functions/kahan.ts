/** A sum that keeps what rounding takes from it (Neumaier's variant of Kahan's summation). */
export class KahanSum {
  value = 0
  lost = 0

  reset(value = 0, lost = 0): void {
    this.value = value
    this.lost = lost
  }

  add(more: number): void {
    const { value } = this
    const next = value + more
    if (next === Infinity || next === -Infinity) this.lost = 0
    else if (Math.abs(value) >= Math.abs(more)) this.lost += value - next + more
    else this.lost += more - next + value
    this.value = next
  }

  get total(): number {
    return this.value + this.lost
  }
}

export function isInfinite(value: number): boolean {
  return value === Infinity || value === -Infinity
}

/**
 * A mean that does not overflow where its sum would. The plain mean is the more exact one; it turns to adding up shares when
 * the sum leaves the range of floats (prometheus/prometheus promql/engine.go, AVG).
 */
class KahanMean {
  readonly #sum = new KahanSum()
  #count = 0
  #isIncremental = false

  reset(): void {
    this.#sum.reset()
    this.#count = 0
    this.#isIncremental = false
  }

  add(value: number): void {
    const sum = this.#sum
    this.#count++
    if (this.#count === 1) {
      sum.reset(value)
      return
    }
    if (!this.#isIncremental) {
      const { value: before, lost } = sum
      sum.add(value)
      if (!isInfinite(sum.value)) return
      this.#isIncremental = true
      sum.reset(before / (this.#count - 1), lost / (this.#count - 1))
    }
    const share = (this.#count - 1) / this.#count
    sum.reset(share * sum.value, share * sum.lost)
    sum.add(value / this.#count)
  }

  get mean(): number {
    const { value, lost } = this.#sum
    return this.#isIncremental ? value + lost : value / this.#count + lost / this.#count
  }
}

/** The sum of a stretch of values; an infinite one has lost nothing. */
export function compensatedSum(values: Float64Array, from: number, to: number): number {
  let sum = 0
  let lost = 0
  for (let index = from; index < to; index++) {
    const value = values[index] as number
    const next = sum + value
    if (next === Infinity || next === -Infinity) lost = 0
    else lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum
    sum = next
  }
  return isInfinite(sum) ? sum : sum + lost
}

/** The mean of a stretch of values. */
export function compensatedMean(values: Float64Array, from: number, to: number): number {
  let sum = values[from] as number
  let lost = 0
  for (let index = from + 1; index < to; index++) {
    const value = values[index] as number
    const next = sum + value
    if (next === Infinity || next === -Infinity) return meanOfLarge(values, from, to)
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum
    sum = next
  }
  const count = to - from
  return sum / count + lost / count
}

function meanOfLarge(values: Float64Array, from: number, to: number): number {
  const mean = new KahanMean()
  for (let index = from; index < to; index++) mean.add(values[index] as number)
  return mean.mean
}
