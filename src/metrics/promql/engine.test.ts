import { describe, expect, test } from 'vitest'
import { engineWith, instant, range, seriesIn, storageOf } from '../../../test/support/promql.ts'
import { VirtualClock } from '../../world/virtual-clock.ts'
import { QueryEngine } from './engine.ts'
import { QueryError } from './query-error.ts'

const MINUTE_MS = 60_000

const requests = [
  'requests_total{job="api",code="200"} 0+60x20',
  'requests_total{job="api",code="500"} 0+6x20',
  'requests_total{job="web",code="200"} 0+30x20',
]

describe('what a query gives', () => {
  test('a number, a text, a vector or a range of samples', async () => {
    const storage = await storageOf(MINUTE_MS, requests)
    const engine = engineWith()
    const typeOf = async (query: string): Promise<string> =>
      (await engine.instant(storage, query, 5 * MINUTE_MS)).value.type
    expect(await typeOf('1 + 2')).toBe('scalar')
    expect(await typeOf('"text"')).toBe('string')
    expect(await typeOf('requests_total')).toBe('vector')
    expect(await typeOf('requests_total[2m]')).toBe('matrix')
    expect(await typeOf('sum(requests_total)[2m:1m]')).toBe('matrix')
  })

  test('a number is a series without labels over a range', async () => {
    const storage = await storageOf(MINUTE_MS, requests)
    expect(await range(storage, 'time()', { startMs: 0, endMs: 2_000, stepMs: 1_000 })).toEqual({
      '{}': { 0: 0, 1000: 1, 2000: 2 },
    })
  })

  test('rates summed by job', async () => {
    const storage = await storageOf(MINUTE_MS, requests)
    const rates = await range(storage, 'sum by (job) (rate(requests_total[5m]))', {
      startMs: 10 * MINUTE_MS,
      endMs: 12 * MINUTE_MS,
      stepMs: MINUTE_MS,
    })
    const perSecond = (value: number): Record<number, number> => ({ 600000: value, 660000: value, 720000: value })
    expect(rates).toEqual({ '{job="api"}': perSecond(1.1), '{job="web"}': perSecond(0.5) })
  })

  test('series come sorted by labels over a range, and as they were sorted at one time', async () => {
    const storage = await storageOf(MINUTE_MS, ['a{n="1"} 3', 'a{n="2"} 1', 'a{n="3"} 2'])
    expect(Object.keys(await instant(storage, 'sort(a)', 0))).toEqual(['a{n="2"}', 'a{n="3"}', 'a{n="1"}'])
    const result = await engineWith().range(storage, 'sort(a)', { startMs: 0, endMs: 1_000, stepMs: 1_000 })
    expect(Object.keys(seriesIn(result))).toEqual(['a{n="1"}', 'a{n="2"}', 'a{n="3"}'])
    expect(result.warnings).toEqual([
      'PromQL warning: sort is ineffective for range queries since results are always ordered by labels (1:1)',
    ])
  })
})

describe('which sample stands for a series', () => {
  test('the latest within the look-back, which is open at its far end', async () => {
    const storage = await storageOf(MINUTE_MS, ['up 1'])
    expect(await instant(storage, 'up', 5 * MINUTE_MS - 1)).toEqual({ up: 1 })
    expect(await instant(storage, 'up', 5 * MINUTE_MS)).toEqual({})
    expect(await instant(storage, 'up', 7 * MINUTE_MS, { lookbackMs: 10 * MINUTE_MS })).toEqual({ up: 1 })
  })

  test('none once the series ended', async () => {
    const storage = await storageOf(MINUTE_MS, ['up 1 1 stale'])
    expect(await instant(storage, 'up', MINUTE_MS)).toEqual({ up: 1 })
    expect(await instant(storage, 'up', 2 * MINUTE_MS)).toEqual({})
    expect(await instant(storage, 'count_over_time(up[5m])', 2 * MINUTE_MS)).toEqual({ '{}': 2 })
  })

  test('that of a fixed time with @, at every step', async () => {
    const storage = await storageOf(MINUTE_MS, ['up 1 2 3 4'])
    const values = await range(storage, 'up @ 60 + up offset 1m', { startMs: 120_000, endMs: 180_000, stepMs: 60_000 })
    expect(values).toEqual({ '{}': { 120000: 4, 180000: 5 } })
  })
})

