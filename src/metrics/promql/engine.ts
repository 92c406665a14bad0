import type { Clock } from '../../world/clock.ts'
import { compareLabels, Labels } from '../model/labels.ts'
import type { Queryable } from '../model/storage.ts'
import { Evaluation, type EvaluationSettings, type SelectedSeries, UNITS_PER_SERIES } from './evaluation.ts'
import { columnarEvaluator } from './evaluator.ts'
import { type Grid, gridOf, timesOf } from './grid.ts'
import { dropNames } from './labels-of-results.ts'
import { type PreparedQuery, prepareQuery } from './prepare.ts'
import { QueryError } from './query-error.ts'
import { QueryQueue } from './query-queue.ts'
import { rangeSamples, subquerySamples } from './range-values.ts'
import { type MatrixSeries, matrixSeries, type QueryResult, type QueryValue, vectorSample } from './results.ts'
import { selectAll } from './selection.ts'
import { type QueryTimings, SampleCounts } from './stats.ts'
import type { Expr } from './syntax/ast.ts'
import { parseQuery } from './syntax/parse.ts'
import type { QueryOptions } from './syntax/query-options.ts'
import { documentedType, valueType } from './syntax/value-type.ts'

/** Prometheus' own defaults (cmd/prometheus/main.go). */
const LOOKBACK_MS = 300_000
const SAMPLES_MAX = 50_000_000
const TIMEOUT_MS = 120_000
const CONCURRENCY_MAX = 20
const SUBQUERY_STEP_MS = 60_000

/** How many queries are kept as they were read. */
const PARSED_MAX = 1_000

/** What is off unless a feature flag turns it on, as in Prometheus. */
export interface EngineFeatures extends QueryOptions {
  /** `promql-delayed-name-removal`: names go at the end of a query only. */
  readonly delayedNameRemoval?: boolean
  /** `type-and-unit-labels` */
  readonly typeAndUnitLabels?: boolean
  /** `use-start-timestamps`: `rate` and the like look at when counters began. */
  readonly startTimestamps?: boolean
}

export interface EngineOptions {
  readonly clock: Clock
  /** How long a sample stands for its series. */
  readonly lookbackMs?: number
  /** How many samples a query may hold in memory. */
  readonly maxSamples?: number
  readonly timeoutMs?: number
  /** How many queries run at a time; the others wait. */
  readonly maxConcurrency?: number
  /** The step of subqueries without one: the interval at which rules are evaluated. */
  readonly subqueryStepMs?: (rangeMs: number) => number
  readonly features?: EngineFeatures
  /** Told where the time of each query went. */
  onQuery?(timings: QueryTimings): void
}

/** What one query may have of its own. */
export interface RunOptions {
  readonly lookbackMs?: number
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

export interface RangeTimes {
  readonly startMs: number
  readonly endMs: number
  readonly stepMs: number
}

interface Run extends RunOptions {
  readonly queryable: Queryable
  readonly text: string
  readonly times: RangeTimes
  readonly isRange: boolean
}

/**
 * Evaluates PromQL as Prometheus 3 does.
 *
 * Invariants:
 *  1. A query gives others a turn after a slice of work, never later than 50 ms.
 *  2. The same data and the same query give the same result, to the last bit and in the same order.
 *  3. Every selector is read once, for all steps together.
 */
export class QueryEngine {
  readonly #clock: Clock
  readonly #options: EngineOptions
  readonly #queue: QueryQueue
  /** Rules and dashboards ask the same again and again. */
  readonly #parsed = new Map<string, Expr>()

  constructor(options: EngineOptions) {
    this.#clock = options.clock
    this.#options = options
    this.#queue = new QueryQueue(options.clock, options.maxConcurrency ?? CONCURRENCY_MAX)
  }

  /** How many queries run or wait. */
  get queries(): number {
    return this.#queue.size
  }

  /** Evaluates a query at one time. Throws a QueryError. */
  instant(queryable: Queryable, text: string, atMs: number, options: RunOptions = {}): Promise<QueryResult> {
    const times = { startMs: atMs, endMs: atMs, stepMs: 0 }
    return this.#run({ ...options, queryable, text, times, isRange: false })
  }

  /** Evaluates a query at every step from `startMs` to `endMs`. Throws a QueryError. */
  range(queryable: Queryable, text: string, times: RangeTimes, options: RunOptions = {}): Promise<QueryResult> {
    return this.#run({ ...options, queryable, text, times, isRange: true })
  }

  async #run(run: Run): Promise<QueryResult> {
    const query = this.#prepare(run)
    const queuedMs = this.#clock.now()
    const timeoutMs = run.timeoutMs ?? this.#options.timeoutMs ?? TIMEOUT_MS
    await this.#queue.enter(timeoutMs, run.signal)
    try {
      const result = await this.#execute(run, { query, queuedMs, deadlineMs: queuedMs + timeoutMs })
      this.#options.onQuery?.(result.stats.timings)
      return result
    } finally {
      this.#queue.leave()
    }
  }

