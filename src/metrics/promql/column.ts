import type { FloatHistogram } from '../model/histogram.ts'
import type { Labels } from '../model/labels.ts'

/** What a column holds at a step. */
export const ABSENT = 0
export const FLOAT = 1
export const HISTOGRAM = 2

/**
 * The samples of one series at the steps of a grid.
 *
 *     kinds       [ FLOAT, FLOAT, ABSENT, HISTOGRAM ]
 *     values      [     1,     2,      -,         - ]
 *     histograms  [     -,     -,      -,         h ]    absent as long as there is none
 */
export class Column {
  readonly values: Float64Array
  readonly kinds: Uint8Array
  histograms: (FloatHistogram | undefined)[] | undefined = undefined
  /** How many steps have a sample. */
  count = 0

  constructor(steps: number) {
    this.values = new Float64Array(steps)
    this.kinds = new Uint8Array(steps)
  }

  get steps(): number {
    return this.kinds.length
  }

  setFloat(step: number, value: number): void {
    if (this.kinds[step] === ABSENT) this.count++
    this.kinds[step] = FLOAT
    this.values[step] = value
  }

  setHistogram(step: number, histogram: FloatHistogram): void {
    if (this.kinds[step] === ABSENT) this.count++
    this.kinds[step] = HISTOGRAM
    this.histograms ??= []
    this.histograms[step] = histogram
  }

  remove(step: number): void {
    if (this.kinds[step] !== ABSENT) this.count--
    this.kinds[step] = ABSENT
  }

  /** The histogram at a step that has one. */
  histogramAt(step: number): FloatHistogram | undefined {
    return this.kinds[step] === HISTOGRAM ? this.histograms?.[step] : undefined
  }

  /** Copies one step of another column. */
  copyStep(step: number, from: Column, fromStep = step): void {
    const histogram = from.histogramAt(fromStep)
    if (histogram !== undefined) this.setHistogram(step, histogram)
    else if (from.kinds[fromStep] === FLOAT) this.setFloat(step, from.values[fromStep] as number)
  }

  clear(): void {
    this.kinds.fill(ABSENT)
    this.histograms = undefined
    this.count = 0
  }
}

/** A column with the labels it belongs to. Whoever is given one owns its column, and may change it. */
export interface Series {
  readonly labels: Labels
  /** The name is to be dropped once the whole query is evaluated. */
  readonly dropName: boolean
  readonly column: Column
}

/** Takes series as they are evaluated, one after another. */
export interface Sink {
  /** An empty column to fill and hand to `accept`, which may be reused after that. */
  column(): Column
  /** `column` is not empty. */
  accept(labels: Labels, column: Column, dropName: boolean): void
}

/** A sink that keeps every series. */
export class Collector implements Sink {
  readonly series: Series[] = []
  readonly #steps: number

  constructor(steps: number) {
    this.#steps = steps
  }

  column(): Column {
    return new Column(this.#steps)
  }

  accept(labels: Labels, column: Column, dropName: boolean): void {
    this.series.push({ labels, column, dropName })
  }
}

/** The same sample at every step. */
export function broadcast(column: Column, steps: number): Column {
  if (column.steps === steps) return column
  const wide = new Column(steps)
  if (column.count === 0) return wide
  const histogram = column.histogramAt(0)
  wide.kinds.fill(column.kinds[0] as number)
  wide.values.fill(column.values[0] as number)
  if (histogram !== undefined) wide.histograms = Array.from({ length: steps }, () => histogram)
  wide.count = steps
  return wide
}
