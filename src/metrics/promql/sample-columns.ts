import type { FloatHistogram } from '../model/histogram.ts'
import type { Samples } from '../model/samples.ts'
import { FLOAT, type Column } from './column.ts'
import { type Grid, timeAt } from './grid.ts'

/**
 * The samples of one series that functions over ranges look at: floats and histograms in columns of their own, stale
 * markers left out. Filled again for every series.
 */
export class SampleColumns {
  /** Oldest first; only the first `floats` count. */
  times: Float64Array = EMPTY
  values: Float64Array = EMPTY
  starts: Float64Array | undefined = undefined
  floats = 0

  histogramTimes: number[] = []
  histograms: FloatHistogram[] = []
  histogramStarts: number[] | undefined = undefined

  #ownTimes: Float64Array = EMPTY
  #ownValues: Float64Array = EMPTY
  #ownStarts: Float64Array = EMPTY

  /** Start timestamps are left out unless they are wanted. */
  load(samples: Samples, wantsStarts: boolean): void {
    this.histogramTimes.length = 0
    this.histograms.length = 0
    this.histogramStarts = undefined
    const starts = wantsStarts ? samples.startTimestamps : undefined
    if (samples.histograms === undefined && samples.stale === undefined) {
      // The usual case costs nothing: the samples are used where they are.
      this.times = samples.timestamps
      this.values = samples.values
      this.starts = starts
      this.floats = samples.length
      return
    }
    this.#reserve(samples.length)
    this.starts = starts === undefined ? undefined : this.#ownStarts
    if (starts !== undefined) this.histogramStarts = []
    let floats = 0
    for (let index = 0; index < samples.length; index++) {
      if (samples.stale?.[index] === 1) continue
      const time = samples.timestamps[index] as number
      const histogram = samples.histograms?.[index]
      if (histogram !== undefined) {
        this.histogramTimes.push(time)
        this.histograms.push(histogram)
        this.histogramStarts?.push(starts?.[index] ?? 0)
        continue
      }
      this.#ownTimes[floats] = time
      this.#ownValues[floats] = samples.values[index] as number
      this.#ownStarts[floats] = starts?.[index] ?? 0
      floats++
    }
    this.times = this.#ownTimes
    this.values = this.#ownValues
    this.floats = floats
  }

  /** What a subquery found at its steps, as samples of those times. */
  loadColumn(column: Column, grid: Grid): void {
    this.histogramTimes.length = 0
    this.histograms.length = 0
    this.histogramStarts = undefined
    this.starts = undefined
    this.#reserve(column.steps)
    let floats = 0
    for (let step = 0; step < column.steps; step++) {
      if (column.kinds[step] === FLOAT) {
        this.#ownTimes[floats] = timeAt(grid, step)
        this.#ownValues[floats] = column.values[step] as number
        floats++
        continue
      }
      const histogram = column.histogramAt(step)
      if (histogram === undefined) continue
      this.histogramTimes.push(timeAt(grid, step))
      this.histograms.push(withoutResetHint(histogram))
    }
    this.times = this.#ownTimes
    this.values = this.#ownValues
    this.floats = floats
  }

  #reserve(length: number): void {
    if (this.#ownTimes.length >= length) return
    const size = Math.max(length, 2 * this.#ownTimes.length)
    this.#ownTimes = new Float64Array(size)
    this.#ownValues = new Float64Array(size)
    this.#ownStarts = new Float64Array(size)
  }
}

/** A subquery may skip samples or repeat them: what a sample says of the one before it need not hold. */
function withoutResetHint(histogram: FloatHistogram): FloatHistogram {
  const { counterResetHint } = histogram
  if (counterResetHint === 'unknown' || counterResetHint === 'gauge') return histogram
  return { ...histogram, counterResetHint: 'unknown' }
}

const EMPTY = new Float64Array(0)
