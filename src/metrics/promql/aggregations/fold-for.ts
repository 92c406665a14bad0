import { histogramIgnoredInAggregation } from '../annotations.ts'
import { ABSENT, Column, FLOAT, HISTOGRAM } from '../column.ts'
import type { Evaluation } from '../evaluation.ts'
import type { AggregateExpr } from '../syntax/ast.ts'
import type { Fold } from './fold.ts'
import { MeanFold } from './mean.ts'
import { SumFold } from './sum.ts'

/** Makes the folds of an aggregation, one for each group. */
export function foldFor(expr: AggregateExpr, evaluation: Evaluation, steps: number): () => Fold {
  const ignore = (): void => evaluation.annotate(histogramIgnoredInAggregation(expr.op, expr.expr.pos))
  switch (expr.op) {
    case 'sum':
      return () => new SumFold(steps, { evaluation, pos: expr.expr.pos })
    case 'avg':
      return () => new MeanFold(steps, { evaluation, pos: expr.expr.pos })
    case 'count':
      return () => new CountFold(steps)
    case 'group':
      return () => new GroupFold(steps)
    case 'min':
      return () => new ExtremeFold(steps, { isMax: false, ignore })
    case 'max':
      return () => new ExtremeFold(steps, { isMax: true, ignore })
    case 'stdvar':
      return () => new VarianceFold(steps, { isDeviation: false, ignore })
    case 'stddev':
      return () => new VarianceFold(steps, { isDeviation: true, ignore })
    default:
      throw new TypeError(`${expr.op} does not fold`)
  }
}

class CountFold implements Fold {
  readonly #out: Column

  constructor(steps: number) {
    this.#out = new Column(steps)
  }

  add({ kinds }: Column): void {
    const out = this.#out
    for (let step = 0; step < kinds.length; step++) {
      if (kinds[step] === ABSENT) continue
      if (out.kinds[step] === ABSENT) out.setFloat(step, 1)
      else out.values[step] = (out.values[step] as number) + 1
    }
  }

  finish(): Column {
    return this.#out
  }
}

class GroupFold implements Fold {
  readonly #out: Column

  constructor(steps: number) {
    this.#out = new Column(steps)
  }

  add({ kinds }: Column): void {
    for (let step = 0; step < kinds.length; step++) if (kinds[step] !== ABSENT) this.#out.setFloat(step, 1)
  }

  finish(): Column {
    return this.#out
  }
}

class ExtremeFold implements Fold {
  readonly #out: Column
  readonly #isMax: boolean
  readonly #ignore: () => void

  constructor(steps: number, { isMax, ignore }: { isMax: boolean; ignore: () => void }) {
    this.#out = new Column(steps)
    this.#isMax = isMax
    this.#ignore = ignore
  }

  add({ kinds, values }: Column): void {
    const out = this.#out
    for (let step = 0; step < kinds.length; step++) {
      if (kinds[step] === HISTOGRAM) this.#ignore()
      if (kinds[step] !== FLOAT) continue
      const value = values[step] as number
      if (out.kinds[step] === ABSENT) {
        out.setFloat(step, value)
        continue
      }
      const best = out.values[step] as number
      const isBetter = this.#isMax ? value > best : value < best
      if (isBetter || Number.isNaN(best)) out.values[step] = value
    }
  }

  finish(): Column {
    return this.#out
  }
}

/** Welford's running mean and sum of squares. */
class VarianceFold implements Fold {
  readonly #out: Column
  readonly #means: Float64Array
  readonly #counts: Uint32Array
  readonly #isDeviation: boolean
  readonly #ignore: () => void

  constructor(steps: number, { isDeviation, ignore }: { isDeviation: boolean; ignore: () => void }) {
    this.#out = new Column(steps)
    this.#means = new Float64Array(steps)
    this.#counts = new Uint32Array(steps)
    this.#isDeviation = isDeviation
    this.#ignore = ignore
  }

  add({ kinds, values }: Column): void {
    const out = this.#out
    for (let step = 0; step < kinds.length; step++) {
      if (kinds[step] === HISTOGRAM) this.#ignore()
      if (kinds[step] !== FLOAT) continue
      const value = values[step] as number
      const count = (this.#counts[step] as number) + 1
      this.#counts[step] = count
      if (count === 1) {
        this.#means[step] = value
        out.setFloat(step, Number.isFinite(value) ? 0 : Number.NaN)
        continue
      }
      const delta = value - (this.#means[step] as number)
      const mean = (this.#means[step] as number) + delta / count
      this.#means[step] = mean
      out.values[step] = (out.values[step] as number) + delta * (value - mean)
    }
  }

  finish(): Column {
    const { values } = this.#out
    for (let step = 0; step < values.length; step++) {
      const variance = (values[step] as number) / (this.#counts[step] as number)
      values[step] = this.#isDeviation ? Math.sqrt(variance) : variance
    }
    return this.#out
  }
}
