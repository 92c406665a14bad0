/**
 * What a scrape costs: a page of counters and histograms, parsed and appended to a database in memory, as often as a minute's
 * scrapes of 50,000 series at one second would. Prints samples per second of processor time.
 */
import { memoryTsdb } from '../src/metrics/tsdb/memory-tsdb.ts'
import { scrapedWorld } from './scraped-world.ts'

const TARGETS = 5
const SERIES_PER_TARGET = 10_000
const SCRAPES = 40
const WARM_UP_SCRAPES = 5
/** A real Prometheus 2.42, measured on two cores with pages of the same shape. */
const GATE_SAMPLES_PER_SECOND = 1_100_000

process.exitCode = await main()

async function main(): Promise<number> {
  const world = scrapedWorld({
    storage: memoryTsdb(),
    targets: TARGETS,
    seriesPerTarget: SERIES_PER_TARGET,
    intervalSeconds: 1,
    pages: SCRAPES + WARM_UP_SCRAPES + 1,
  })
  const { clock } = world
  const began = cpuSeconds()
  await clock.advance(1_000)
  const first = cpuSeconds() - began
  await clock.advance(WARM_UP_SCRAPES * 1_000)
  const warm = cpuSeconds()
  await clock.advance(SCRAPES * 1_000)
  const seconds = cpuSeconds() - warm
  const isUp = world.isUp()
  await world.stop()
  const rate = (TARGETS * SERIES_PER_TARGET * SCRAPES) / seconds
  const firstRate = (TARGETS * SERIES_PER_TARGET) / first
  console.log(
    `scrape: ${millions(rate)} M samples per CPU-second (gate ${millions(GATE_SAMPLES_PER_SECOND)}), ` +
      `${millions(firstRate)} M in the first scrape, ${TARGETS} targets of ${SERIES_PER_TARGET} series`,
  )
  return isUp && rate >= GATE_SAMPLES_PER_SECOND ? 0 : 1
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000_000
}

function millions(count: number): string {
  return (count / 1_000_000).toFixed(2)
}
