import type { Labels } from '../model/labels.ts'
import { possibleNonCounter, possibleNonCounterType } from './annotations.ts'
import { Collector, type Column, FLOAT, type Sink } from './column.ts'
import { type Evaluation, SLICE_UNITS, type StreamTarget, UNITS_PER_SERIES } from './evaluation.ts'
import type { RangeCall, RangeFunction, Slide } from './functions/range-function.ts'
import { RANGE_FUNCTIONS, rangeFunction } from './functions/range-functions.ts'
import { timesOf } from './grid.ts'
import { requireDistinct, weightOf, withoutMetadata } from './labels-of-results.ts'
import { executionError } from './query-error.ts'
import { RangeWindow } from './range-window.ts'
import { lookupTimes } from './selectors.ts'
import { subqueryGrid } from './subquery.ts'
import type { Call, Expr, MatrixSelector, SubqueryExpr } from './syntax/ast.ts'

/** Functions of which only counters make sense; `rate(gauge[5m])` is a common mistake. */
const FOR_COUNTERS: ReadonlySet<string> = new Set(['rate', 'increase'])
const COUNTER_SUFFIX = /_(?:total|sum|count|bucket)$/

/** Calls a function over ranges for every series and step. */
export async function streamRangeCall(evaluation: Evaluation, call: Call, target: StreamTarget): Promise<void> {
  const { range, context } = await prepareCall(evaluation, call, target)
  const isDistinct = range.type === 'MatrixSelector' && evaluation.selectedBy(range.selector).isOneMetric
  if (evaluation.settings.delayedNameRemoval || isDistinct) {
    await new RangeRun(evaluation, call, context).stream(range, target)
    return
  }
  const collector = new Collector(target.grid.steps)
  await new RangeRun(evaluation, call, context).stream(range, { grid: target.grid, sink: collector })
  requireDistinct(collector.series)
  for (const { labels, column, dropName } of collector.series) target.sink.accept(labels, column, dropName)
}

async function prepareCall(
  evaluation: Evaluation,
  { func, args }: Call,
  { grid }: StreamTarget,
): Promise<{ range: MatrixSelector | SubqueryExpr; context: RangeCall }> {
  const range = args.find(isRange)
  const [first] = args
  if (range === undefined || first === undefined) throw new TypeError(`${func} is called without a range`)
  const scalars: Float64Array[] = []
  for (const argument of args) {
    if (argument !== range) scalars.push(await evaluation.scalar(argument, grid))
  }
  const selector = range.type === 'MatrixSelector' ? range.selector : undefined
  const context: RangeCall = {
    evaluation,
    pos: first.pos,
    rangeMs: range.rangeMs,
    anchored: selector?.anchored === true,
    smoothed: selector?.smoothed === true,
    scalars,
  }
  requireSafe(func, context)
  return { range, context }
}

function isRange(expr: Expr): expr is MatrixSelector | SubqueryExpr {
  return expr.type === 'MatrixSelector' || expr.type === 'SubqueryExpr'
}

/** `anchored` and `smoothed` ranges hold samples beyond their edges, which most functions would take for part of them. */
function requireSafe(func: string, { anchored, smoothed }: RangeCall): void {
  const modifier = anchored ? 'anchored' : smoothed ? 'smoothed' : undefined
  if (modifier === undefined || rangeFunction(func).modifiers?.includes(modifier) === true) return
  const safe = Object.keys(RANGE_FUNCTIONS)
    .filter((name) => rangeFunction(name).modifiers?.includes(modifier) === true)
    .sort()
  throw executionError(`${modifier} modifier can only be used with: ${safe.join(', ')} - not with ${func}`)
}

/** One series as it was evaluated. */
interface Result {
  readonly labels: Labels
  readonly dropName: boolean
  readonly column: Column
  readonly sink: Sink
}

/** Adding up histograms makes objects: much more work than numbers of the same weight. */
const UNITS_PER_HISTOGRAM_WEIGHT = 20

/** One call at work: its window goes from series to series. */
class RangeRun {
  readonly #evaluation: Evaluation
  readonly #name: string
  readonly #function: RangeFunction
  readonly #call: RangeCall
  readonly #window = new RangeWindow()
  readonly #backMs: number
  readonly #aheadMs: number
  /** Of the series at hand: samples in its windows, the most in one of them, and the work since others had a turn. */
  #seen = 0
  #most = 0
  #units = 0
  /** The metric that a hint was given about last: most calls are about one. */
  #hinted: string | undefined

  constructor(evaluation: Evaluation, { func }: Call, call: RangeCall) {
    this.#evaluation = evaluation
    this.#name = func
    this.#function = rangeFunction(func)
    this.#call = call
    const { lookbackMs } = evaluation.settings
    this.#backMs = call.anchored || call.smoothed ? lookbackMs : 0
    this.#aheadMs = call.smoothed ? lookbackMs : 0
  }

  stream(range: MatrixSelector | SubqueryExpr, target: StreamTarget): Promise<void> {
    return range.type === 'MatrixSelector' ? this.#overSelector(range, target) : this.#overSubquery(range, target)
  }