  #prepare({ text, times, isRange }: Run): PreparedQuery {
    const expr = this.#parse(text)
    const type = valueType(expr)
    if (isRange && type !== 'vector' && type !== 'scalar') {
      const found = documentedType(type)
      throw new QueryError(
        'bad_data',
        `invalid expression type "${found}" for range query, must be Scalar or instant Vector`,
      )
    }
    return prepareQuery(expr, times)
  }

  #parse(text: string): Expr {
    let expr = this.#parsed.get(text)
    // Whoever asks puts a query at the end: what nobody asked for the longest goes first.
    if (expr !== undefined) this.#parsed.delete(text)
    else if (this.#parsed.size >= PARSED_MAX) this.#parsed.delete(this.#parsed.keys().next().value ?? '')
    expr ??= this.#read(text)
    this.#parsed.set(text, expr)
    return expr
  }

  #read(text: string): Expr {
    try {
      return parseQuery(text, this.#options.features)
    } catch (failure) {
      if (!(failure instanceof Error)) throw failure
      throw new QueryError('bad_data', failure.message, { cause: failure })
    }
  }

  async #execute(
    run: Run,
    { query, queuedMs, deadlineMs }: { query: PreparedQuery; queuedMs: number; deadlineMs: number },
  ): Promise<QueryResult> {
    const startedMs = this.#clock.now()
    const settings = this.#settings(run)
    const { queryable, signal, times } = run
    const missing = new Set<string>()
    const warn = (text: string): void => void missing.add(text)
    const selected = await selectAll(queryable, query.expr, { ...times, ...settings, signal, warn })
    const selectedMs = this.#clock.now()
    const evaluation = new Evaluation({
      evaluator: columnarEvaluator,
      settings,
      query,
      queryable,
      selected,
      clock: this.#clock,
      deadlineMs,
      counts: new SampleCounts(),
      signal,
    })
    evaluation.checkTime()
    // Selecting many series took its time as well.
    if (evaluation.spend(seriesIn(selected) * UNITS_PER_SERIES)) await evaluation.pause()
    // An instant query is a range query of one step, whose length does not matter.
    const grid = run.isRange
      ? gridOf(times.startMs, times.endMs, times.stepMs)
      : gridOf(times.startMs, times.startMs, 1)
    const value = await valueOf(evaluation, { query, grid, isRange: run.isRange })
    const evaluatedMs = this.#clock.now()
    return {
      value,
      warnings: [...missing, ...evaluation.annotations.texts('warning', run.text)],
      infos: evaluation.annotations.texts('info', run.text),
      stats: {
        timings: {
          execQueueTime: (startedMs - queuedMs) / 1_000,
          queryPreparationTime: (selectedMs - startedMs) / 1_000,
          innerEvalTime: (evaluatedMs - selectedMs) / 1_000,
          evalTotalTime: (evaluatedMs - startedMs) / 1_000,
          resultSortTime: 0,
          execTotalTime: (evaluatedMs - queuedMs) / 1_000,
        },
        samples: {
          totalQueryableSamples: evaluation.counts.total,
          samplesRead: evaluation.counts.read,
          peakSamples: evaluation.counts.peak,
        },
      },
    }
  }

  #settings(run: Run): EvaluationSettings {
    const { features = {}, lookbackMs = LOOKBACK_MS, maxSamples = SAMPLES_MAX } = this.#options
    return {
      lookbackMs: run.lookbackMs ?? lookbackMs,
      samplesMax: maxSamples,
      subqueryStepMs: this.#options.subqueryStepMs ?? (() => SUBQUERY_STEP_MS),
      delayedNameRemoval: features.delayedNameRemoval === true,
      typeAndUnitLabels: features.typeAndUnitLabels === true,
      startTimestamps: features.startTimestamps === true,
    }
  }
}

async function valueOf(
  evaluation: Evaluation,
  { query: { expr }, grid, isRange }: { query: PreparedQuery; grid: Grid; isRange: boolean },
): Promise<QueryValue> {
  const timestampMs = grid.startMs
  switch (valueType(expr)) {
    case 'scalar': {
      const values = await evaluation.scalar(expr, grid)
      if (!isRange) return { type: 'scalar', timestampMs, value: values[0] ?? Number.NaN }
      const samples = { length: grid.steps, timestamps: timesOf(grid), values }
      return { type: 'matrix', series: [{ labels: Labels.empty, samples }] }
    }
    case 'string':
      return { type: 'string', timestampMs, value: stringOf(expr) }
    case 'matrix':
      return { type: 'matrix', series: sorted(await matrixOf(evaluation, expr, grid)) }
    default: {
      const series = dropNames(await evaluation.vector(expr, grid))
      if (!isRange) return { type: 'vector', timestampMs, samples: series.map(vectorSample) }
      const times = timesOf(grid)
      return { type: 'matrix', series: sorted(series.map((one) => matrixSeries(one, times))) }
    }
  }
}

function seriesIn(selected: ReadonlyMap<unknown, SelectedSeries>): number {
  let count = 0
  for (const { series } of selected.values()) count += series.length
  return count
}

function matrixOf(evaluation: Evaluation, expr: Expr, grid: Grid): Promise<MatrixSeries[]> {
  if (expr.type === 'ParenExpr') return matrixOf(evaluation, expr.expr, grid)
  if (expr.type === 'MatrixSelector') return rangeSamples(evaluation, expr, grid)
  if (expr.type === 'SubqueryExpr') return subquerySamples(evaluation, expr, grid)
  throw new TypeError(`${expr.type} is no range`)
}

function stringOf(expr: Expr): string {
  if (expr.type === 'ParenExpr') return stringOf(expr.expr)
  if (expr.type !== 'StringLiteral') throw new TypeError(`${expr.type} is no string`)
  return expr.value
}

function sorted(series: MatrixSeries[]): readonly MatrixSeries[] {
  return series.sort((a, b) => compareLabels(a.labels, b.labels))
}
