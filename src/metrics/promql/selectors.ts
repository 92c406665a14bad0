import { hasCustomBuckets } from '../model/histogram/bounds.ts'
import type { Samples } from '../model/samples.ts'
import type { StoredSeries } from '../model/storage.ts'
import { boundsReconciled, mixedBucketKinds, mixedFloatsHistograms } from './annotations.ts'
import type { Column } from './column.ts'
import { type Evaluation, type StreamTarget, UNITS_PER_SERIES } from './evaluation.ts'
import { interpolate, interpolateHistograms, firstWhere } from './functions/interpolate.ts'
import { type Grid, timeAt } from './grid.ts'
import { weightOf } from './labels-of-results.ts'
import { SampleColumns } from './sample-columns.ts'
import type { VectorSelector } from './syntax/ast.ts'

/** The latest sample of every series at each step, unless it is too old or the series ended. */
export async function streamSelector(
  evaluation: Evaluation,
  selector: VectorSelector,
  { grid, sink }: StreamTarget,
): Promise<void> {
  const times = lookupTimes(selector, grid)
  const smoothing = selector.smoothed === true ? new Smoothing(evaluation, selector) : undefined
  for (const series of evaluation.selectedBy(selector).series) {
    const samples = evaluation.samplesOf(selector, series)
    const column = sink.column()
    if (smoothing === undefined) fillLatest(column, samples, times, evaluation.settings.lookbackMs)
    else smoothing.fill(column, { series, samples, times })
    if (column.count > 0) {
      const weight = weightOf(column)
      evaluation.hold(weight)
      evaluation.counts.total += weight
      evaluation.counts.read += weight
      sink.accept(series.labels, column, false)
    }
    if (evaluation.spend(UNITS_PER_SERIES + samples.length + grid.steps)) await evaluation.pause()
  }
}

/** The time that a selector looks at, step by step. */
export function lookupTimes({ at, offsetMs }: Pick<VectorSelector, 'at' | 'offsetMs'>, grid: Grid): Float64Array {
  const times = new Float64Array(grid.steps)
  for (let step = 0; step < grid.steps; step++)
    times[step] = (at === undefined ? timeAt(grid, step) : Number(at)) - offsetMs
  return times
}

/** Calls `found` for every step that has a sample, with the index of that sample. `times` do not go back. */
export function eachLatest(
  samples: Samples,
  times: Float64Array,
  lookbackMs: number,
  found: (step: number, index: number) => void,
): void {
  const { timestamps, stale, length } = samples
  let next = 0
  for (let step = 0; step < times.length; step++) {
    const timeMs = times[step] as number
    while (next < length && (timestamps[next] as number) <= timeMs) next++
    const index = next - 1
    if (index < 0 || (timestamps[index] as number) <= timeMs - lookbackMs || stale?.[index] === 1) continue
    found(step, index)
  }
}

function fillLatest(column: Column, samples: Samples, times: Float64Array, lookbackMs: number): void {
  const { values, histograms } = samples
  eachLatest(samples, times, lookbackMs, (step, index) => {
    const histogram = histograms?.[index]
    if (histogram === undefined) column.setFloat(step, values[index] as number)
    else column.setHistogram(step, histogram)
  })
}

interface SmoothedSeries {
  readonly series: StoredSeries
  readonly samples: Samples
  readonly times: Float64Array
}

/** `smoothed` selectors: the value on the line between the samples before and after a step. */
class Smoothing {
  readonly #evaluation: Evaluation
  readonly #selector: VectorSelector
  readonly #columns = new SampleColumns()

  constructor(evaluation: Evaluation, selector: VectorSelector) {
    this.#evaluation = evaluation
    this.#selector = selector
  }

  fill(column: Column, { series, samples, times }: SmoothedSeries): void {
    const { lookbackMs } = this.#evaluation.settings
    this.#columns.load(samples, false)
    const { floats, times: floatTimes, histogramTimes } = this.#columns
    const name = series.labels.metricName
    for (let step = 0; step < times.length; step++) {
      const timeMs = times[step] as number
      const within = (of: ArrayLike<number>, length: number): { from: number; at: number; to: number } => ({
        from: firstWhere(0, length, (index) => (of[index] as number) > timeMs - lookbackMs),
        at: firstWhere(0, length, (index) => (of[index] as number) >= timeMs),
        to: firstWhere(0, length, (index) => (of[index] as number) > timeMs + lookbackMs),
      })
      const float = within(floatTimes, floats)
      const histogram = within(histogramTimes, histogramTimes.length)
      if (float.from < float.to && histogram.from < histogram.to)
        this.#evaluation.annotate(mixedFloatsHistograms(name, this.#selector.pos))
      else if (float.from < float.to) this.#setFloat(column, step, { timeMs, ...float })
      else if (histogram.from < histogram.to) this.#setHistogram(column, step, { timeMs, name, ...histogram })
    }
  }

  #setFloat(
    column: Column,
    step: number,
    { timeMs, from, at, to }: { timeMs: number; from: number; at: number; to: number },
  ): void {
    const { times, values } = this.#columns
    const point = (index: number): { timeMs: number; value: number } => ({
      timeMs: times[index] as number,
      value: values[index] as number,
    })
    if (at < to && times[at] === timeMs) column.setFloat(step, values[at] as number)
    else if (at > from && at < to) column.setFloat(step, interpolate(point(at - 1), point(at), timeMs, false))
    else if (at > from) column.setFloat(step, values[at - 1] as number)
  }

  #setHistogram(
    column: Column,
    step: number,
    { timeMs, name, from, at, to }: { timeMs: number; name: string; from: number; at: number; to: number },
  ): void {
    const { histogramTimes, histograms } = this.#columns
    const before = at > from ? histograms[at - 1] : undefined
    const after = at < to ? histograms[at] : undefined
    if (after !== undefined && histogramTimes[at] === timeMs) {
      column.setHistogram(step, after)
      return
    }
    if (before === undefined) return
    if (after === undefined) {
      // What it said of the sample before it does not hold for a sample carried forward.
      column.setHistogram(step, { ...before, counterResetHint: 'unknown' })
      return
    }
    const { pos } = this.#selector
    if (hasCustomBuckets(before) !== hasCustomBuckets(after)) {
      this.#evaluation.annotate(mixedBucketKinds(name, pos))
      return
    }
    const isCounter = before.counterResetHint !== 'gauge' || after.counterResetHint !== 'gauge'
    const between = interpolateHistograms(
      { timeMs: histogramTimes[at - 1] as number, value: before },
      { timeMs: histogramTimes[at] as number, value: after },
      timeMs,
      isCounter,
    )
    if (between === undefined) return
    if (between.boundsReconciled) {
      this.#evaluation.annotate(boundsReconciled('subtraction', pos))
      this.#evaluation.annotate(boundsReconciled('addition', pos))
    }
    column.setHistogram(step, between.histogram)
  }
}
