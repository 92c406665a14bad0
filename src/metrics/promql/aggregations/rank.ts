import { histogramIgnoredInAggregation } from '../annotations.ts'
import { Column, FLOAT, HISTOGRAM, type Series } from '../column.ts'
import type { Evaluation } from '../evaluation.ts'
import type { Grid } from '../grid.ts'
import { executionError } from '../query-error.ts'
import type { AggregateExpr } from '../syntax/ast.ts'
import { Grouping } from './grouping.ts'
import { groupsOf, parameters } from './groups.ts'

const INT64_MAX = 9_223_372_036_854_774_784
const INT64_MIN = -9_223_372_036_854_775_808

/** Neighbouring steps of a series lie side by side in memory: looking at several of them costs little more than at one. */
const STEPS_AT_ONCE = 8

/** `topk` and `bottomk`: of every group, at every step, the few series with the largest or the smallest values. */
export async function rankSeries(evaluation: Evaluation, expr: AggregateExpr, grid: Grid): Promise<Series[]> {
  const sizes = await parameters(evaluation, expr, grid)
  const input = await evaluation.vector(expr.expr, grid)
  if (!isAnyWanted(sizes)) return []
  const results: Series[] = []
  for (const { members } of groupsOf(input, new Grouping(expr))) {
    const ranking = new Ranking(evaluation, expr, members)
    for (let step = 0; step < grid.steps; step += STEPS_AT_ONCE) {
      ranking.rank(step, sizes.subarray(step, step + STEPS_AT_ONCE))
      if (evaluation.spend(STEPS_AT_ONCE * members.length)) await evaluation.pause()
    }
    results.push(...ranking.finish())
  }
  return results
}

/** Whether any step asks for a series at all; numbers that are none, or too large, are refused. */
export function isAnyWanted(sizes: Float64Array): boolean {
  const largest = sizes.reduce((most, size) => Math.max(most, Number.isNaN(size) ? -Infinity : size), -Infinity)
  const smallest = sizes.reduce((least, size) => Math.min(least, Number.isNaN(size) ? Infinity : size), Infinity)
  if (largest < 1 && !(largest === -Infinity && sizes.some(Number.isNaN))) return false
  if (sizes.some(Number.isNaN)) throw executionError('Parameter value is NaN')
  if (smallest <= INT64_MIN) throw executionError(`Scalar value ${smallest} underflows int64`)
  if (largest >= INT64_MAX) throw executionError(`Scalar value ${largest} overflows int64`)
  return true
}

/** One group, step by step. */
class Ranking {
  readonly #evaluation: Evaluation
  readonly #expr: AggregateExpr
  readonly #members: readonly Series[]
  readonly #kinds: readonly Uint8Array[]
  readonly #values: readonly Float64Array[]
  readonly #best: readonly BestFew[]
  readonly #columns = new Map<number, Column>()

  constructor(evaluation: Evaluation, expr: AggregateExpr, members: readonly Series[]) {
    this.#evaluation = evaluation
    this.#expr = expr
    this.#members = members
    this.#kinds = members.map(({ column }) => column.kinds)
    this.#values = members.map(({ column }) => column.values)
    this.#best = Array.from({ length: STEPS_AT_ONCE }, () => new BestFew(expr.op === 'topk'))
  }

  /** Ranks a few steps from `firstStep` on: as many as there are sizes. */
  rank(firstStep: number, sizes: Float64Array): void {
    for (let at = 0; at < sizes.length; at++)
      this.#bestAt(at).start(Math.min(Math.trunc(sizes[at] as number), this.#members.length))
    for (let index = 0; index < this.#kinds.length; index++) {
      const kinds = this.#kinds[index] as Uint8Array
      const values = this.#values[index] as Float64Array
      for (let at = 0; at < sizes.length; at++) {
        const kind = kinds[firstStep + at]
        if (kind === FLOAT) this.#bestAt(at).offer(values[firstStep + at] as number, index)
        else if (kind === HISTOGRAM)
          this.#evaluation.annotate(histogramIgnoredInAggregation(this.#expr.op, this.#expr.pos))
      }
    }
    for (let at = 0; at < sizes.length; at++) this.#take(firstStep + at, this.#bestAt(at))
  }

  #bestAt(at: number): BestFew {
    return this.#best[at] as BestFew
  }

  #take(step: number, best: BestFew): void {
    for (const index of best.inOrder()) {
      const values = this.#values[index] as Float64Array
      let column = this.#columns.get(index)
      if (column === undefined) this.#columns.set(index, (column = new Column(values.length)))
      column.setFloat(step, values[step] as number)
    }
  }

  /** The series that were among the best at any step, in the order in which they came to be. */
  finish(): Series[] {
    return Array.from(this.#columns, ([index, column]) => ({ ...(this.#members[index] as Series), column }))
  }
}

/**
 * The best few of the values offered, in a heap with the worst of them on top: NaN is worse than anything. A value that is as
 * good as the worst does not replace it.
 */
class BestFew {
  readonly #isLarger: boolean
  readonly #values: number[] = []
  readonly #indexes: number[] = []
  #size = 0

  constructor(wantsLargest: boolean) {
    this.#isLarger = wantsLargest
  }

  start(size: number): void {
    this.#size = size
    this.#values.length = 0
    this.#indexes.length = 0
  }

  offer(value: number, index: number): void {
    if (this.#size < 1) return
    const values = this.#values
    if (values.length < this.#size) {
      values.push(value)
      this.#indexes.push(index)
      this.#up(values.length - 1)
      return
    }
    const worst = values[0] as number
    const isBetter = this.#isLarger ? worst < value : worst > value
    if (!isBetter && !(Number.isNaN(worst) && !Number.isNaN(value))) return
    values[0] = value
    this.#indexes[0] = index
    this.#down()
  }

  /** The best first. */
  inOrder(): number[] {
    const places = this.#values.map((_, place) => place)
    places.sort((a, b) => (this.#isWorse(a, b) ? 1 : this.#isWorse(b, a) ? -1 : 0))
    return places.map((place) => this.#indexes[place] as number)
  }

  #isWorse(a: number, b: number): boolean {
    const [left, right] = [this.#values[a] as number, this.#values[b] as number]
    if (Number.isNaN(left)) return !Number.isNaN(right)
    return this.#isLarger ? left < right : left > right
  }

  #up(from: number): void {
    let place = from
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (!this.#isWorse(place, parent)) return
      this.#swap(place, parent)
      place = parent
    }
  }

  #down(): void {
    let place = 0
    for (;;) {
      let worst = 2 * place + 1
      if (worst >= this.#values.length) return
      if (worst + 1 < this.#values.length && this.#isWorse(worst + 1, worst)) worst++
      if (!this.#isWorse(worst, place)) return
      this.#swap(worst, place)
      place = worst
    }
  }

  #swap(a: number, b: number): void {
    const [value, index] = [this.#values[a] as number, this.#indexes[a] as number]
    this.#values[a] = this.#values[b] as number
    this.#indexes[a] = this.#indexes[b] as number
    this.#values[b] = value
    this.#indexes[b] = index
  }
}
