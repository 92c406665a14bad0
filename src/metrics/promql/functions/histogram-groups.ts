import type { FloatHistogram } from '../../model/histogram.ts'
import type { Labels } from '../../model/labels.ts'
import { parseFloat } from '../../../base/go-numbers.ts'
import { badBucketLabel, mixedClassicNative } from '../annotations.ts'
import { type Column, FLOAT, HISTOGRAM, type Series } from '../column.ts'
import type { Evaluation } from '../evaluation.ts'
import type { Grid } from '../grid.ts'
import type { Expr } from '../syntax/ast.ts'
import { ClassicBuckets } from './classic-buckets.ts'

const BUCKET_LABEL: ReadonlySet<string> = new Set(['le'])

/** What it is to take a series' labels apart, in terms of samples. */
const UNITS_PER_LABELS = 50

/** What one histogram is at a step. */
export interface HistogramAtStep {
  readonly native?: FloatHistogram
  readonly classic: ClassicBuckets
}

/** One histogram: the native series, or the buckets of a classic one, which are series of their own. */
export interface HistogramGroup {
  readonly labels: Labels
  /** How many buckets it has at most: how much work it is. */
  readonly size: number
  at(step: number): HistogramAtStep | undefined
}

/** The histograms in a vector; native ones first. */
export async function histogramsOf(
  evaluation: Evaluation,
  vector: Expr,
  grid: Grid,
): Promise<readonly HistogramGroup[]> {
  const series = await evaluation.vector(vector, grid)
  const classics = new Map<string, ClassicGroup>()
  const natives: NativeGroup[] = []
  for (const one of series) {
    if (one.column.histograms !== undefined) natives.push(new NativeGroup(one))
    if (!one.column.kinds.includes(FLOAT)) continue
    const bound = parseFloat(one.labels.get('le'))
    if (bound === undefined) {
      evaluation.annotate(badBucketLabel(nameIn(evaluation, one.labels), one.labels.get('le'), vector.pos))
      continue
    }
    const labels = one.labels.without(BUCKET_LABEL)
    let group = classics.get(labels.key)
    if (group === undefined) classics.set(labels.key, (group = new ClassicGroup(labels)))
    group.buckets.push({ bound, column: one.column })
    if (evaluation.spend(UNITS_PER_LABELS)) await evaluation.pause()
  }
  for (const group of classics.values()) group.sort()
  for (const native of natives) {
    const classic = classics.get(native.labels.key)
    // At a step where a histogram is both there is no telling which is meant.
    if (classic?.giveWay(native) === true)
      evaluation.annotate(mixedClassicNative(nameIn(evaluation, native.labels), vector.pos))
  }
  return [...natives, ...classics.values()]
}

function nameIn({ settings }: Evaluation, labels: Labels): string {
  return settings.delayedNameRemoval ? labels.metricName : ''
}

const NO_BUCKETS = new ClassicBuckets(0)

class NativeGroup implements HistogramGroup {
  readonly labels: Labels
  readonly size = 20
  readonly column: Column

  constructor({ labels, column }: Series) {
    this.labels = labels
    this.column = column
  }

  at(step: number): HistogramAtStep | undefined {
    const native = this.column.histogramAt(step)
    return native === undefined ? undefined : { native, classic: NO_BUCKETS }
  }
}

class ClassicGroup implements HistogramGroup {
  readonly labels: Labels
  readonly buckets: { readonly bound: number; readonly column: Column }[] = []
  #scratch = NO_BUCKETS
  #found: HistogramAtStep = { classic: NO_BUCKETS }
  /** Steps at which the histogram is native as well. */
  readonly #contested = new Set<number>()

  constructor(labels: Labels) {
    this.labels = labels
  }

  get size(): number {
    return this.buckets.length
  }

  sort(): void {
    this.buckets.sort((a, b) => a.bound - b.bound || 0)
    this.#scratch = new ClassicBuckets(this.buckets.length)
    this.#found = { classic: this.#scratch }
  }

  /** Leaves out the steps that a native histogram has too, in both; whether there are any. */
  giveWay({ column }: NativeGroup): boolean {
    for (let step = 0; step < column.steps; step++) {
      const isBoth =
        column.kinds[step] === HISTOGRAM && this.buckets.some((bucket) => bucket.column.kinds[step] === FLOAT)
      if (!isBoth) continue
      this.#contested.add(step)
      column.remove(step)
    }
    return this.#contested.size > 0
  }

  /** Valid until the next call. */
  at(step: number): HistogramAtStep | undefined {
    const scratch = this.#scratch
    scratch.clear()
    for (const { bound, column } of this.buckets) {
      if (column.kinds[step] === FLOAT) scratch.push(bound, column.values[step] as number)
    }
    return scratch.length === 0 || this.#contested.has(step) ? undefined : this.#found
  }
}
