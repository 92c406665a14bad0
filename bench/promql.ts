/**
 * PromQL over the HTTP API beside Debian's Prometheus 2.42, where that is installed: the same queries, one after the other,
 * over the same directory. And for how long our queries keep others waiting.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { prometheusApi } from '../src/metrics/http/prometheus-api.ts'
import { labelsOf } from '../src/metrics/model/labels.ts'
import { QueryEngine } from '../src/metrics/promql/engine.ts'
import { openTsdb, type Tsdb } from '../src/metrics/tsdb/tsdb.ts'
import type { Listener } from '../src/world/network.ts'
import { realWorld } from '../src/world/real-world.ts'
import { serveWeb } from '../src/world/serve-web.ts'
import { VirtualClock } from '../src/world/virtual-clock.ts'
import { hasPrometheus, startPrometheus } from '../test/clients/real-prometheus.ts'
import { benchSeries, HISTORY_MS, QUERY_SHAPES, type QueryShape, SCRAPE_INTERVAL_MS } from './promql-shapes.ts'

const WARM_UP_RUNS = 3
const RUNS = 11
const SLICE_RUNS = 5
/** No slice of a query may be longer: others wait for it. */
const SLICE_MAX_MS = 50
/** How long a query may take, as a multiple of what it takes Prometheus; and the median of all shapes. */
const RATIO_MAX = 1
const MEDIAN_RATIO_MAX = 0.5

const HOST = '127.0.0.1'
const START_MS = 1_699_999_200_000
const END_MS = START_MS + HISTORY_MS - SCRAPE_INTERVAL_MS

const directory = mkdtempSync(join(tmpdir(), 'dabba-promql-'))
const world = { ...realWorld({ seed: 'bench' }), clock: new VirtualClock(END_MS) }
try {
  process.exitCode = await main()
} finally {
  rmSync(directory, { recursive: true, force: true })
}

async function main(): Promise<number> {
  const path = join(directory, 'ours')
  await fill(path)
  const theirPath = join(directory, 'theirs')
  cpSync(path, theirPath, { recursive: true })
  const ours = await serve(path)
  const theirs = hasPrometheus ? await startPrometheus(theirPath) : undefined
  if (theirs === undefined) console.log('Prometheus is not installed (Debian: prometheus), so only ours is measured')
  try {
    return await compare(`http://${HOST}:${ours.listener.port}`, theirs?.url)
  } finally {
    await theirs?.[Symbol.asyncDispose]()
    await ours.listener.close()
    await ours.tsdb.close()
  }
}

async function compare(ours: string, theirs: string | undefined): Promise<number> {
  const ratios: number[] = []
  let longestMs = 0
  for (const shape of QUERY_SHAPES) {
    const tookMs: number[] = []
    const theirsMs: number[] = []
    const slicesMs: number[] = []
    for (let run = -WARM_UP_RUNS; run < RUNS; run++) {
      const oursTookMs = await ask(ours, shape)
      const theirsTookMs = theirs === undefined ? 0 : await ask(theirs, shape)
      if (run < 0) continue
      tookMs.push(oursTookMs)
      theirsMs.push(theirsTookMs)
    }
    // Watching takes a share of the time, so it is done apart.
    for (let run = 0; run < SLICE_RUNS; run++) {
      const slices = watchSlices()
      await ask(ours, shape)
      slicesMs.push(slices.stop())
    }
    const sliceMs = median(slicesMs)
    longestMs = Math.max(longestMs, sliceMs)
    const ratio = median(tookMs) / median(theirsMs)
    const beside = theirs === undefined ? '' : ` beside ${shown(median(theirsMs))} ms: ${ratio.toFixed(2)}`
    if (theirs !== undefined) ratios.push(ratio)
    console.log(
      `promql: ${shape.name.padEnd(40)} ${shown(median(tookMs))} ms${beside}   longest slice ${sliceMs.toFixed(0)} ms`,
    )
  }
  if (ratios.length > 0)
    console.log(`promql: median ratio ${median(ratios).toFixed(2)}, highest ${Math.max(...ratios).toFixed(2)}`)
  const areFast =
    ratios.every((ratio) => ratio <= RATIO_MAX) && (ratios.length === 0 || median(ratios) <= MEDIAN_RATIO_MAX)
  return areFast && longestMs <= SLICE_MAX_MS ? 0 : 1
}

function shown(ms: number): string {
  return ms.toFixed(1).padStart(7)
}

/** Milliseconds until the whole answer is there. */
async function ask(url: string, { query, spanMs, stepMs }: QueryShape): Promise<number> {
  const times =
    spanMs === 0
      ? { time: seconds(END_MS) }
      : { start: seconds(END_MS - spanMs), end: seconds(END_MS), step: seconds(stepMs) }
  const parameters = new URLSearchParams({ query, ...times })
  const began = performance.now()
  const response = await fetch(`${url}/api/v1/query${spanMs === 0 ? '' : '_range'}?${parameters.toString()}`)
  const body = await response.arrayBuffer()
  if (!response.ok) throw new Error(`${query}: ${new TextDecoder().decode(body)}`)
  return performance.now() - began
}

function seconds(ms: number): string {
  return String(ms / 1_000)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

async function serve(path: string): Promise<{ readonly listener: Listener; readonly tsdb: Tsdb }> {
  const tsdb = await openTsdb({ world, path, retentionMs: 0 })
  const { clock } = world
  const engine = new QueryEngine({ clock: realWorld({ seed: 'bench' }).clock })
  const api = prometheusApi({
    query: { clock, engine, queryable: tsdb, tsdb, features: {} },
    status: {
      clock,
      startedAtMs: START_MS,
      tsdb,
      configText: () => '',
      flags: {},
      reload: () => ({ isSuccess: true, atMs: START_MS }),
      storageRetention: '',
      features: {},
      adminApi: false,
      families: () => [],
    },
    ruleGroups: () => [],
    metadata: () => [],
  })
  const notFound = { status: 404, headers: {}, body: '' }
  const onError = (failure: unknown): void => console.error(failure)
  const listener = await serveWeb(world.network, async (request) => (await api(request)) ?? notFound, {
    host: HOST,
    port: 0,
    onError,
  })
  return { listener, tsdb }
}

/** Scrape after scrape, as samples come in. */
async function fill(path: string): Promise<void> {
  const storage = await openTsdb({ world, path, retentionMs: 0 })
  const series = Array.from(benchSeries(), ({ labels, value }) => ({ labels: labelsOf(labels), value, ref: 0 }))
  for (let scrape = 0; scrape < HISTORY_MS / SCRAPE_INTERVAL_MS; scrape++) {
    const appender = storage.appender()
    const timestampMs = START_MS + scrape * SCRAPE_INTERVAL_MS
    for (const one of series) one.ref = appender.append(one.ref, one.labels, { timestampMs, value: one.value(scrape) })
    await appender.commit()
  }
  await storage.close()
}

/** Measures the longest time in which nothing else had a turn. */
function watchSlices(): { stop(): number } {
  let longestMs = 0
  let lastMs = performance.now()
  let isStopped = false
  const look = (): void => {
    const nowMs = performance.now()
    longestMs = Math.max(longestMs, nowMs - lastMs)
    lastMs = nowMs
    if (!isStopped) setImmediate(look)
  }
  setImmediate(look)
  return {
    stop: () => {
      isStopped = true
      return Math.max(longestMs, performance.now() - lastMs)
    },
  }
}
