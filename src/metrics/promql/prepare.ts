import { durationMs, type QueryWindow } from './durations.ts'
import type { Call, Expr, NumberLiteral, SubqueryExpr, TimeModifiers, VectorSelector } from './syntax/ast.ts'
import { walk } from './syntax/walk.ts'

/** A query made ready: no durations left to compute, no `start()` and `end()`, and what is the same at every step found. */
export interface PreparedQuery {
  readonly expr: Expr
  /** Nodes to be evaluated once, at the first step, whatever the steps. */
  readonly invariants: ReadonlySet<Expr>
  /** Selectors of whose histograms nothing but count and sum is looked at. */
  readonly statsOnly: ReadonlySet<VectorSelector>
}

/**
 * Functions whose result moves with the time of evaluation even where their arguments do not
 * (prometheus/prometheus promql/functions.go, AtModifierUnsafeFunctions).
 */
export const TIME_DEPENDENT: ReadonlySet<string> = new Set([
  'days_in_month',
  'day_of_month',
  'day_of_week',
  'day_of_year',
  'end',
  'hour',
  'minute',
  'month',
  'year',
  'predict_linear',
  'range',
  'start',
  'step',
  'time',
  'timestamp',
])

export function prepareQuery(expr: Expr, window: QueryWindow): PreparedQuery {
  const preparation = new Preparation(window)
  const resolved = preparation.resolve(expr)
  const { isWrapped } = preparation.mark(resolved)
  if (isWrapped) preparation.invariants.add(resolved)
  return { expr: resolved, invariants: preparation.invariants, statsOnly: statsOnlySelectors(resolved) }
}

/** Whether a node is the same at every step, and whether it should then be evaluated once. */
interface Mark {
  readonly isInvariant: boolean
  readonly isWrapped: boolean
}

class Preparation {
  readonly invariants = new Set<Expr>()
  readonly #window: QueryWindow

  constructor(window: QueryWindow) {
    this.#window = window
  }

  resolve(expr: Expr): Expr {
    switch (expr.type) {
      case 'NumberLiteral':
      case 'StringLiteral':
        return expr
      case 'VectorSelector':
        return this.#selector(expr)
      case 'MatrixSelector':
        return {
          ...expr,
          selector: this.#selector(expr.selector),
          rangeMs: this.#duration(expr.rangeExpr) ?? expr.rangeMs,
        }
      case 'SubqueryExpr':
        return this.#subquery(expr)
      case 'ParenExpr':
      case 'UnaryExpr':
        return { ...expr, expr: this.resolve(expr.expr) }
      case 'BinaryExpr':
        return { ...expr, lhs: this.resolve(expr.lhs), rhs: this.resolve(expr.rhs) }
      case 'AggregateExpr': {
        const param = expr.param === undefined ? {} : { param: unwrapped(this.resolve(expr.param)) }
        return { ...expr, expr: unwrapped(this.resolve(expr.expr)), ...param }
      }
      case 'Call':
        return (
          this.#contextValue(expr) ?? { ...expr, args: expr.args.map((argument) => unwrapped(this.resolve(argument))) }
        )
    }
  }

  mark(expr: Expr): Mark {
    switch (expr.type) {
      case 'NumberLiteral':
      case 'StringLiteral':
        return { isInvariant: true, isWrapped: true }
      case 'VectorSelector':
        return { isInvariant: expr.at !== undefined, isWrapped: expr.at !== undefined }
      case 'MatrixSelector':
        return { isInvariant: expr.selector.at !== undefined, isWrapped: false }
      case 'SubqueryExpr':
        // What is inside is evaluated once per run of the subquery, whether that has an @ of its own or not.
        if (this.mark(expr.expr).isInvariant) this.invariants.add(expr.expr)
        return { isInvariant: expr.at !== undefined, isWrapped: false }
      case 'ParenExpr':
      case 'UnaryExpr':
      case 'AggregateExpr':
        return this.mark(expr.expr)
      case 'BinaryExpr':
        return this.#markAll([expr.lhs, expr.rhs], false)
      case 'Call':
        return this.#markAll(expr.args, isMoving(expr))
    }
  }

