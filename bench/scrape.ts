/**
 * What a scrape costs: a page of counters and histograms, parsed and appended to a database in memory, as often as a minute's
 * scrapes of 50,000 series at one second would. Prints samples per second of processor time.
 */
import { gzipSync } from 'node:zlib'
import { rehearsedWorld } from '../src/world/rehearsed-world.ts'
import { readPrometheusConfig } from '../src/metrics/config/prometheus-config.ts'
import { staticDiscovery } from '../src/metrics/discovery/static-discovery.ts'
import { ScrapeManager } from '../src/metrics/scrape/scrape-manager.ts'
import type { ScrapeTransport } from '../src/metrics/scrape/transport.ts'
import { memoryTsdb } from '../src/metrics/tsdb/memory-tsdb.ts'
import { scrapePage } from './scrape-pages.ts'

const TARGETS = 5
const SERIES_PER_TARGET = 10_000
const SCRAPES = 40
const WARM_UP_SCRAPES = 5
/** A real Prometheus 2.42, measured on two cores with pages of the same shape. */
const GATE_SAMPLES_PER_SECOND = 1_100_000

process.exitCode = await main()

async function main(): Promise<number> {
  const pages = Array.from({ length: SCRAPES + WARM_UP_SCRAPES + 1 }, (_, scrape) =>
    gzipSync(scrapePage(scrape, SERIES_PER_TARGET)),
  )
  const { clock } = rehearsedWorld()
  const scraped = new Map<string, number>()
  const transport: ScrapeTransport = ({ url }) => {
    const scrape = scraped.get(url) ?? 0
    scraped.set(url, scrape + 1)
    const body = pages[scrape % pages.length] ?? new Uint8Array()
    return Promise.resolve({
      status: 200,
      headers: { 'content-type': 'text/plain; version=0.0.4', 'content-encoding': 'gzip' },
      body: (async function* () {
        yield await Promise.resolve(body)
      })(),
    })
  }
  const manager = new ScrapeManager({
    storage: memoryTsdb(),
    clock,
    transport,
    readText: () => Promise.resolve(''),
    discoverers: (config) => [staticDiscovery(config.static_configs)],
  })
  const targets = Array.from({ length: TARGETS }, (_, index) => `shop-${index}:8080`)
  const { scrape_configs: jobs } = readPrometheusConfig(
    JSON.stringify({
      global: { scrape_interval: '1s', scrape_timeout: '1s' },
      scrape_configs: [{ job_name: 'shop', static_configs: [{ targets }] }],
    }),
  )
  manager.apply(jobs)
  const began = cpuSeconds()
  await clock.advance(1_000)
  const first = cpuSeconds() - began
  await clock.advance(WARM_UP_SCRAPES * 1_000)
  const warm = cpuSeconds()
  await clock.advance(SCRAPES * 1_000)
  const seconds = cpuSeconds() - warm
  const isUp = manager.targets().every(({ health }) => health === 'up')
  await manager.stop()
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
