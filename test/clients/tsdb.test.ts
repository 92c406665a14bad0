import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import type { FloatHistogram } from '../../src/metrics/model/histogram.ts'
import { labelsOf } from '../../src/metrics/model/labels.ts'
import { formatFloat } from '../../src/base/go-numbers.ts'
import { type DiskTsdb, openTsdb } from '../../src/metrics/tsdb/tsdb.ts'
import { SeededRandom } from '../../src/world/random.ts'
import { RealDisk } from '../../src/world/real-disk.ts'
import { VirtualClock } from '../../src/world/virtual-clock.ts'
import { hasPrometheus, startPrometheus } from './real-prometheus.ts'

const PROMTOOL = '/usr/bin/promtool'

const isMissing = !existsSync(PROMTOOL) || !hasPrometheus
// Where the tools must be there, the tests run and fail without them.
const isSkipped = isMissing && process.env['DABBA_TEST_REQUIRE_ALL'] !== '1'
if (isSkipped) console.warn('skipped: Prometheus and promtool are not installed (Debian: apt-get install prometheus)')

const ALWAYS = { minMs: -Infinity, maxMs: Infinity }
const START_MS = 1_700_000_000_000
const run = promisify(execFile)

const made: string[] = []
afterAll(async () => {
  for (const path of made) await rm(path, { recursive: true, force: true })
})

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'tsdb-'))
  made.push(path)
  return path
}

function open(path: string): Promise<DiskTsdb> {
  const world = { disk: new RealDisk(), clock: new VirtualClock(START_MS), random: new SeededRandom('clients') }
  return openTsdb({ world, path, outOfOrderWindowMs: 3_600_000, retentionMs: 0 })
}

/** Five hours of all kinds of values: constants, counters with resets, gauges, infinities, series that come and go. */
async function fill(tsdb: DiskTsdb, fromStep = 0, toStep = 1200): Promise<void> {
  const random = new SeededRandom('values')
  for (let step = fromStep; step < toStep; step++) {
    const appender = tsdb.appender()
    const timestampMs = START_MS + step * 15_000
    const add = (labels: Record<string, string>, value: number): void => {
      appender.append(0, labelsOf(labels), { timestampMs: timestampMs + random.below(3), value })
    }
    for (let pod = 0; pod < 10; pod++) {
      add({ __name__: 'requests_total', pod: `p${pod}`, path: '/a"b\\ü' }, ((step * (pod + 1)) % 5000) + 1)
      add({ __name__: 'temperature', pod: `p${pod}` }, Math.sin(step / 20 + pod) * 40 + random.next())
    }
    add({ __name__: 'version', version: '1.2' }, 1)
    add({ __name__: 'odd' }, [NaN, Infinity, -Infinity, -0, 1e-300, 5e-324, 1.7e308][step % 7] ?? 0)
    if (step % 300 < 200) add({ __name__: 'short', run: String(Math.floor(step / 300)) }, step)
    if (step === 900) appender.appendStale(0, labelsOf({ __name__: 'version', version: '1.2' }), timestampMs + 5)
    await appender.commit()
  }
}

/** All samples as promtool dumps them, sorted. */
async function ours(tsdb: DiskTsdb): Promise<string[]> {
  const lines: string[] = []
  for (const series of await tsdb.select({ matchers: [], ...ALWAYS })) {
    const labels = [...series.labels].map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(', ')
    const { length, timestamps, values, histograms } = series.samples()
    for (let index = 0; index < length; index++) {
      if (histograms?.[index] === undefined)
        lines.push(`{${labels}} ${formatFloat(values[index]!, 'g', -1)} ${timestamps[index]}`)
    }
  }
  return lines.sort()
}

async function dump(path: string): Promise<string[]> {
  const { stdout } = await run(PROMTOOL, ['tsdb', 'dump', path], { maxBuffer: 1 << 28 })
  return stdout.trimEnd().split('\n').sort()
}

interface Answer {
  readonly data?: { readonly result: unknown }
  readonly error?: string
}

async function query(url: string, expression: string, timeMs: number): Promise<unknown> {
  const parameters = new URLSearchParams({ query: expression, time: String(timeMs / 1000) })
  const answer = (await (await fetch(`${url}/api/v1/query?${parameters.toString()}`)).json()) as Answer
  if (answer.data === undefined) throw new Error(`${expression}: ${answer.error ?? 'no data'}`)
  return answer.data.result
}

function histogram(step: number): FloatHistogram {
  return {
    counterResetHint: 'unknown',
    schema: 2,
    zeroThreshold: 0.001,
    zeroCount: step,
    count: step * 4 + 5,
    sum: step * 1.5,
    positiveSpans: [
      { offset: 1, length: 2 },
      { offset: 3, length: 1 },
    ],
    negativeSpans: [{ offset: 0, length: 1 }],
    positiveBuckets: [step, step + 2, step],
    negativeBuckets: [3],
    customValues: [],
  }
}

