import type { Clock } from '../../world/clock.ts'
import type { Queryable } from '../model/storage.ts'
import type { EngineFeatures, QueryEngine, RunOptions } from '../promql/engine.ts'
import { QueryError } from '../promql/query-error.ts'
import type { QueryResult, QueryValue } from '../promql/results.ts'
import { astToJson } from '../promql/syntax/ast-json.ts'
import type { Expr } from '../promql/syntax/ast.ts'
import { parseQuery } from '../promql/syntax/parse.ts'
import { prettyPrint } from '../promql/syntax/pretty-print.ts'
import { selectorsOf } from '../promql/syntax/walk.ts'
import type { Tsdb } from '../tsdb/tsdb.ts'
import { type Answer, answerOf, beginAnswer, type Endpoint } from './answer.ts'
import { badData, invalidParameter } from './api-error.ts'
import {
  durationParameter,
  limitParameter,
  MAX_TIME_MS,
  MIN_TIME_MS,
  readDuration,
  timeParameter,
} from './parameters.ts'
import { printLabels, printNumber, printSeconds, writeValue } from './print-json.ts'
import { formOf, type WebRequest } from '../../world/web.ts'

/** More points than this for one series no display can show. */
const POINTS_MAX = 11_000
const TRUNCATED = 'results truncated due to limit'

export interface QueryDeps {
  readonly clock: Clock
  readonly engine: QueryEngine
  readonly queryable: Queryable
  readonly tsdb: Pick<Tsdb, 'exemplars'>
  readonly features: EngineFeatures
}

/** The endpoints that take PromQL (prometheus/prometheus web/api/v1/api.go). */
export function queryEndpoints(deps: QueryDeps): Readonly<Record<string, Endpoint>> {
  const parse = async (request: WebRequest): Promise<Expr> => {
    const form = await formOf(request)
    try {
      return parseQuery(form.get('query') ?? '', deps.features)
    } catch (error) {
      throw invalidParameter('query', (error as Error).message)
    }
  }
  return {
    query: (request) => instantQuery(request, deps),
    query_range: (request) => rangeQuery(request, deps),
    query_exemplars: (request) => exemplars(request, deps),
    format_query: async (request) => answerOf(prettyPrint(await parse(request))),
    parse_query: async (request) => answerOf(astToJson(await parse(request))),
  }
}

async function instantQuery(request: WebRequest, { clock, engine, queryable }: QueryDeps): Promise<Answer> {
  const form = await formOf(request)
  const limit = limitParameter(form)
  const atMs = timeParameter(form, 'time', clock.now())
  const options = runOptions(form, request)
  const query = form.get('query') ?? ''
  return answer(await naming(() => engine.instant(queryable, query, atMs, options)), { limit, form, clock })
}

async function rangeQuery(request: WebRequest, { clock, engine, queryable }: QueryDeps): Promise<Answer> {
  const form = await formOf(request)
  const limit = limitParameter(form)
  const startMs = timeParameter(form, 'start')
  const endMs = timeParameter(form, 'end')
  if (endMs < startMs) throw invalidParameter('end', 'end timestamp must not be before start time')
  const stepMs = Math.trunc(durationParameter(form, 'step'))
  if (stepMs <= 0) {
    const why = 'zero or negative query resolution step widths are not accepted. Try a positive integer'
    throw invalidParameter('step', why)
  }
  if (Math.trunc((endMs - startMs) / stepMs) > POINTS_MAX) {
    throw badData(
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    )
  }
  const options = runOptions(form, request)
  const times = { startMs, endMs, stepMs }
  return answer(await naming(() => engine.range(queryable, form.get('query') ?? '', times, options)), {
    limit,
    form,
    clock,
  })
}

function runOptions(form: URLSearchParams, { signal }: WebRequest): RunOptions {
  const timeout = form.get('timeout') ?? ''
  const lookback = form.get('lookback_delta') ?? ''
  return {
    ...(timeout === '' ? {} : { timeoutMs: durationParameter(form, 'timeout') }),
    ...(lookback === '' ? {} : { lookbackMs: lookbackOf(lookback) }),
    ...(signal === undefined ? {} : { signal }),
  }
}

function lookbackOf(text: string): number {
  try {
    return readDuration(text)
  } catch (error) {
    throw badData(`error parsing lookback delta duration: ${(error as Error).message}`)
  }
}

/** What is wrong with the text of a query is wrong with the parameter. */
async function naming(run: () => Promise<QueryResult>): Promise<QueryResult> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof QueryError && error.fault === 'bad_data') throw invalidParameter('query', error.message)
    throw error
  }
}

async function answer(
  result: QueryResult,
  { limit, form, clock }: { limit: number; form: URLSearchParams; clock: Clock },
): Promise<Answer> {
  const { value, isTruncated } = truncated(result.value, limit)
  const stats = form.get('stats') ?? ''
  const warnings = [...result.warnings]
  if (isTruncated) warnings.push(TRUNCATED)
  if (stats !== '' && stats !== 'true' && stats !== 'all') {
    const words = `value ${JSON.stringify(stats)} for parameter "stats" is deprecated and will be rejected in the next major release`
    warnings.push(`${words}, use "true" or "all"`)
  }
  const told = stats === '' ? '' : `,"stats":${JSON.stringify(result.stats)}`
  const json = beginAnswer()
  json.ascii(`{"resultType":"${value.type}","result":`)
  await writeValue(json, value, clock)
  json.ascii(`${told}}`)
  return { json, warnings, infos: result.infos }
}

function truncated(value: QueryValue, limit: number): { readonly value: QueryValue; readonly isTruncated: boolean } {
  if (limit === 0) return { value, isTruncated: false }
  if (value.type === 'vector' && value.samples.length > limit) {
    return { value: { ...value, samples: value.samples.slice(0, limit) }, isTruncated: true }
  }
  if (value.type === 'matrix' && value.series.length > limit) {
    return { value: { ...value, series: value.series.slice(0, limit) }, isTruncated: true }
  }
  return { value, isTruncated: false }
}

async function exemplars(request: WebRequest, { tsdb, features }: QueryDeps): Promise<Answer> {
  const form = await formOf(request)
  const minMs = timeParameter(form, 'start', MIN_TIME_MS)
  const maxMs = timeParameter(form, 'end', MAX_TIME_MS)
  if (maxMs < minMs) throw badData('end timestamp must not be before start timestamp')
  let expr: Expr
  try {
    expr = parseQuery(form.get('query') ?? '', features)
  } catch (error) {
    throw badData((error as Error).message)
  }
  const selectors = selectorsOf(expr)
  if (selectors.length === 0) return { json: 'null' }
  const found = await tsdb.exemplars(selectors, { minMs, maxMs })
  const printed = found.map(({ seriesLabels, exemplars: list }) => {
    const each = list.map(
      (one) =>
        `{"labels":${printLabels(one.labels)},"value":${printNumber(one.value)},"timestamp":${printSeconds(one.timestampMs)}}`,
    )
    return `{"seriesLabels":${printLabels(seriesLabels)},"exemplars":[${each.join(',')}]}`
  })
  return { json: `[${printed.join(',')}]` }
}
