import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FloatHistogram } from '../model/histogram.ts'
import { labelsOf, type Labels } from '../model/labels.ts'
import type { Matcher } from '../model/matcher.ts'
import type { Queryable } from '../model/storage.ts'
import { memoryTsdb } from './tsdb.ts'

const up = labelsOf({ __name__: 'up', job: 'a' })
const down = labelsOf({ __name__: 'down', job: 'a' })

function equal(name: string, value: string): Matcher {
  return { name, op: '=', value, only: [value], matches: (text) => text === value }
}

function like(name: string, pattern: string, op: '=~' | '!~' = '=~'): Matcher {
  const regexp = new RegExp(`^(?:${pattern})$`)
  return { name, op, value: pattern, matches: (text) => regexp.test(text) === (op === '=~') }
}

const ALWAYS = { minMs: -Infinity, maxMs: Infinity }

async function read(tsdb: Queryable, matchers: Matcher[] = [], range = ALWAYS): Promise<Record<string, unknown[]>> {
  const found: Record<string, unknown[]> = {}
  for (const series of await tsdb.select({ matchers, ...range })) {
    const samples = series.samples()
    found[[...series.labels].map((pair) => pair.join('=')).join(',')] = Array.from(
      { length: samples.length },
      (_, i) => [
        samples.timestamps[i],
        samples.stale?.[i] === 1 ? 'stale' : (samples.histograms?.[i] ?? samples.values[i]),
      ],
    )
  }
  return found
}

function histogram(counts: number[], more: Partial<FloatHistogram> = {}): FloatHistogram {
  return {
    counterResetHint: 'unknown',
    schema: 1,
    zeroThreshold: 0.001,
    zeroCount: 1,
    count: counts.reduce((sum, count) => sum + count, 1),
    sum: 12.5,
    positiveSpans: [{ offset: 0, length: counts.length }],
    negativeSpans: [],
    positiveBuckets: counts,
    negativeBuckets: [],
    customValues: [],
    ...more,
  }
}