  #markAll(parts: readonly Expr[], isMoving: boolean): Mark {
    const marks = parts.map((part) => this.mark(part))
    if (!isMoving && marks.every(({ isInvariant }) => isInvariant)) return { isInvariant: true, isWrapped: true }
    for (const [index, part] of parts.entries()) {
      if (marks[index]?.isWrapped === true) this.invariants.add(part)
    }
    return { isInvariant: false, isWrapped: false }
  }

  #selector(selector: VectorSelector): VectorSelector {
    return { ...selector, ...this.#modifiers(selector) }
  }

  #subquery(subquery: SubqueryExpr): SubqueryExpr {
    return {
      ...subquery,
      ...this.#modifiers(subquery),
      expr: this.resolve(subquery.expr),
      rangeMs: this.#duration(subquery.rangeExpr) ?? subquery.rangeMs,
      stepMs: this.#duration(subquery.stepExpr) ?? subquery.stepMs,
    }
  }

  #modifiers({ offsetMs, offsetExpr, at }: TimeModifiers): { readonly offsetMs: number; readonly at?: number } {
    const { startMs, endMs } = this.#window
    const offset =
      offsetExpr === undefined ? offsetMs : durationMs(offsetExpr, { window: this.#window, mayBeNegative: true })
    if (at === undefined) return { offsetMs: offset }
    return { offsetMs: offset, at: at === 'start' ? startMs : at === 'end' ? endMs : at }
  }

  #duration(expr: Parameters<typeof durationMs>[0] | undefined): number | undefined {
    return expr === undefined ? undefined : durationMs(expr, { window: this.#window, mayBeNegative: false })
  }

  /** `start()`, `end()`, `range()` and `step()`: numbers once the query's window is known, in seconds. */
  #contextValue({ func, pos }: Call): NumberLiteral | undefined {
    const { startMs, endMs, stepMs } = this.#window
    const valuesMs: Readonly<Record<string, number>> = {
      start: startMs,
      end: endMs,
      range: endMs - startMs,
      step: startMs === endMs ? 0 : stepMs,
    }
    const valueMs = valuesMs[func]
    return valueMs === undefined ? undefined : { type: 'NumberLiteral', value: valueMs / 1_000, pos }
  }
}

/** Functions that look at no bucket, and those, like a subquery, that need them all (promql/engine.go, detectHistogramStatsDecoding). */
const STATS_FUNCTIONS: ReadonlySet<string> = new Set(['histogram_count', 'histogram_sum', 'histogram_avg'])
const BUCKET_FUNCTIONS: ReadonlySet<string> = new Set([
  'histogram_quantile',
  'histogram_quantiles',
  'histogram_fraction',
])

function statsOnlySelectors(expr: Expr): ReadonlySet<VectorSelector> {
  const selectors = new Set<VectorSelector>()
  walk(expr, (node, path) => {
    if (node.type === 'VectorSelector' && isStatsOnly(path)) selectors.add(node)
  })
  return selectors
}

function isStatsOnly(path: readonly Expr[]): boolean {
  let isStats = false
  for (const around of path.toReversed()) {
    if (around.type === 'SubqueryExpr') return false
    if (around.type === 'BinaryExpr' && (around.op === '</' || around.op === '>/')) return false
    if (around.type === 'Call' && BUCKET_FUNCTIONS.has(around.func)) return false
    if (around.type === 'Call' && STATS_FUNCTIONS.has(around.func)) isStats = true
  }
  return isStats
}

/** A time-dependent function; `timestamp` is none where it looks straight at a selector pinned by `@`. */
function isMoving({ func, args }: Call): boolean {
  if (func === 'timestamp') return args.some((argument) => argument.type !== 'VectorSelector')
  return TIME_DEPENDENT.has(func)
}

function unwrapped(expr: Expr): Expr {
  return expr.type === 'ParenExpr' ? unwrapped(expr.expr) : expr
}
