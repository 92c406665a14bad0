import type { Queryable } from '../model/storage.ts'
import type { QueryEngine } from '../promql/engine.ts'
import { Labels } from '../model/labels.ts'
import type { QueryFunction, RuleSample } from '../rules/rule-query.ts'

/** Rules and templates ask the engine; a scalar comes back as one sample without labels. */
export function engineQuery(engine: QueryEngine, queryable: Queryable): QueryFunction {
  return async (expr, atMs, signal): Promise<readonly RuleSample[]> => {
    const { value } = await engine.instant(queryable, expr, atMs, signal === undefined ? {} : { signal })
    if (value.type === 'vector') return value.samples
    if (value.type === 'scalar') return [{ labels: Labels.empty, value: value.value }]
    throw new Error('rule result is not a vector or scalar')
  }
}