describe('the database in memory', () => {
  test('shows a batch once it is committed, and nothing of one that was rolled back', async () => {
    const tsdb = memoryTsdb()
    const first = tsdb.appender()
    const ref = first.append(0, up, { timestampMs: 1000, value: 1 })
    expect(await read(tsdb)).toEqual({})
    await first.commit()
    const second = tsdb.appender()
    second.append(ref, up, { timestampMs: 2000, value: 2 })
    second.rollback()
    expect(await read(tsdb)).toEqual({ '__name__=up,job=a': [[1000, 1]] })
  })

  test('refuses what comes late, in the words of Prometheus', async () => {
    const tsdb = memoryTsdb()
    const before = tsdb.appender()
    before.append(0, up, { timestampMs: 10_000_000, value: 1 })
    before.append(0, down, { timestampMs: 10_000_000, value: 1e6 })
    await before.commit()
    const appender = tsdb.appender()
    expect(() => appender.append(0, up, { timestampMs: 9_999_000, value: 1 })).toThrow('out of order sample')
    expect(() => appender.append(0, up, { timestampMs: 1, value: 1 })).toThrow('out of bounds')
    expect(() => appender.append(0, down, { timestampMs: 10_000_000, value: 2 })).toThrow(
      'duplicate sample for timestamp 10000000; overrides not allowed: existing 1e+06, new value 2',
    )
    expect(() => appender.append(0, up, { timestampMs: 10_000_000, value: 1 })).not.toThrow()
    expect(() => appender.append(0, labelsOf({}), { timestampMs: 10_000_000, value: 1 })).toThrow('empty labelset')
  })

  test('takes late samples within the window and sorts them in', async () => {
    const tsdb = memoryTsdb({ outOfOrderWindowMs: 600_000 })
    for (const timestampMs of [1_000_000, 999_000, 500_000, 1_001_000, 998_000]) {
      const appender = tsdb.appender()
      appender.append(0, up, { timestampMs, value: timestampMs })
      await appender.commit()
    }
    const tooOld = tsdb.appender()
    expect(() => tooOld.append(0, up, { timestampMs: 1000, value: 0 })).toThrow('too old sample')
    expect(Object.values(await read(tsdb))[0]).toEqual(
      [500_000, 998_000, 999_000, 1_000_000, 1_001_000].map((time) => [time, time]),
    )
  })

  test('is what was appended, whatever the order and the number of samples', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(3), fc.integer({ min: 0, max: 3_000_000 }), fc.double()), { maxLength: 600 }),
        fc.nat(7_200_000),
        async (samples, window) => {
          const tsdb = memoryTsdb({ outOfOrderWindowMs: window, blockRangeMs: 600_000 })
          const model = new Map<number, Map<number, number>>()
          for (const [series, timestampMs, value] of samples) {
            const appender = tsdb.appender()
            try {
              appender.append(0, labelsOf({ series: String(series) }), { timestampMs, value })
              const times = model.get(series) ?? new Map<number, number>()
              if (!times.has(timestampMs)) times.set(timestampMs, value)
              model.set(series, times)
            } catch {
              // Refused: the model does not have it either.
            }
            await appender.commit()
          }
          const expected: Record<string, unknown[]> = {}
          for (const [series, times] of model) expected[`series=${series}`] = [...times].sort((a, b) => a[0] - b[0])
          // An instant that came both in order and late is there once; which of the two values, is not said.
          const found = await read(tsdb)
          for (const [series, list] of Object.entries(found)) {
            expect(list.map((sample) => (sample as number[])[0])).toEqual(
              expected[series]!.map((sample) => (sample as number[])[0]),
            )
          }
          expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort())
        },
      ),
      { numRuns: 60 },
    )
  })

  test('finds series by all kinds of matchers, sorted by labels', async () => {
    const tsdb = memoryTsdb()
    const appender = tsdb.appender()
    const sets: Labels[] = ['b', 'a', 'c', ''].map((pod) =>
      labelsOf({ __name__: 'm', pod, zone: pod === 'c' ? 'z' : '' }),
    )
    for (const labels of sets) appender.append(0, labels, { timestampMs: 1, value: 1 })
    await appender.commit()
    async function pods(...matchers: Matcher[]): Promise<string[]> {
      return (await tsdb.select({ matchers, ...ALWAYS })).map(({ labels }) => labels.get('pod'))
    }
    expect(await pods(equal('__name__', 'm'))).toEqual(['', 'a', 'b', 'c'])
    expect(await pods(like('pod', 'a|b'))).toEqual(['a', 'b'])
    expect(await pods(like('pod', 'a.*', '!~'))).toEqual(['', 'b', 'c'])
    expect(await pods(equal('zone', ''))).toEqual(['', 'a', 'b'])
    expect(await pods(equal('pod', 'b'), equal('zone', ''))).toEqual(['b'])
    expect(await pods(like('pod', '.+'), like('zone', '.+'))).toEqual(['c'])
    expect(await tsdb.labelNames({ matchers: [equal('pod', 'a')], ...ALWAYS })).toEqual(['__name__', 'pod'])
    expect(await tsdb.labelValues('pod', { matchers: [], limit: 2, ...ALWAYS })).toEqual(['a', 'b'])
  })

  test('keeps stale markers, of floats and of histograms', async () => {
    const tsdb = memoryTsdb()
    const appender = tsdb.appender()
    appender.append(0, up, { timestampMs: 1, value: NaN })
    appender.appendHistogram(0, down, { timestampMs: 1, histogram: histogram([1, 2]), isInteger: true })
    await appender.commit()
    const end = tsdb.appender()
    end.appendStale(0, up, 2)
    end.appendStale(0, down, 2)
    await end.commit()
    const found = await read(tsdb)
    expect(found['__name__=up,job=a']).toEqual([
      [1, NaN],
      [2, 'stale'],
    ])
    expect(found['__name__=down,job=a']).toEqual([
      [1, histogram([1, 2])],
      [2, 'stale'],
    ])
  })

  test('keeps histograms as they grow new buckets, lose empty ones and reset', async () => {
    for (const isInteger of [true, false]) {
      const tsdb = memoryTsdb()
      const given = [
        histogram([1, 2]),
        histogram([1, 3, 1]),
        histogram([2, 3, 1], {
          positiveSpans: [
            { offset: 0, length: 2 },
            { offset: 3, length: 1 },
          ],
        }),
        histogram([1, 1, 1]),
        histogram([1, 1, 2], { sum: NaN }),
        histogram([5], { schema: 2 }),
      ]
      for (const [index, value] of given.entries()) {
        const appender = tsdb.appender()
        appender.appendHistogram(0, up, { timestampMs: index, histogram: value, isInteger })
        await appender.commit()
      }
      const [series] = await tsdb.select({ matchers: [], ...ALWAYS })
      const { histograms = [], length } = series!.samples()
      expect(length).toBe(given.length)
      expect(histograms.map((found) => [found!.count, found!.sum, found!.schema])).toEqual(
        given.map(({ count, sum, schema }) => [count, sum, schema]),
      )
      expect(histograms.map((found) => found!.positiveBuckets.filter((count) => count > 0))).toEqual(
        given.map(({ positiveBuckets }) => positiveBuckets),
      )
      expect(histograms.map((found) => found!.counterResetHint)).toEqual([
        'unknown',
        'not-reset',
        'unknown',
        'unknown',
        'not-reset',
        'unknown',
      ])
    }
  })

  test('lets go of what is older than the retention, series and all', async () => {
    const tsdb = memoryTsdb({ retentionMs: 3_600_000, blockRangeMs: 1_200_000 })
    const gone = tsdb.appender()
    gone.append(0, down, { timestampMs: 0, value: 1 })
    await gone.commit()
    for (let timestampMs = 0; timestampMs < 8 * 3_600_000; timestampMs += 15_000) {
      const appender = tsdb.appender()
      appender.append(0, up, { timestampMs, value: timestampMs })
      await appender.commit()
    }
    expect(tsdb.statistics(10).headStats.numSeries).toBe(1)
    const [samples] = Object.values(await read(tsdb))
    expect(samples!.length).toBeLessThan(2 * 240)
    expect(samples!.length).toBeGreaterThanOrEqual(240)
    expect(samples!.at(-1)).toEqual([8 * 3_600_000 - 15_000, 8 * 3_600_000 - 15_000])
  })

  test('does not show what was deleted', async () => {
    const tsdb = memoryTsdb()
    for (let timestampMs = 0; timestampMs < 5; timestampMs++) {
      const appender = tsdb.appender()
      appender.append(0, up, { timestampMs, value: 1 })
      await appender.commit()
    }
    await tsdb.deleteSeries([equal('job', 'a')], { minMs: 1, maxMs: 2 })
    expect(Object.values(await read(tsdb))).toEqual([[0, 3, 4].map((time) => [time, 1])])
  })

  test('keeps the newest exemplars of each series, each once', async () => {
    const tsdb = memoryTsdb({ exemplarsMax: 2 })
    const trace = labelsOf({ trace_id: 'x' })
    for (const timestampMs of [1, 1, 2, 3]) {
      const appender = tsdb.appender()
      const ref = appender.append(0, up, { timestampMs, value: 1 })
      appender.appendExemplar(ref, up, { labels: trace, value: 1, timestampMs })
      await appender.commit()
    }
    const late = tsdb.appender()
    expect(() => late.appendExemplar(0, up, { labels: trace, value: 1, timestampMs: 1 })).toThrow(
      'out of order exemplar',
    )
    const [found] = await tsdb.exemplars([[equal('job', 'a')]], ALWAYS)
    expect(found!.exemplars.map(({ timestampMs }) => timestampMs)).toEqual([2, 3])
  })

  test('knows when counters began', async () => {
    const tsdb = memoryTsdb()
    for (const [timestampMs, startTimestampMs] of [
      [10, 1],
      [20, 1],
      [30, 25],
    ] as const) {
      const appender = tsdb.appender()
      appender.append(0, up, { timestampMs, value: 1, startTimestampMs })
      await appender.commit()
    }
    const [series] = await tsdb.select({ matchers: [], ...ALWAYS })
    expect([...series!.samples().startTimestamps!]).toEqual([1, 1, 25])
  })
})
