import { divideHistogram } from '../../model/histogram/arithmetic.ts'
import {
  hasOverflown,
  type HistogramSum,
  sumPlus,
  sumResult,
  sumStart,
  sumTimes,
} from '../../model/histogram/compensated-sum.ts'
import type { CounterResetHint, FloatHistogram } from '../../model/histogram.ts'
import { boundsReconciled, counterResetsCollide, mixedBucketKinds } from '../annotations.ts'
import type { Evaluation } from '../evaluation.ts'
import type { Position } from '../syntax/ast.ts'

/** Who is told about what goes wrong, and of which part of the query. */
export interface FoldContext {
  readonly evaluation: Evaluation
  readonly pos: Position
}

/** The native histograms of one group at one step, on their way to a sum or a mean. */
export class HistogramStep {
  readonly #context: FoldContext
  readonly #isMean: boolean
  readonly #hints = new Set<CounterResetHint>()
  #total: HistogramSum | undefined
  #count = 0
  #isIncremental = false
  #isIncompatible = false

  constructor(context: FoldContext, isMean: boolean) {
    this.#context = context
    this.#isMean = isMean
  }

  add(histogram: FloatHistogram, metricName: string): void {
    if (this.#isIncompatible) return
    this.#hints.add(histogram.counterResetHint)
    this.#count++
    if (this.#total === undefined) {
      this.#total = sumStart(histogram)
      return
    }
    const next = this.#isIncremental ? this.#withShare(this.#total, histogram) : sumPlus(this.#total, histogram)
    if (next === undefined) {
      this.#isIncompatible = true
      this.#context.evaluation.annotate(mixedBucketKinds(metricName, this.#context.pos))
      return
    }
    if (next.boundsReconciled) this.#context.evaluation.annotate(boundsReconciled('aggregation', this.#context.pos))
    if (this.#isMean && !this.#isIncremental && hasOverflown(next.total)) {
      // The sum is too large for a float: from here on shares of the mean are added up.
      this.#isIncremental = true
      this.#total = this.#withShare(sumTimes(this.#total, 1 / (this.#count - 1)), histogram)?.total
    } else this.#total = next.total
  }

  result(): FloatHistogram | undefined {
    if (this.#isIncompatible || this.#total === undefined) return undefined
    if (this.#hints.has('reset') && this.#hints.has('not-reset'))
      this.#context.evaluation.annotate(counterResetsCollide('aggregation', this.#context.pos))
    return sumResult(this.#total, this.#isMean && !this.#isIncremental ? this.#count : 1)
  }

  #withShare(mean: HistogramSum, histogram: FloatHistogram): ReturnType<typeof sumPlus> {
    return sumPlus(sumTimes(mean, (this.#count - 1) / this.#count), divideHistogram(histogram, this.#count))
  }
}