  async #overSelector({ selector }: MatrixSelector, { grid, sink }: StreamTarget): Promise<void> {
    const evaluation = this.#evaluation
    const { startTimestamps } = evaluation.settings
    const slide = { ends: lookupTimes(selector, grid), times: timesOf(grid) }
    for (const series of evaluation.selectedBy(selector).series) {
      const samples = evaluation.samplesOf(selector, series)
      const { samples: columns } = this.#window
      columns.load(samples, startTimestamps && this.#function.wantsStarts === true)
      evaluation.counts.read += columns.floats + columns.histograms.length
      const column = this.#begin(series.labels, sink)
      for (let step = this.#slide(column, slide, 0); step < grid.steps; step = this.#slide(column, slide, step))
        await evaluation.pause()
      this.#finish({ labels: series.labels, dropName: false, column, sink })
      if (evaluation.spend(UNITS_PER_SERIES + samples.length + 4 * grid.steps + this.#units)) await evaluation.pause()
    }
  }

  async #overSubquery(subquery: SubqueryExpr, { grid, sink }: StreamTarget): Promise<void> {
    const evaluation = this.#evaluation
    const slide = { ends: lookupTimes(subquery, grid), times: timesOf(grid) }
    const inner = subqueryGrid(subquery, grid, evaluation.settings)
    const before = evaluation.held
    for (const { labels, column: points, dropName } of await evaluation.vector(subquery.expr, inner)) {
      this.#window.samples.loadColumn(points, inner)
      const column = this.#begin(labels, sink)
      for (let step = this.#slide(column, slide, 0); step < grid.steps; step = this.#slide(column, slide, step))
        await evaluation.pause()
      this.#finish({ labels, dropName, column, sink })
      if (evaluation.spend(inner.steps + 4 * grid.steps + this.#units)) await evaluation.pause()
    }
    evaluation.settle(before, 0)
  }

  #begin(labels: Labels, sink: Sink): Column {
    this.#seen = 0
    this.#most = 0
    this.#units = 0
    this.#window.start(labels)
    this.#function.prepare?.(this.#window, this.#call)
    return sink.column()
  }

  /** Goes on from a step, and answers how far it came: to the end, unless that would keep others waiting for too long. */
  #slide(column: Column, slide: Slide, fromStep: number): number {
    const window = this.#window
    const call = this.#call
    const { apply, fill, unitsPerSample = 1 } = this.#function
    const { samples } = window
    const hasHistograms = samples.histograms.length > 0
    const isPlain = !hasHistograms && samples.starts === undefined && !call.anchored && !call.smoothed
    const { ends, times } = slide
    if (fill !== undefined && isPlain) {
      const { seen, most } = fill(window, slide, column, call)
      this.#seen = seen
      this.#most = most
      return ends.length
    }
    const { rangeMs } = call
    this.#units = 0
    for (let step = fromStep; step < ends.length; step++) {
      const endMs = ends[step] as number
      window.rangeEndMs = endMs
      window.rangeStartMs = endMs - rangeMs
      window.nowMs = times[step] as number
      window.moveTo(endMs - rangeMs - this.#backMs, endMs + this.#aheadMs)
      if (window.isEmpty) continue
      const weight = hasHistograms ? window.weight : window.to - window.from
      this.#seen += weight
      if (weight > this.#most) this.#most = weight
      apply(window, step, column, call)
      this.#units += hasHistograms ? weight * UNITS_PER_HISTOGRAM_WEIGHT : weight * unitsPerSample
      if (this.#units > SLICE_UNITS) return step + 1
    }
    return ends.length
  }

  #finish({ labels, dropName, column, sink }: Result): void {
    const evaluation = this.#evaluation
    evaluation.counts.total += this.#seen
    if (column.count === 0) return
    const held = evaluation.held
    const weight = weightOf(column)
    evaluation.hold(this.#most + weight)
    evaluation.settle(held, weight)
    this.#hint(labels, column)
    const isDropped = this.#function.keepsName !== true || dropName
    const isDroppedNow = isDropped && !evaluation.settings.delayedNameRemoval
    sink.accept(isDroppedNow ? withoutMetadata(labels) : labels, column, isDropped)
  }

  #hint(labels: Labels, column: Column): void {
    if (!FOR_COUNTERS.has(this.#name)) return
    const name = labels.metricName
    const { typeAndUnitLabels } = this.#evaluation.settings
    if (name === '' || (name === this.#hinted && !typeAndUnitLabels) || !hasFloats(column)) return
    this.#hinted = name
    if (typeAndUnitLabels) {
      const type = labels.get('__type__')
      if (type !== 'counter' && type !== 'histogram')
        this.#evaluation.annotate(possibleNonCounterType(name, type, this.#call.pos))
    } else if (!COUNTER_SUFFIX.test(name)) this.#evaluation.annotate(possibleNonCounter(name, this.#call.pos))
  }
}

function hasFloats(column: Column): boolean {
  return column.histograms === undefined || column.kinds.includes(FLOAT)
}
