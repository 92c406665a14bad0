/**
 * `dabba prometheus` beside Debian's Prometheus 2.42, where that is installed, as two processes on loopback:
 *
 *     node bench/metrics-peer.ts [slices] [queries] [scrape] [--runs N] [--seconds N]
 *
 * Slices: for how long our queries keep others waiting; for this nothing needs to be installed. Queries: copies of one data directory, half of it in blocks and half in the log; each shape over HTTP, asked of the one and
 * of the other by turns, until the whole answer has come; the answers are compared. Scrape: the processor time of each over
 * the same scrapes, one after the other.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { labelsOf } from '../src/metrics/model/labels.ts'
import { openTsdb } from '../src/metrics/tsdb/tsdb.ts'
import { SeededRandom } from '../src/world/random.ts'
import { RealClock } from '../src/world/real-clock.ts'
import { RealDisk } from '../src/world/real-disk.ts'
import { differenceOf } from './compare-answers.ts'
import { DEBIAN_PROMETHEUS, type Peer, startPeer } from './prometheus-processes.ts'
import { benchSeries, HISTORY_MS, QUERY_SHAPES, type QueryShape, SCRAPE_INTERVAL_MS } from './promql-shapes.ts'
import { measureSlices } from './query-slices.ts'
import { serveScrapePages } from './scrape-pages.ts'

/** On no shape slower than Prometheus, and twice as fast over all. */
const SHAPE_RATIO_MAX = 1
const MEDIAN_RATIO_MAX = 0.5
const SCRAPE_RATIO_MAX = 1

/** Ours is compiled while it runs, and both read from disk at first. */
const WARM_UP_RUNS = 10
const TARGETS = 5
const SERIES_PER_TARGET = 10_000

/** Samples lie beside the instants that are asked for: on them, Prometheus 3 counts them to fewer ranges than 2.42. */
const SHIFT_MS = 1

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string', default: '15' }, seconds: { type: 'string', default: '20' } },
})
const parts = positionals.length === 0 ? ['slices', 'queries', 'scrape'] : positionals
const directory = mkdtempSync(join(tmpdir(), 'dabba-peer-'))
try {
  if (!(await main())) process.exitCode = 1
} finally {
  rmSync(directory, { recursive: true, force: true })
}

async function main(): Promise<boolean> {
  const met: boolean[] = []
  const hasPeer = existsSync(DEBIAN_PROMETHEUS)
  if (!hasPeer) console.log(`metrics-peer: nothing to compare with, ${DEBIAN_PROMETHEUS} is missing`)
  if (parts.includes('slices') || (parts.includes('queries') && hasPeer)) {
    const startMs = Math.floor((Date.now() - HISTORY_MS) / 60_000) * 60_000
    const data = join(directory, 'data')
    const samples = await write(data, startMs)
    if (parts.includes('slices')) met.push(await measureSlices(data, (shape) => pathOf(shape, startMs)))
    if (parts.includes('queries') && hasPeer) met.push(await compareQueries({ data, samples, startMs }))
  }
  if (parts.includes('scrape') && hasPeer) met.push(await compareScrapes())
  return met.every(Boolean)
}

interface Written {
  readonly data: string
  readonly samples: number
  readonly startMs: number
}

async function compareQueries({ data, samples, startMs }: Written): Promise<boolean> {
  cpSync(data, join(directory, 'theirs'), { recursive: true })
  await using ours = await startPeer('dabba', { directory, data })
  await using theirs = await startPeer('prometheus', { directory, data: join(directory, 'theirs') })
  console.log(
    `metrics-peer: ${(samples / 1e6).toFixed(1)} M samples; ready after ${took(ours)}, Prometheus ${took(theirs)}`,
  )
  const ratios: number[] = []
  for (const shape of QUERY_SHAPES) ratios.push(await compareShape(shape, { ours, theirs, startMs }))
  const overall = median(ratios)
  const slower = ratios.filter((ratio) => ratio > SHAPE_RATIO_MAX).length
  console.log(
    `metrics-peer: median ratio ${overall.toFixed(2)} (at most ${MEDIAN_RATIO_MAX}), ${slower} shapes above ${SHAPE_RATIO_MAX}`,
  )
  return slower === 0 && overall <= MEDIAN_RATIO_MAX
}

function took({ readyMs }: Peer): string {
  return `${(readyMs / 1_000).toFixed(1)} s`
}

