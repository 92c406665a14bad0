import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { labelsOf } from '../../src/metrics/model/labels.ts'
import { QueryEngine } from '../../src/metrics/promql/engine.ts'
import { QueryError } from '../../src/metrics/promql/query-error.ts'
import { memoryTsdb, openTsdb, type Tsdb } from '../../src/metrics/tsdb/tsdb.ts'
import { SeededRandom } from '../../src/world/random.ts'
import { RealDisk } from '../../src/world/real-disk.ts'
import { VirtualClock } from '../../src/world/virtual-clock.ts'
import { QUERIES } from './promql-queries.ts'
import { hasPrometheus, startPrometheus } from './real-prometheus.ts'

const isSkipped = !hasPrometheus && process.env['DABBA_TEST_REQUIRE_ALL'] !== '1'
if (isSkipped) console.warn('skipped: Prometheus is not installed (Debian: apt-get install prometheus)')

const START_MS = 1_700_000_000_000
const SAMPLES = 420
const INTERVAL_MS = 15_000
/** Samples lie beside the instants that are asked for: on them, Prometheus 3 counts them to fewer ranges than 2.42. */
const SHIFT_MS = 1
const END_MS = START_MS + 6_000_000
const TIMES = { startMs: END_MS - 600_000, endMs: END_MS, stepMs: 10_000 }

interface Shop {
  readonly labels: Readonly<Record<string, string>>
  readonly values: readonly (number | undefined)[]
}

/** Three hosts with counters that restart, gauges, histograms, and series that come and go. */
function* shop(): Generator<Shop> {
  const random = new SeededRandom('shop')
  const series = (name: string, more: Record<string, string>, value: (index: number) => number | undefined): Shop => ({
    labels: { __name__: name, ...more },
    values: Array.from({ length: SAMPLES }, (_, index) => value(index)),
  })
  const counter = (slope: number): ((index: number) => number) => {
    let total = 0
    return () => (total = random.next() < 0.004 ? 0 : total + slope * random.next())
  }
  for (let host = 0; host < 3; host++) {
    const at = { instance: `shop-${host}`, job: 'shop' }
    for (const type of ['buffers', 'cached', 'free', 'used'])
      yield series('shop_memory_bytes', { ...at, type }, () => 1e8 * (host + 1) * (0.9 + 0.2 * random.next()))
    for (const mode of ['idle', 'system', 'user']) yield series('shop_cpu_seconds_total', { ...at, mode }, counter(10))
    yield series('shop_disk_bytes', at, (index) => 1e10 + 1e6 * index * random.next())
    yield series('shop_cpus', at, () => 4)
    yield series('shop_backup_timestamp_seconds', at, (index) => START_MS / 1_000 + Math.floor(index / 20) * 300)
    yield series('shop_visitors', at, (index) =>
      Math.floor(index / (13 + host)) % 3 === 0 ? undefined : Math.floor(random.next() * 10),
    )
    for (const path of ['/cart', '/pay']) {
      for (const status of ['200', '500']) yield* requests({ ...at, path, status }, random)
    }
  }
}

function* requests(labels: Record<string, string>, random: SeededRandom): Generator<Shop> {
  const bounds = ['0.1', '0.5', '1', '2.5', '+Inf']
  const counts = bounds.map((): number[] => [])
  const totals = bounds.map(() => 0)
  for (let index = 0; index < SAMPLES; index++) {
    for (const [at, column] of counts.entries()) {
      // Cumulative: what is in a bucket is in all above it.
      totals[at] =
        (totals[at] ?? 0) +
        Math.floor(random.next() * 5) +
        (at === 0 ? 0 : (totals[at - 1] ?? 0) - (counts[at - 1]?.at(-2) ?? 0))
      column.push(totals[at] ?? 0)
    }
  }
  const name = 'shop_request_seconds'
  for (const [at, le] of bounds.entries())
    yield { labels: { __name__: `${name}_bucket`, ...labels, le }, values: counts[at] ?? [] }
  yield { labels: { __name__: `${name}_count`, ...labels }, values: counts.at(-1) ?? [] }
  yield { labels: { __name__: `${name}_sum`, ...labels }, values: (counts.at(-1) ?? []).map((count) => count * 0.7) }
}

