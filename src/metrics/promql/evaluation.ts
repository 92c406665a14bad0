import type { Clock } from '../../world/clock.ts'
import type { Samples } from '../model/samples.ts'
import type { Queryable, SampleBuffer, StoredSeries } from '../model/storage.ts'
import { type Annotation, Annotations } from './annotations.ts'
import type { Series, Sink } from './column.ts'
import type { Grid } from './grid.ts'
import { histogramStats } from './histogram-stats.ts'
import type { PreparedQuery } from './prepare.ts'
import { canceled, timedOut, tooManySamples } from './query-error.ts'
import type { SampleCounts } from './stats.ts'
import type { Expr, VectorSelector } from './syntax/ast.ts'

/**
 * How much work is done between two turns given to others. A unit is about one float sample looked at, of which tens of
 * millions go into a second: a slice stays well below 50 ms. Counted rather than timed, so that a rehearsal gives up its
 * turns at the same places every time.
 */
export const SLICE_UNITS = 400_000

/** What it is to read a series, beside its samples: to find its chunks, and to go through the part of them before the range. */
export const UNITS_PER_SERIES = 250

/** How queries are to be understood: the same for all queries of an engine. */
export interface EvaluationSettings {
  readonly lookbackMs: number
  readonly samplesMax: number
  /** The step of subqueries that name none. */
  readonly subqueryStepMs: (rangeMs: number) => number
  readonly delayedNameRemoval: boolean
  readonly typeAndUnitLabels: boolean
  readonly startTimestamps: boolean
}

/** What a selector selected. */
export interface SelectedSeries {
  readonly series: readonly StoredSeries[]
  /** All have one name and no type or unit, so that no two are the same once the name is dropped. */
  readonly isOneMetric: boolean
}

/** How the expressions inside an expression are evaluated. */
export interface Evaluator {
  vector(evaluation: Evaluation, expr: Expr, grid: Grid): Promise<Series[]>
  scalar(evaluation: Evaluation, expr: Expr, grid: Grid): Promise<Float64Array>
  stream(evaluation: Evaluation, expr: Expr, target: StreamTarget): Promise<void>
}

/** Where series go, and at which steps they are wanted. */
export interface StreamTarget {
  readonly grid: Grid
  readonly sink: Sink
}

/** One query under way: what it selected, what it may still use, and what it has to say besides its result. */
export class Evaluation {
  readonly settings: EvaluationSettings
  readonly query: PreparedQuery
  readonly queryable: Queryable
  readonly annotations = new Annotations()
  readonly counts: SampleCounts
  readonly signal: AbortSignal | undefined
  /** Filled anew by each series that is read. */
  readonly #buffer: SampleBuffer = { timestamps: new Float64Array(0), values: new Float64Array(0) }
  readonly #selected: ReadonlyMap<VectorSelector, SelectedSeries>
  readonly #evaluator: Evaluator
  readonly #clock: Clock
  readonly #deadlineMs: number
  #unitsLeft = SLICE_UNITS
  #held = 0

  constructor(options: {
    readonly evaluator: Evaluator
    readonly settings: EvaluationSettings
    readonly query: PreparedQuery
    readonly queryable: Queryable
    readonly selected: ReadonlyMap<VectorSelector, SelectedSeries>
    readonly clock: Clock
    readonly deadlineMs: number
    readonly counts: SampleCounts
    readonly signal?: AbortSignal | undefined
  }) {
    this.#evaluator = options.evaluator
    this.settings = options.settings
    this.query = options.query
    this.queryable = options.queryable
    this.#selected = options.selected
    this.#clock = options.clock
    this.#deadlineMs = options.deadlineMs
    this.counts = options.counts
    this.signal = options.signal
  }

  /** The series that an expression evaluates to; they belong to the caller. */
  vector(expr: Expr, grid: Grid): Promise<Series[]> {
    return this.#evaluator.vector(this, expr, grid)
  }

  /** The numbers that a scalar expression evaluates to, one for each step. */
  scalar(expr: Expr, grid: Grid): Promise<Float64Array> {
    return this.#evaluator.scalar(this, expr, grid)
  }

  /** Hands the series of an expression to a sink, one after another, without keeping them all. */
  stream(expr: Expr, target: StreamTarget): Promise<void> {
    return this.#evaluator.stream(this, expr, target)
  }

  selectedBy(selector: VectorSelector): SelectedSeries {
    return this.#selected.get(selector) ?? NOTHING_SELECTED
  }

  /** The samples of a series, valid until the next call. */
  samplesOf(selector: VectorSelector, series: StoredSeries): Samples {
    const samples = series.samples(this.#buffer)
    if (samples.histograms === undefined || !this.query.statsOnly.has(selector)) return samples
    return { ...samples, histograms: histogramStats(samples) }
  }

  annotate(annotation: Annotation): void {
    this.annotations.add(annotation)
  }

  /** Notes work that was done. True when it is time to `pause`. */
  spend(units: number): boolean {
    this.#unitsLeft -= units
    return this.#unitsLeft <= 0
  }

  /** Gives others a turn, and ends the query if it was canceled or took too long meanwhile. */
  async pause(): Promise<void> {
    this.#unitsLeft = SLICE_UNITS
    await this.#clock.yield()
    this.checkTime()
  }

  checkTime(): void {
    if (this.signal?.aborted === true) throw canceled('expression evaluation')
    if (this.#clock.now() >= this.#deadlineMs) throw timedOut('expression evaluation')
  }

  /** Samples that are kept in memory from now on, until they are released. */
  hold(samples: number): void {
    this.#held += samples
    this.counts.peak = Math.max(this.counts.peak, this.#held)
    if (this.#held > this.settings.samplesMax) throw tooManySamples()
  }

  get held(): number {
    return this.#held
  }

  /** What was held since `before` was noted is gone, but for `samples`. */
  settle(before: number, samples: number): void {
    this.#held = before
    this.hold(samples)
  }
}

const NOTHING_SELECTED: SelectedSeries = { series: [], isOneMetric: true }
