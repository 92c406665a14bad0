import { beforeAll, describe, expect, test } from 'vitest'
import { rehearsedWorld } from '../../world/rehearsed-world.ts'
import { single } from '../instrument/metric-families.ts'
import { labelsOf } from '../model/labels.ts'
import { QueryEngine } from '../promql/engine.ts'
import { memoryTsdb } from '../tsdb/tsdb.ts'
import { prometheusApi } from './prometheus-api.ts'
import type { WebResponse } from '../../world/web.ts'

const { clock } = rehearsedWorld({ seed: 'api' })
const startMs = clock.now()
const start = startMs / 1_000
const tsdb = memoryTsdb({})
const features = {}
const api = prometheusApi({
  query: { clock, engine: new QueryEngine({ clock, features }), queryable: tsdb, tsdb, features },
  status: {
    clock,
    startedAtMs: startMs,
    tsdb,
    configText: () => 'global: {}\n',
    flags: { 'storage.tsdb.path': 'data/' },
    reload: () => ({ isSuccess: true, atMs: startMs }),
    storageRetention: '15d',
    features: { promql: { at_modifier: true } },
    adminApi: true,
    families: () => [single('gauge', 'prometheus_ready', 'Whether it is.', 1)],
  },
  ruleGroups: () => [],
  metadata: () => [['requests_total', { type: 'counter', unit: '', help: 'Requests.' }]],
})

beforeAll(async () => {
  const appender = tsdb.appender()
  for (const job of ['cart', 'checkout']) {
    const labels = labelsOf({ __name__: 'requests_total', job })
    for (let step = 0; step < 5; step++) {
      appender.append(0, labels, { timestampMs: startMs + step * 15_000, value: step * 1.5 })
    }
  }
  await appender.commit()
})

async function call(
  path: string,
  { method = 'GET', query = '', form }: { method?: string; query?: string; form?: string } = {},
): Promise<WebResponse> {
  const answer = api({
    method,
    path: `/api/v1/${path}`,
    query: new URLSearchParams(query),
    headers: form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' },
    body: async () => new TextEncoder().encode(form ?? ''),
  })
  return (await answer) ?? { status: 404, headers: {}, body: '' }
}

async function get(path: string, query = ''): Promise<unknown> {
  return JSON.parse(String((await call(path, { query })).body))
}

describe('/api/v1', () => {
  test('an instant query gives a vector with texts for numbers', async () => {
    expect(await get('query', `query=requests_total{job="cart"}&time=${start + 45}`)).toEqual({
      status: 'success',
      data: {
        resultType: 'vector',
        result: [{ metric: { __name__: 'requests_total', job: 'cart' }, value: [start + 45, '4.5'] }],
      },
    })
  })

  test('a range query gives a matrix; its form may come in the body', async () => {
    const form = `query=sum(requests_total)&start=${start}&end=${start + 30}&step=15`
    const { body } = await call('query_range', { method: 'POST', form })
    expect(JSON.parse(String(body))).toEqual({
      status: 'success',
      data: {
        resultType: 'matrix',
        result: [
          {
            metric: {},
            values: [
              [start, '0'],
              [start + 15, '3'],
              [start + 30, '6'],
            ],
          },
        ],
      },
    })
  })

  test.each([
    ['query', 'query=1%2B', 400, 'invalid parameter "query": 1:3: parse error: unexpected end of input'],
    [
      'query',
      'query=1&time=now',
      400,
      'invalid parameter "time": invalid time value for \'time\': cannot parse "now" to a valid timestamp',
    ],
    [
      'query_range',
      'query=1&start=1&end=0&step=1',
      400,
      'invalid parameter "end": end timestamp must not be before start time',
    ],
    [
      'query_range',
      'query=1&start=0&end=1&step=0',
      400,
      'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer',
    ],
    [
      'query_range',
      'query=1&start=0&end=11001&step=1',
      400,
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    ],
    ['query', 'query=1&limit=-1', 400, 'invalid parameter "limit": limit must be non-negative'],
    ['series', '', 400, 'no match[] parameter provided'],
    [
      'series',
      'match[]={a=""}',
      400,
      'invalid parameter "match[]": match[] must contain at least one non-empty matcher',
    ],
    [
      'query',
      'query=label_replace(requests_total,"job","x","","")',
      422,
      'vector cannot contain metrics with the same labelset',
    ],
    ['rules', 'type=both', 400, 'invalid parameter "type": not supported value "both"'],
  ])('%s?%s is refused', async (path, query, status, error) => {
    const answer = await call(path, { query })
    expect({ status: answer.status, error: JSON.parse(String(answer.body)).error }).toEqual({ status, error })
  })

  test('tells names, values and series of what matches', async () => {
    expect(await get('labels')).toMatchObject({ data: ['__name__', 'job'] })
    expect(await get('label/job/values')).toMatchObject({ data: ['cart', 'checkout'] })
    expect(await get('label/job/values', 'match[]={job="cart"}')).toMatchObject({ data: ['cart'] })
    expect(await get('label/U__job/values', 'limit=1')).toMatchObject({
      data: ['cart'],
      warnings: ['results truncated due to limit'],
    })
    expect(await get('series', 'match[]=requests_total{job="cart"}')).toMatchObject({
      data: [{ __name__: 'requests_total', job: 'cart' }],
    })
  })

  test('formats and parses queries', async () => {
    expect(await get('format_query', 'query=sum(requests_total)by(job)')).toMatchObject({
      data: 'sum by (job) (requests_total)',
    })
    expect(await get('parse_query', 'query=1')).toMatchObject({ data: { type: 'numberLiteral', val: '1' } })
  })

  test('deletes series only for those who may', async () => {
    const { status } = await call('admin/tsdb/delete_series', { method: 'POST', query: 'match[]={job="nobody"}' })
    expect(status).toBe(204)
    expect((await call('admin/tsdb/delete_series', { query: 'match[]={job="nobody"}' })).status).toBe(405)
  })

  test('tells its own metrics as JSON', async () => {
    const families = { data: [{ name: 'prometheus_ready', type: 'GAUGE', metric: [{ gauge: { value: 1 } }] }] }
    expect(await get('status/self_metrics', 'metric_name_pattern=prometheus_.*')).toMatchObject(families)
    expect(await get('status/self_metrics', 'metric_name_pattern=prometheus')).toMatchObject({ data: [] })
  })

  test('what is not there is not answered', async () => {
    expect((await call('unicorns')).status).toBe(404)
  })
})