async function compareShape(
  shape: QueryShape,
  { ours, theirs, startMs }: { readonly ours: Peer; readonly theirs: Peer; readonly startMs: number },
): Promise<number> {
  const path = pathOf(shape, startMs)
  const first = { ours: await answerOf(ours, path), theirs: await answerOf(theirs, path) }
  const difference = differenceOf(first.ours.body, first.theirs.body)
  const times = { ours: [] as number[], theirs: [] as number[] }
  for (let run = -WARM_UP_RUNS; run < Number(values.runs); run++) {
    const ourRun = await answerOf(ours, path)
    const theirRun = await answerOf(theirs, path)
    if (run < 0) continue
    times.ours.push(ourRun.tookMs)
    times.theirs.push(theirRun.tookMs)
  }
  const ourMs = median(times.ours)
  const theirMs = median(times.theirs)
  const ratio = ourMs / theirMs
  const note = difference === undefined ? '' : `   DIFFERS: ${difference}`
  console.log(
    `  ${shape.name.padEnd(42)} ${ourMs.toFixed(1).padStart(7)} ms   Prometheus ${theirMs.toFixed(1).padStart(7)} ms   ratio ${ratio.toFixed(2)}${note}`,
  )
  return difference === undefined ? ratio : Infinity
}

function pathOf({ query, spanMs, stepMs }: QueryShape, startMs: number): string {
  const end = (startMs + HISTORY_MS - SCRAPE_INTERVAL_MS) / 1_000
  const form =
    spanMs === 0
      ? new URLSearchParams({ query, time: String(end) })
      : new URLSearchParams({
          query,
          start: String(end - spanMs / 1_000),
          end: String(end),
          step: String(stepMs / 1_000),
        })
  return `/api/v1/${spanMs === 0 ? 'query' : 'query_range'}?${form.toString()}`
}

async function answerOf({ url }: Peer, path: string): Promise<{ readonly body: string; readonly tookMs: number }> {
  const beganMs = performance.now()
  const response = await fetch(url + path, { headers: { 'accept-encoding': 'identity' } })
  const bytes = await response.arrayBuffer()
  const tookMs = performance.now() - beganMs
  const body = new TextDecoder().decode(bytes)
  if (!response.ok) throw new Error(`${url}${path}: ${body}`)
  return { body, tookMs }
}

/** Scrape after scrape, with blocks cut as they are in real life. */
async function write(path: string, startMs: number): Promise<number> {
  mkdirSync(path, { recursive: true })
  const world = { disk: new RealDisk(), clock: new RealClock(), random: new SeededRandom('peer') }
  const tsdb = await openTsdb({ world, path })
  const series = Array.from(benchSeries(), ({ labels, value }) => ({ labels: labelsOf(labels), value, ref: 0 }))
  const scrapes = HISTORY_MS / SCRAPE_INTERVAL_MS
  for (let scrape = 0; scrape < scrapes; scrape++) {
    const appender = tsdb.appender()
    const timestampMs = startMs + scrape * SCRAPE_INTERVAL_MS - SHIFT_MS
    for (const one of series) one.ref = appender.append(one.ref, one.labels, { timestampMs, value: one.value(scrape) })
    await appender.commit()
  }
  await tsdb.maintain()
  await tsdb.close()
  return series.length * scrapes
}

async function compareScrapes(): Promise<boolean> {
  const seconds = Number(values.seconds)
  const pages = await serveScrapePages({ targets: TARGETS, seriesPerTarget: SERIES_PER_TARGET })
  try {
    const costs: Record<'dabba' | 'prometheus', number> = { dabba: 0, prometheus: 0 }
    for (const program of ['prometheus', 'dabba'] as const) {
      const config = {
        global: { scrape_interval: '1s', scrape_timeout: '1s' },
        scrape_configs: [{ job_name: 'shop', static_configs: [{ targets: pages.addresses }] }],
      }
      await using peer = await startPeer(program, { directory, data: join(directory, `scraped-${program}`), config })
      costs[program] = await scrapeCost(peer, { pages, seconds })
    }
    const ratio = costs.dabba / costs.prometheus
    const microseconds = (cost: number): string => `${(cost * 1e6).toFixed(2)} µs`
    console.log(
      `metrics-peer: a scraped sample costs ${microseconds(costs.dabba)} of processor time, ` +
        `Prometheus ${microseconds(costs.prometheus)}: ratio ${ratio.toFixed(2)} (at most ${SCRAPE_RATIO_MAX}); ` +
        `${TARGETS} targets of ${SERIES_PER_TARGET} series every second`,
    )
    return ratio <= SCRAPE_RATIO_MAX
  } finally {
    await pages.close()
  }
}

/** Seconds of processor time for a sample, once both are warm. */
async function scrapeCost(
  peer: Peer,
  { pages, seconds }: { readonly pages: { served(): number }; readonly seconds: number },
): Promise<number> {
  await pause(5_000)
  const before = { cpu: peer.cpuSeconds(), pages: pages.served() }
  await pause(seconds * 1_000)
  const samples = (pages.served() - before.pages) * SERIES_PER_TARGET
  return (peer.cpuSeconds() - before.cpu) / samples
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
}
