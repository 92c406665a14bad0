import { Labels } from '../model/labels.ts'
import type { Queryable } from '../model/storage.ts'
import type { QueryEngine } from '../promql/engine.ts'
import type { QueryFunction } from './rule-query.ts'

/** Rules' queries, answered by an engine over a storage. */
export function engineQuery(engine: QueryEngine, storage: Queryable): QueryFunction {
  return async (expr, atMs, signal) => {
    const { value } = await engine.instant(storage, expr, atMs, signal === undefined ? {} : { signal })
    if (value.type === 'vector') return value.samples
    if (value.type === 'scalar') return [{ labels: Labels.empty, value: value.value }]
    throw new Error('rule result is not a vector or scalar')
  }
}
