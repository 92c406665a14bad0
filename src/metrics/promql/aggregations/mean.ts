import type { Labels } from '../../model/labels.ts'
import { ABSENT, Column, FLOAT } from '../column.ts'
import type { Fold } from './fold.ts'
import { type FoldContext, HistogramStep } from './histogram-step.ts'
import { addHistograms, withHistograms } from './sum.ts'

/**
 * Means of floats: sums divided by counts, as that is the most exact. A sum that leaves the range of floats is turned into a
 * running mean, which does not.
 */
export class MeanFold implements Fold {
  readonly #out: Column
  readonly #lost: Float64Array
  readonly #counts: Uint32Array
  readonly #isRunning: Uint8Array
  readonly #context: FoldContext
  #histograms: Map<number, HistogramStep> | undefined

  constructor(steps: number, context: FoldContext) {
    this.#out = new Column(steps)
    this.#lost = new Float64Array(steps)
    this.#counts = new Uint32Array(steps)
    this.#isRunning = new Uint8Array(steps)
    this.#context = context
  }

  add(column: Column, labels: Labels): void {
    if (column.histograms !== undefined) {
      this.#histograms ??= new Map()
      const make = (): HistogramStep => new HistogramStep(this.#context, true)
      addHistograms(column, { metricName: labels.metricName, into: this.#histograms, make })
    }
    const { kinds, values } = column
    for (let step = 0; step < kinds.length; step++) {
      if (kinds[step] === FLOAT) this.#addFloat(step, values[step] as number)
    }
  }

  finish(): Column {
    const { values } = this.#out
    for (let step = 0; step < values.length; step++) {
      const count = this.#isRunning[step] === 1 ? 1 : (this.#counts[step] as number)
      values[step] = (values[step] as number) / count + (this.#lost[step] as number) / count
    }
    return withHistograms(this.#out, this.#histograms, this.#context)
  }

  #addFloat(step: number, value: number): void {
    const out = this.#out
    const count = (this.#counts[step] as number) + 1
    this.#counts[step] = count
    if (out.kinds[step] === ABSENT) {
      out.setFloat(step, value)
      return
    }
    const sum = out.values[step] as number
    if (this.#isRunning[step] === 0) {
      const next = sum + value
      if (next !== Infinity && next !== -Infinity) {
        this.#set(step, next, (this.#lost[step] as number) + lostIn(sum, value, next))
        return
      }
      this.#isRunning[step] = 1
      this.#set(step, sum / (count - 1), (this.#lost[step] as number) / (count - 1))
    }
    const share = (count - 1) / count
    const mean = share * (out.values[step] as number)
    const lost = share * (this.#lost[step] as number)
    const next = mean + value / count
    const isInfinite = next === Infinity || next === -Infinity
    this.#set(step, next, isInfinite ? 0 : lost + lostIn(mean, value / count, next))
  }

  #set(step: number, value: number, lost: number): void {
    this.#out.values[step] = value
    this.#lost[step] = lost
  }
}

function lostIn(sum: number, value: number, next: number): number {
  return Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum
}
