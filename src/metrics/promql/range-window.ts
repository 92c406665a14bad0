import { Labels } from '../model/labels.ts'
import { histogramWeight } from './labels-of-results.ts'
import { SampleColumns } from './sample-columns.ts'

/**
 * A window that moves over the samples of one series, from step to step and never back. Its edges are indexes, so that
 * moving it copies nothing; it is open at the left and closed at the right.
 *
 *     times       10  20  30  40  50
 *     (15, 45]        ^from       ^to
 */
export class RangeWindow {
  readonly samples = new SampleColumns()
  labels: Labels = Labels.empty
  from = 0
  to = 0
  histogramFrom = 0
  histogramTo = 0
  /** The range that was asked for: `anchored` and `smoothed` windows hold samples beyond it. */
  rangeStartMs = 0
  rangeEndMs = 0
  /** The time of evaluation. */
  nowMs = 0
  /** Which floats are below the one before them; filled by functions over counters. */
  readonly resets: number[] = []
  /** The first of `resets` that a window can still contain. */
  firstReset = 0

  /** To be called once the samples are loaded. */
  start(labels: Labels): void {
    this.labels = labels
    this.from = 0
    this.to = 0
    this.histogramFrom = 0
    this.histogramTo = 0
    this.resets.length = 0
    this.firstReset = 0
  }

  /** Takes in the samples after `afterMs`, up to and with `untilMs`. */
  moveTo(afterMs: number, untilMs: number): void {
    const { times, floats } = this.samples
    let { from, to } = this
    while (to < floats && (times[to] as number) <= untilMs) to++
    while (from < to && (times[from] as number) <= afterMs) from++
    this.from = from
    this.to = to
    if (this.samples.histograms.length > 0) this.#moveHistograms(afterMs, untilMs)
  }

  get floats(): number {
    return this.to - this.from
  }

  get histograms(): number {
    return this.histogramTo - this.histogramFrom
  }

  get isEmpty(): boolean {
    return this.to === this.from && this.histogramTo === this.histogramFrom
  }

  /** How much the samples in the window weigh against the limit. */
  get weight(): number {
    let weight = this.floats
    for (let index = this.histogramFrom; index < this.histogramTo; index++) {
      const histogram = this.samples.histograms[index]
      if (histogram !== undefined) weight += histogramWeight(histogram)
    }
    return weight
  }

  #moveHistograms(afterMs: number, untilMs: number): void {
    const { histogramTimes } = this.samples
    while (this.histogramTo < histogramTimes.length && (histogramTimes[this.histogramTo] as number) <= untilMs)
      this.histogramTo++
    while (this.histogramFrom < this.histogramTo && (histogramTimes[this.histogramFrom] as number) <= afterMs)
      this.histogramFrom++
  }
}
