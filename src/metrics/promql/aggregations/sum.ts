import type { Labels } from '../../model/labels.ts'
import { mixedFloatsHistogramsInAggregation } from '../annotations.ts'
import { ABSENT, Column, FLOAT } from '../column.ts'
import type { Fold } from './fold.ts'
import { type FoldContext, HistogramStep } from './histogram-step.ts'

/** Sums of floats, each with what rounding takes from it; histograms go beside them. */
export class SumFold implements Fold {
  readonly #out: Column
  readonly #lost: Float64Array
  readonly #context: FoldContext
  #histograms: Map<number, HistogramStep> | undefined

  constructor(steps: number, context: FoldContext) {
    this.#out = new Column(steps)
    this.#lost = new Float64Array(steps)
    this.#context = context
  }

  add(column: Column, labels: Labels): void {
    if (column.histograms !== undefined) this.#addHistograms(column, labels.metricName)
    const out = this.#out
    if (column.count === column.steps && out.count === out.steps && column.histograms === undefined) {
      this.#addFull(column.values)
      return
    }
    const { kinds, values } = column
    const outKinds = out.kinds
    const outValues = out.values
    const lost = this.#lost
    for (let step = 0; step < kinds.length; step++) {
      if (kinds[step] !== FLOAT) continue
      const value = values[step] as number
      if (outKinds[step] === ABSENT) {
        outKinds[step] = FLOAT
        outValues[step] = value
        out.count++
        continue
      }
      const sum = outValues[step] as number
      const next = sum + value
      if (next === Infinity || next === -Infinity) lost[step] = 0
      else {
        const taken = Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum
        lost[step] = (lost[step] as number) + taken
      }
      outValues[step] = next
    }
  }

  /** The usual case: no step is without a float, here and in what was added before. */
  #addFull(values: Float64Array): void {
    const sums = this.#out.values
    const lost = this.#lost
    for (let step = 0; step < values.length; step++) {
      const value = values[step] as number
      const sum = sums[step] as number
      const next = sum + value
      if (next === Infinity || next === -Infinity) lost[step] = 0
      else {
        const taken = Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum
        lost[step] = (lost[step] as number) + taken
      }
      sums[step] = next
    }
  }

  finish(): Column {
    const { values } = this.#out
    for (let step = 0; step < values.length; step++)
      values[step] = (values[step] as number) + (this.#lost[step] as number)
    return withHistograms(this.#out, this.#histograms, this.#context)
  }

  #addHistograms(column: Column, metricName: string): void {
    this.#histograms ??= new Map()
    addHistograms(column, { metricName, into: this.#histograms, make: () => new HistogramStep(this.#context, false) })
  }
}

/** Adds the histograms of a column to those of their steps. */
export function addHistograms(
  column: Column,
  { metricName, into, make }: { metricName: string; into: Map<number, HistogramStep>; make: () => HistogramStep },
): void {
  for (let step = 0; step < column.steps; step++) {
    const histogram = column.histogramAt(step)
    if (histogram === undefined) continue
    let sum = into.get(step)
    if (sum === undefined) into.set(step, (sum = make()))
    sum.add(histogram, metricName)
  }
}

/** Puts histograms beside the floats; a step that has both has no result. */
export function withHistograms(
  out: Column,
  histograms: ReadonlyMap<number, HistogramStep> | undefined,
  { evaluation, pos }: FoldContext,
): Column {
  for (const [step, sum] of histograms ?? []) {
    if (out.kinds[step] === FLOAT) {
      evaluation.annotate(mixedFloatsHistogramsInAggregation(pos))
      out.remove(step)
      continue
    }
    const histogram = sum.result()
    if (histogram !== undefined) out.setHistogram(step, histogram)
  }
  return out
}