describe.skipIf(isSkipped)('Prometheus 2.42 and a data directory of ours', () => {
  test('promtool dumps the very samples that we read, from blocks and log', async () => {
    const path = await directory()
    const tsdb = await open(path)
    await fill(tsdb)
    const late = tsdb.appender()
    late.append(0, labelsOf({ __name__: 'late' }), { timestampMs: START_MS + 1100 * 15_000 + 7, value: 42 })
    await late.commit()
    await tsdb.maintain()
    const expected = await ours(tsdb)
    await tsdb.close()
    expect(await dump(path)).toEqual(expected)
    const { stdout } = await run(PROMTOOL, ['tsdb', 'list', path])
    expect(stdout.trim().split('\n').length).toBeGreaterThan(1)
    expect((await run(PROMTOOL, ['tsdb', 'analyze', path])).stdout).toContain('Label names: 5')
  })

  test('a Prometheus started on the directory answers the same, and we go on where it left off', async () => {
    const path = await directory()
    const tsdb = await open(path)
    await fill(tsdb)
    for (let step = 0; step < 200; step++) {
      const appender = tsdb.appender()
      const timestampMs = START_MS + 1000 * 15_000 + step * 15_000
      appender.appendHistogram(0, labelsOf({ __name__: 'whole' }), {
        timestampMs,
        histogram: histogram(step),
        isInteger: true,
      })
      appender.appendHistogram(0, labelsOf({ __name__: 'floats' }), {
        timestampMs,
        histogram: histogram(step),
        isInteger: false,
      })
      await appender.commit()
    }
    const expected = await ours(tsdb)
    const atMs = START_MS + 1200 * 15_000
    await tsdb.close()
    {
      await using prometheus = await startPrometheus(path)
      const { url } = prometheus
      await expect(open(path)).rejects.toThrow('/lock is held by process')
      const all = await query(url, 'count(last_over_time({__name__=~".+"}[6h]))', atMs)
      expect(all).toMatchObject([{ value: [atMs / 1000, '28'] }])
      expect(await query(url, 'sum(count_over_time(requests_total[6h]))', atMs)).toMatchObject([
        { value: [atMs / 1000, '12000'] },
      ])
      for (const name of ['whole', 'floats']) {
        expect(await query(url, `histogram_count(${name})`, atMs)).toMatchObject([
          { value: [atMs / 1000, String(199 * 4 + 5)] },
        ])
        expect(await query(url, `histogram_sum(${name})`, atMs)).toMatchObject([
          { value: [atMs / 1000, String(199 * 1.5)] },
        ])
        expect(await query(url, `count_over_time(${name}[6h])`, atMs)).toMatchObject([{ value: [atMs / 1000, '200'] }])
        expect(await query(url, `changes(histogram_quantile(0.9, ${name})[10m:15s])`, atMs)).toMatchObject([{}])
      }
    }
    const again = await open(path)
    expect(again.replay.repairs).toEqual([])
    expect(await ours(again)).toEqual(expected)
    const [whole] = await again.select({
      matchers: [{ name: '__name__', op: '=', value: 'whole', matches: (text) => text === 'whole' }],
      ...ALWAYS,
    })
    const { length, histograms } = whole!.samples()
    expect(length).toBe(200)
    expect(histograms![199]).toMatchObject({ ...histogram(199), counterResetHint: expect.any(String) })
    await fill(again, 1200, 1300)
    await again.maintain()
    const more = await ours(again)
    await again.close()
    expect(await dump(path)).toEqual(more)
  })

  test('we read blocks that promtool made', async () => {
    const path = await directory()
    const lines = ['# TYPE rain gauge']
    for (let step = 0; step < 3000; step++)
      lines.push(`rain{town="t${step % 3}"} ${(step * 7919) % 1000} ${1_700_000_000 + step * 10}`)
    lines.push('# EOF', '')
    const input = join(path, 'rain.om')
    // Without it promtool does not dump.
    await mkdir(join(path, 'data', 'wal'), { recursive: true })
    await writeFile(input, lines.join('\n'))
    await run(PROMTOOL, ['tsdb', 'create-blocks-from', 'openmetrics', input, join(path, 'data')])
    expect((await readdir(join(path, 'data'))).length).toBeGreaterThan(3)
    const theirs = await dump(join(path, 'data'))
    const tsdb = await open(join(path, 'data'))
    expect(await ours(tsdb)).toEqual(theirs)
    await tsdb.maintain()
    expect(await ours(tsdb)).toEqual(theirs)
    await tsdb.close()
    expect(await dump(join(path, 'data'))).toEqual(theirs)
  })
})