async function fill(storage: Tsdb, series: readonly Shop[]): Promise<void> {
  for (let index = 0; index < SAMPLES; index++) {
    const appender = storage.appender()
    const timestampMs = START_MS + SHIFT_MS + index * INTERVAL_MS
    for (const { labels, values } of series) {
      const value = values[index]
      if (value !== undefined) appender.append(0, labelsOf(labels), { timestampMs, value })
    }
    await appender.commit()
  }
}

/** A result as both can be compared: of every series its points, times in seconds. */
type Points = Readonly<Record<string, readonly (readonly [number, number])[]>>

interface Answer {
  readonly status: string
  readonly error?: string
  readonly data?: { readonly resultType: string; readonly result: unknown }
}

type Pair = readonly [number, string]

function theirPoints({ resultType, result }: NonNullable<Answer['data']>): Points {
  const pointOf = ([time, value]: Pair): readonly [number, number] => [
    time,
    value === '+Inf' ? Infinity : value === '-Inf' ? -Infinity : Number(value),
  ]
  if (resultType === 'scalar') return { scalar: [pointOf(result as Pair)] }
  const series = result as readonly { metric: Record<string, string>; value?: Pair; values?: readonly Pair[] }[]
  return Object.fromEntries(
    series.map(({ metric, value, values }) => [
      labelsOf(metric).key,
      (values ?? (value === undefined ? [] : [value])).map(pointOf),
    ]),
  )
}

async function ourPoints(engine: QueryEngine, storage: Tsdb, query: string, isRange: boolean): Promise<Points> {
  const { value } = isRange ? await engine.range(storage, query, TIMES) : await engine.instant(storage, query, END_MS)
  if (value.type === 'scalar') return { scalar: [[END_MS / 1_000, value.value]] }
  if (value.type === 'vector')
    return Object.fromEntries(value.samples.map((sample) => [sample.labels.key, [[END_MS / 1_000, sample.value]]]))
  if (value.type === 'string') return {}
  return Object.fromEntries(
    value.series.map(({ labels, samples }) => [
      labels.key,
      Array.from({ length: samples.length }, (_, index) => [
        (samples.timestamps[index] ?? 0) / 1_000,
        samples.values[index] ?? 0,
      ]),
    ]),
  )
}

function seconds(ms: number): string {
  return String(ms / 1_000)
}

/** Numbers to ten digits: both add up in different orders. */
function rounded(points: Points): unknown {
  return Object.fromEntries(
    Object.entries(points).map(([key, list]) => [
      key,
      list.map(([time, value]) => [time, Number(value.toPrecision(10))]),
    ]),
  )
}

describe.skipIf(isSkipped)('Prometheus 2.42 and we answer alike', () => {
  const storage = memoryTsdb()
  const engine = new QueryEngine({ clock: new VirtualClock(END_MS) })
  let prometheus: Awaited<ReturnType<typeof startPrometheus>>
  let path = ''

  beforeAll(async () => {
    const series = [...shop()]
    await fill(storage, series)
    path = await mkdtemp(join(tmpdir(), 'promql-'))
    const world = { disk: new RealDisk(), clock: new VirtualClock(END_MS), random: new SeededRandom('shop') }
    const onDisk = await openTsdb({ world, path, retentionMs: 0 })
    await fill(onDisk, series)
    await onDisk.close()
    prometheus = await startPrometheus(path)
  })

  afterAll(async () => {
    await prometheus[Symbol.asyncDispose]()
    await rm(path, { recursive: true, force: true })
  })

  test.each(QUERIES)('%s', async (query) => {
    for (const isRange of [true, false]) {
      const times = isRange
        ? { start: seconds(TIMES.startMs), end: seconds(TIMES.endMs), step: seconds(TIMES.stepMs) }
        : { time: seconds(END_MS) }
      const parameters = new URLSearchParams({ query, ...times })
      const response = await fetch(`${prometheus.url}/api/v1/query${isRange ? '_range' : ''}?${parameters.toString()}`)
      const answer = (await response.json()) as Answer
      if (answer.data === undefined)
        await expect(ourPoints(engine, storage, query, isRange)).rejects.toThrow(QueryError)
      else expect(rounded(await ourPoints(engine, storage, query, isRange))).toEqual(rounded(theirPoints(answer.data)))
    }
  })
})
