import type { Labels } from '../model/labels.ts'
import type { Queryable, StoredSeries } from '../model/storage.ts'
import type { SelectedSeries } from './evaluation.ts'
import { QueryError } from './query-error.ts'
import type { Expr, SubqueryExpr, VectorSelector } from './syntax/ast.ts'

/** A stretch of time; both ends belong to it. */
interface Reach {
  readonly minMs: number
  readonly maxMs: number
}

interface Wanted extends Reach {
  readonly selector: VectorSelector
  readonly rangeMs: number
  readonly stepMs: number
  readonly func: string
  readonly grouping: readonly string[]
  readonly by: boolean
}

/** What surrounds a node. */
interface Around {
  readonly reach: Reach
  readonly stepMs: number
  readonly func: string
  readonly grouping: readonly string[]
  readonly by: boolean
}

export interface SelectOptions {
  readonly startMs: number
  readonly endMs: number
  readonly stepMs: number
  readonly lookbackMs: number
  readonly subqueryStepMs: (rangeMs: number) => number
  readonly signal?: AbortSignal | undefined
  /** Told of what the storage could not give. */
  warn(text: string): void
}

/** Selects the series of every selector of a query, each once for the whole time it can ask for. */
export async function selectAll(
  queryable: Queryable,
  expr: Expr,
  options: SelectOptions,
): Promise<ReadonlyMap<VectorSelector, SelectedSeries>> {
  const wanted: Wanted[] = []
  const reach = { minMs: options.startMs, maxMs: options.endMs }
  collect(expr, { around: { reach, stepMs: options.stepMs, func: '', grouping: [], by: false }, options, wanted })
  const selected = new Map<VectorSelector, SelectedSeries>()
  for (const { selector, minMs, maxMs, ...hints } of wanted) {
    const series = await selectOrFail(() =>
      queryable.select({ matchers: selector.matchers, minMs, maxMs, hints, warn: options.warn }, options.signal),
    )
    selected.set(selector, { series, isOneMetric: isOneMetric(series) })
  }
  return selected
}

/** Runs a selection; what a storage cannot do is the query's failure. */
export async function selectOrFail(select: () => Promise<readonly StoredSeries[]>): Promise<readonly StoredSeries[]> {
  try {
    return await select()
  } catch (failure) {
    if (failure instanceof QueryError) throw failure
    const reason = failure instanceof Error ? failure.message : String(failure)
    throw new QueryError('storage', `expanding series: ${reason}`, { cause: failure })
  }
}

interface Collection {
  readonly around: Around
  readonly options: SelectOptions
  readonly wanted: Wanted[]
}

function collect(expr: Expr, collection: Collection): void {
  const { around, options, wanted } = collection
  const within = (part: Expr, changes: Partial<Around>): void =>
    collect(part, { ...collection, around: { ...around, ...changes } })
  switch (expr.type) {
    case 'NumberLiteral':
    case 'StringLiteral':
      return
    case 'VectorSelector': {
      const { maxMs } = around.reach
      const back = options.lookbackMs
      const reach = reachOf(expr, { minMs: around.reach.minMs, maxMs }, back, expr.smoothed === true ? back : 0)
      wanted.push({ ...around, ...reach, selector: expr, rangeMs: 0 })
      return
    }
    case 'MatrixSelector': {
      const { selector, rangeMs } = expr
      const isExtended = selector.anchored === true || selector.smoothed === true
      const back = rangeMs + (isExtended ? options.lookbackMs : 0)
      const reach = reachOf(selector, around.reach, back, selector.smoothed === true ? options.lookbackMs : 0)
      wanted.push({ ...around, ...reach, selector, rangeMs })
      return
    }
    case 'SubqueryExpr':
      within(expr.expr, {
        reach: subqueryReach(expr, around.reach),
        stepMs: expr.stepMs === 0 ? options.subqueryStepMs(expr.rangeMs) : expr.stepMs,
        grouping: [],
        by: false,
      })
      return
    case 'ParenExpr':
    case 'UnaryExpr':
      within(expr.expr, { grouping: [], by: false })
      return
    case 'BinaryExpr':
      for (const side of [expr.lhs, expr.rhs]) within(side, { func: '', grouping: [], by: false })
      return
    case 'AggregateExpr':
      if (expr.param !== undefined) within(expr.param, { func: expr.op, grouping: [], by: false })
      within(expr.expr, { func: expr.op, grouping: expr.grouping, by: !expr.without })
      return
    case 'Call':
      for (const [index, argument] of expr.args.entries()) {
        // The second argument of info() is no vector: it says which labels are wanted.
        if (expr.func === 'info' && index === 1) continue
        within(argument, { func: expr.func, grouping: [], by: false })
      }
  }
}

/** Look-back and ranges are open at their left end: a sample exactly there is outside. */
function reachOf({ at, offsetMs }: VectorSelector, around: Reach, backMs: number, aheadMs: number): Reach {
  const { minMs, maxMs } = at === undefined ? around : pinned(at)
  return { minMs: minMs - offsetMs - backMs + 1, maxMs: maxMs - offsetMs + aheadMs }
}

function subqueryReach({ at, offsetMs, rangeMs }: SubqueryExpr, around: Reach): Reach {
  const { minMs, maxMs } = at === undefined ? around : pinned(at)
  return { minMs: minMs - offsetMs - rangeMs, maxMs: maxMs - offsetMs }
}

function pinned(at: SubqueryExpr['at']): Reach {
  const atMs = Number(at)
  return { minMs: atMs, maxMs: atMs }
}

function isOneMetric(series: readonly { readonly labels: Labels }[]): boolean {
  const name = series[0]?.labels.metricName ?? ''
  return series.every(({ labels }) => labels.metricName === name && !labels.has('__type__') && !labels.has('__unit__'))
}