describe('a query that cannot be answered', () => {
  const failure = async (query: string, lines: readonly string[] = []): Promise<QueryError> => {
    const storage = await storageOf(MINUTE_MS, lines)
    return engineWith()
      .instant(storage, query, 0)
      .then(
        () => expect.fail('the query was answered'),
        (error: unknown) => (error instanceof QueryError ? error : expect.fail(String(error))),
      )
  }

  test('is bad when it is none', async () => {
    const { fault, message } = await failure('sum(')
    expect(fault).toBe('bad_data')
    expect(message).toContain('parse error')
  })

  test('is bad when a range of samples is asked for at every step', async () => {
    const storage = await storageOf(MINUTE_MS, [])
    const times = { startMs: 0, endMs: 1, stepMs: 1 }
    await expect(engineWith().range(storage, 'up[5m]', times)).rejects.toMatchObject({
      fault: 'bad_data',
      message: 'invalid expression type "range vector" for range query, must be Scalar or instant Vector',
    })
  })

  test('fails when two elements of a vector would have the same labels', async () => {
    const { fault, message } = await failure('abs({__name__=~"a|b"})', ['a 1', 'b 1'])
    expect(fault).toBe('execution')
    expect(message).toBe('vector cannot contain metrics with the same labelset')
  })

  test('does not fail for names that go at the end only, and are told apart until then', async () => {
    const storage = await storageOf(MINUTE_MS, ['a 1', 'b 2'])
    const features = { delayedNameRemoval: true }
    expect(await instant(storage, 'count(abs({__name__=~"a|b"}))', 0, { features })).toEqual({ '{}': 2 })
    await expect(instant(storage, 'abs({__name__=~"a|b"})', 0, { features })).rejects.toThrow('same labelset')
  })

  test('fails when it would hold too many samples', async () => {
    const storage = await storageOf(MINUTE_MS, requests)
    const engine = new QueryEngine({ clock: new VirtualClock(0), maxSamples: 20 })
    const times = { startMs: 0, endMs: 10 * MINUTE_MS, stepMs: MINUTE_MS }
    await expect(engine.range(storage, 'requests_total', times)).rejects.toThrow(
      'query processing would load too many samples into memory in query execution',
    )
  })

  test('fails when it takes too long, or is canceled', async () => {
    const storage = await storageOf(MINUTE_MS, requests)
    await expect(engineWith().instant(storage, 'requests_total', 0, { timeoutMs: 0 })).rejects.toMatchObject({
      fault: 'timeout',
      message: 'query timed out in expression evaluation',
    })
    const signal = AbortSignal.abort()
    await expect(engineWith().instant(storage, 'requests_total', 0, { signal })).rejects.toMatchObject({
      fault: 'canceled',
    })
  })
})

describe('others', () => {
  test('get a turn again and again while a query works', async () => {
    const lines = Array.from({ length: 300 }, (_, index) => `load{n="${index}"} 1x300`)
    const storage = await storageOf(MINUTE_MS, lines)
    let turns = 0
    const clock = new VirtualClock(0)
    const counting = {
      now: () => clock.now(),
      sleep: clock.sleep.bind(clock),
      schedule: clock.schedule.bind(clock),
      yield: () => {
        turns++
        return clock.yield()
      },
      outside: <T>(work: Promise<T>) => clock.outside(work),
    }
    const engine = new QueryEngine({ clock: counting })
    const times = { startMs: 0, endMs: 300 * MINUTE_MS, stepMs: 10_000 }
    await engine.range(storage, 'quantile_over_time(0.9, load[30m])', times)
    expect(turns).toBeGreaterThan(100)
  })

  test('wait when enough queries are running', async () => {
    const storage = await storageOf(MINUTE_MS, requests)
    const engine = new QueryEngine({ clock: new VirtualClock(0), maxConcurrency: 1 })
    const finished: string[] = []
    const ask = (query: string): Promise<void> =>
      engine.instant(storage, query, 0).then(() => void finished.push(query))
    await Promise.all([ask('requests_total'), ask('1'), ask('2')])
    expect(finished).toEqual(['requests_total', '1', '2'])
  })
})
