import { histogramFraction, histogramQuantile } from '../../model/histogram/quantile.ts'
import type { FloatHistogram } from '../../model/histogram.ts'
import type { Labels } from '../../model/labels.ts'
import { formatFloat } from '../../../base/go-numbers.ts'
import { forcedMonotonicity, invalidQuantile, nanObservations } from '../annotations.ts'
import { Column, type Series } from '../column.ts'
import type { Evaluation } from '../evaluation.ts'
import { type Grid, timeAt } from '../grid.ts'
import { mergeSameLabels, withoutMetadata } from '../labels-of-results.ts'
import type { Call, Expr, Position } from '../syntax/ast.ts'
import { argument, textArgument } from './arguments.ts'
import type { ClassicBuckets } from './classic-buckets.ts'
import { histogramsOf, type HistogramGroup } from './histogram-groups.ts'

/** `histogram_quantile(q, v)`, of classic and native histograms alike. */
export async function histogramQuantileSeries(evaluation: Evaluation, call: Call, grid: Grid): Promise<Series[]> {
  const quantiles = await checkedQuantiles(evaluation, argument(call, 0), grid)
  const vector = argument(call, 1)
  const estimates = quantileEstimates(evaluation, { pos: vector.pos, grid, quantiles })
  return estimated(evaluation, { vector, grid, passes: [{ ...estimates, labelsAt: (labels) => labels }] })
}

/** `histogram_quantiles(v, label, q…)`: several of them, told apart by a label. */
export async function histogramQuantilesSeries(evaluation: Evaluation, call: Call, grid: Grid): Promise<Series[]> {
  const vector = argument(call, 0)
  const label = textArgument(call, 1)
  const passes: Pass[] = []
  for (const expr of call.args.slice(2)) {
    const quantiles = await checkedQuantiles(evaluation, expr, grid)
    const estimates = quantileEstimates(evaluation, { pos: vector.pos, grid, quantiles })
    passes.push({
      ...estimates,
      labelsAt: (labels, step) => labels.with(label, openMetricsFloat(quantiles[step] as number)),
    })
  }
  return estimated(evaluation, { vector, grid, passes })
}

/** `histogram_fraction(lower, upper, v)`. */
export async function histogramFractions(evaluation: Evaluation, call: Call, grid: Grid): Promise<Series[]> {
  const lowers = await evaluation.scalar(argument(call, 0), grid)
  const uppers = await evaluation.scalar(argument(call, 1), grid)
  const vector = argument(call, 2)
  const pass: Pass = {
    ofNative: (histogram, step, name) => {
      const { value, nan } = histogramFraction(lowers[step] as number, uppers[step] as number, histogram)
      if (nan !== undefined) evaluation.annotate(nanObservations(nan, name, vector.pos))
      return value
    },
    ofClassic: (buckets, step) => buckets.fraction(lowers[step] as number, uppers[step] as number),
    labelsAt: (labels) => labels,
  }
  return estimated(evaluation, { vector, grid, passes: [pass] })
}

/** One number from each histogram at a step. */
interface Estimates {
  ofNative(histogram: FloatHistogram, step: number, name: string): number
  ofClassic(buckets: ClassicBuckets, step: number, name: string): number
}

interface Pass extends Estimates {
  /** What the result is called, given the labels of the histogram. */
  labelsAt(labels: Labels, step: number): Labels
}

async function checkedQuantiles(evaluation: Evaluation, expr: Expr, grid: Grid): Promise<Float64Array> {
  const quantiles = await evaluation.scalar(expr, grid)
  for (const q of quantiles) if (Number.isNaN(q) || q < 0 || q > 1) evaluation.annotate(invalidQuantile(q, expr.pos))
  return quantiles
}

function quantileEstimates(
  evaluation: Evaluation,
  { pos, grid, quantiles }: { pos: Position; grid: Grid; quantiles: Float64Array },
): Estimates {
  return {
    ofNative: (histogram, step, name) => {
      const { value, nan } = histogramQuantile(quantiles[step] as number, histogram)
      if (nan !== undefined) evaluation.annotate(nanObservations(nan, name, pos))
      return value
    },
    ofClassic: (buckets, step, name) => {
      const value = buckets.quantile(quantiles[step] as number)
      const { forced } = buckets
      if (forced !== undefined)
        evaluation.annotate(forcedMonotonicity(name, { pos, timeMs: timeAt(grid, step), forced }))
      return value
    },
  }
}

async function estimated(
  evaluation: Evaluation,
  { vector, grid, passes }: { vector: Expr; grid: Grid; passes: readonly Pass[] },
): Promise<Series[]> {
  const groups = await histogramsOf(evaluation, vector, grid)
  const isDelayed = evaluation.settings.delayedNameRemoval
  const results: Series[] = []
  for (const pass of passes) {
    for (const group of groups) {
      const labels = isDelayed ? group.labels : withoutMetadata(group.labels)
      const columns = new ColumnsByLabels(labels, pass, grid.steps)
      fill(group, { pass, columns, name: labels.metricName, steps: grid.steps })
      results.push(...columns.series())
      if (evaluation.spend(grid.steps * (1 + group.size))) await evaluation.pause()
    }
  }
  return isDelayed ? results : mergeSameLabels(results)
}

function fill(
  group: HistogramGroup,
  { pass, columns, name, steps }: { pass: Pass; columns: ColumnsByLabels; name: string; steps: number },
): void {
  for (let step = 0; step < steps; step++) {
    const found = group.at(step)
    if (found === undefined) continue
    const value =
      found.native === undefined ? pass.ofClassic(found.classic, step, name) : pass.ofNative(found.native, step, name)
    columns.at(step).setFloat(step, value)
  }
}

/** The columns of one histogram's results: one, unless the labels go with the step. */
class ColumnsByLabels {
  readonly #labels: Labels
  readonly #pass: Pass
  readonly #steps: number
  readonly #columns = new Map<string, { readonly labels: Labels; readonly column: Column }>()

  constructor(labels: Labels, pass: Pass, steps: number) {
    this.#labels = labels
    this.#pass = pass
    this.#steps = steps
  }

  at(step: number): Column {
    const labels = this.#pass.labelsAt(this.#labels, step)
    let found = this.#columns.get(labels.key)
    if (found === undefined) {
      found = { labels, column: new Column(this.#steps) }
      this.#columns.set(labels.key, found)
    }
    return found.column
  }

  series(): Series[] {
    return [...this.#columns.values()].map(({ labels, column }) => ({ labels, column, dropName: true }))
  }
}

/** As OpenMetrics writes the values of `le` and `quantile`: always with a point or an exponent. */
function openMetricsFloat(value: number): string {
  const text = formatFloat(value, 'g', -1)
  return /^-?\d+$/.test(text) ? `${text}.0` : text
}
