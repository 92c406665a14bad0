import type { Clock } from '../../world/clock.ts'
import { Labels } from '../model/labels.ts'
import type { Queryable } from '../model/storage.ts'
import type { QueryEngine } from '../promql/engine.ts'
import { parseSelector } from '../promql/syntax/parse.ts'
import type { RuleSample } from '../rules/rule-query.ts'

/** How far back a series counts as being there: prometheus-adapter's --metrics-max-age, with Prometheus' look-back. */
const SERIES_MAX_AGE_MS = 5 * 60_000

/** Where the adapter reads: the series that there are, and PromQL. */
export interface AdapterSource {
  /** Labels of the series that a selector matches, of late. */
  series(selector: string): Promise<readonly Labels[]>
  /** The value of an expression now; a scalar is one sample without labels. */
  query(expr: string): Promise<readonly RuleSample[]>
}

/** Reads a storage of this process. */
export function engineSource(options: {
  readonly engine: QueryEngine
  readonly storage: Queryable
  readonly clock: Clock
}): AdapterSource {
  const { engine, storage, clock } = options
  return {
    async series(selector) {
      const maxMs = clock.now()
      const matchers = parseSelector(selector)
      const found = await storage.select({ matchers, minMs: maxMs - SERIES_MAX_AGE_MS, maxMs })
      return found.map(({ labels }) => labels)
    },
    async query(expr) {
      const { value } = await engine.instant(storage, expr, clock.now())
      if (value.type === 'vector') return value.samples
      if (value.type === 'scalar') return [{ labels: Labels.empty, value: value.value }]
      throw new Error(`the query gives a ${value.type}, not a vector: ${expr}`)
    },
  }
}

/**
 * The same source, asked less often for its series: autoscalers of one round, and everybody who looks at discovery, get
 * one answer. A look-up that failed is not kept.
 */
export function cachedSource(
  source: AdapterSource,
  { clock, maxAgeMs }: { readonly clock: Clock; readonly maxAgeMs: number },
): AdapterSource {
  const kept = new Map<string, { readonly atMs: number; readonly series: Promise<readonly Labels[]> }>()
  return {
    query: (expr) => source.query(expr),
    async series(selector) {
      const present = kept.get(selector)
      if (present !== undefined && clock.now() - present.atMs < maxAgeMs) return present.series
      const asked = { atMs: clock.now(), series: source.series(selector) }
      kept.set(selector, asked)
      try {
        return await asked.series
      } catch (error) {
        if (kept.get(selector) === asked) kept.delete(selector)
        throw error
      }
    },
  }
}
