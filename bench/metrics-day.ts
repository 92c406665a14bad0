/**
 * A day of metrics in virtual time, scraped as in real life, asked now and then, and kept within bounds:
 *
 *     node bench/metrics-day.ts [--series 50000] [--hours 30] [--keep 24]
 *
 * The hours go beyond what is kept, so that the old goes while the new comes.
 */
import { parseArgs } from 'node:util'
import { QueryEngine } from '../src/metrics/promql/engine.ts'
import { memoryTsdb } from '../src/metrics/tsdb/memory-tsdb.ts'
import { scrapedWorld } from './scraped-world.ts'

const HOUR_MS = 3_600_000
const INTERVAL_SECONDS = 15
const TARGETS = 5
/** An hour of pages, and then the exporters begin again. */
const PAGES = 240
/** What the process may take at most, for so many series kept for so long; smaller days take less. */
const DAY_BYTES_MAX = 1.5e9
const FULL_DAY = { series: 50_000, hours: 24 }
/** The pages, the code, and what every process takes. */
const BASE_BYTES = 350e6

const { values } = parseArgs({
  options: {
    series: { type: 'string', default: String(FULL_DAY.series) },
    hours: { type: 'string', default: '30' },
    keep: { type: 'string', default: String(FULL_DAY.hours) },
  },
})
const seriesPerTarget = Number(values.series) / TARGETS
const hours = Number(values.hours)
const keptHours = Number(values.keep)

process.exitCode = await main()

async function main(): Promise<number> {
  const storage = memoryTsdb({ retentionMs: keptHours * HOUR_MS })
  const world = scrapedWorld({
    storage,
    targets: TARGETS,
    seriesPerTarget,
    intervalSeconds: INTERVAL_SECONDS,
    pages: PAGES,
  })
  const { clock } = world
  const engine = new QueryEngine({ clock })
  const began = performance.now()
  const queryMs: number[] = []
  let largest = 0
  let isUp = true
  for (let hour = 0; hour < hours; hour++) {
    await clock.advance(HOUR_MS)
    isUp &&= world.isUp()
    const asked = performance.now()
    const { value } = await engine.instant(storage, 'sum by (instance) (rate(shop_requests_7_total[5m]))', clock.now())
    queryMs.push(performance.now() - asked)
    isUp &&= value.type === 'vector' && value.samples.length === TARGETS
    largest = Math.max(largest, process.memoryUsage.rss())
  }
  const seconds = (performance.now() - began) / 1_000
  await world.stop()
  const { numSeries, chunkCount } = storage.statistics(1).headStats
  const samples = (Number(values.series) * hours * HOUR_MS) / 1_000 / INTERVAL_SECONDS
  const scale = (Number(values.series) * Math.min(keptHours, hours)) / (FULL_DAY.series * FULL_DAY.hours)
  const bytesMax = BASE_BYTES + (DAY_BYTES_MAX - BASE_BYTES) * scale
  console.log(
    `metrics-day: ${hours} hours of ${numSeries} series at ${INTERVAL_SECONDS} s, ${keptHours} kept: ` +
      `${megabytes(largest)} MB at most (at most ${megabytes(bytesMax)}), ${chunkCount} chunks; ` +
      `${(samples / 1e6).toFixed(0)} M samples in ${seconds.toFixed(0)} s, a query over 500 of the series ${median(queryMs).toFixed(1)} ms`,
  )
  return isUp && largest <= bytesMax ? 0 : 1
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0)
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
}
