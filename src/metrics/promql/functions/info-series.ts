import { type Labels, METRIC_NAME } from '../../model/labels.ts'
import { type Matcher, matcher } from '../../model/matcher.ts'
import type { Series } from '../column.ts'
import { type Evaluation, UNITS_PER_SERIES } from '../evaluation.ts'
import { type Grid, timeAt } from '../grid.ts'
import { executionError } from '../query-error.ts'
import { selectOrFail } from '../selection.ts'
import { eachLatest, lookupTimes } from '../selectors.ts'
import type { Expr } from '../syntax/ast.ts'
import { walk } from '../syntax/walk.ts'

/** What tells which info series belongs to a series (prometheus/prometheus promql/info.go). */
export const IDENTIFYING_LABELS: ReadonlySet<string> = new Set(['instance', 'job'])

const DEFAULT_METRIC = 'target_info'

/** An info metric's series; its values mean nothing, only when they were taken does. */
export interface InfoSeries {
  readonly labels: Labels
  /** When the sample of each step was taken, NaN where there is none. */
  readonly sampledMs: Float64Array
}

/** Which metrics are info metrics: `target_info`, or what is asked for; of what is only excluded, all that are called so. */
export function infoNameMatchers(matchers: readonly Matcher[]): readonly Matcher[] {
  if (matchers.length === 0) return [matcher(METRIC_NAME, '=', DEFAULT_METRIC)]
  if (matchers.some(({ op }) => op === '=' || op === '=~')) return matchers
  return [matcher(METRIC_NAME, '=~', '.+_info'), ...matchers]
}

export interface InfoSelection {
  /** What is to be enriched. */
  readonly vector: Expr
  readonly base: readonly Series[]
  readonly names: readonly Matcher[]
  readonly dataMatchers: readonly Matcher[]
  readonly grid: Grid
}

/** The info series of the jobs and instances that are there, at the times the vector looks at. */
export async function selectInfo(evaluation: Evaluation, selection: InfoSelection): Promise<InfoSeries[]> {
  const { grid, names, dataMatchers } = selection
  const identifying = identifyingMatchers(selection.base)
  if (identifying.length === 0) return []
  const modifiers = timeModifiers(selection.vector)
  const { lookbackMs } = evaluation.settings
  const times = lookupTimes(modifiers, grid)
  const minMs = (times[0] ?? timeAt(grid, 0)) - lookbackMs + 1
  const maxMs = times.at(-1) ?? minMs
  const hints = { stepMs: grid.stepMs, rangeMs: 0, func: 'info', grouping: [], by: false }
  const matchers = [...identifying, ...dataMatchers, ...names]
  const found = await selectOrFail(() =>
    evaluation.queryable.select({ matchers, minMs, maxMs, hints }, evaluation.signal),
  )
  const infos: InfoSeries[] = []
  for (const series of found) {
    const samples = series.samples()
    const sampledMs = new Float64Array(grid.steps).fill(Number.NaN)
    eachLatest(samples, times, lookbackMs, (step, index) => {
      if (samples.histograms?.[index] !== undefined)
        throw executionError(`this should be an info metric, with float samples: ${series.labels.metricName}`)
      sampledMs[step] = samples.timestamps[index] as number
    })
    infos.push({ labels: series.labels, sampledMs })
    if (evaluation.spend(UNITS_PER_SERIES + samples.length + grid.steps)) await evaluation.pause()
  }
  return infos
}

function identifyingMatchers(base: readonly Series[]): Matcher[] {
  return [...IDENTIFYING_LABELS].flatMap((name) => {
    const values = new Set(base.map(({ labels }) => labels.get(name)))
    values.delete('')
    return values.size === 0 ? [] : [matcher(name, '=~', [...values].map(quoted).join('|'))]
  })
}

function quoted(value: string): string {
  return value.replace(/[\\.+*?()|[\]{}^$]/g, String.raw`\$&`)
}

/** The time that the first selector in an expression looks at: that of its own @, or of the innermost subquery around it. */
function timeModifiers(expr: Expr): { readonly offsetMs: number; readonly at?: number } {
  let found: { offsetMs: number; at?: number } | undefined
  walk(expr, (node, path) => {
    if (node.type !== 'VectorSelector' || found !== undefined) return
    found = { offsetMs: node.offsetMs }
    for (const around of [node, ...path.toReversed()]) {
      if (around.type !== 'VectorSelector' && around.type !== 'SubqueryExpr') continue
      if (around !== node) found.offsetMs += around.offsetMs
      if (around.at === undefined) continue
      found.at = Number(around.at)
      return
    }
  })
  return found ?? { offsetMs: 0 }
}
