/** Exporters that are scraped in virtual time: pages from memory, in place of sockets. */
import { gzipSync } from 'node:zlib'
import { readPrometheusConfig } from '../src/metrics/config/prometheus-config.ts'
import { staticDiscovery } from '../src/metrics/discovery/static-discovery.ts'
import { ScrapeManager } from '../src/metrics/scrape/scrape-manager.ts'
import type { ScrapeTransport } from '../src/metrics/scrape/transport.ts'
import type { Appendable } from '../src/metrics/model/storage.ts'
import { rehearsedWorld } from '../src/world/rehearsed-world.ts'
import type { VirtualClock } from '../src/world/virtual-clock.ts'
import { scrapePage } from './scrape-pages.ts'

export interface ScrapedWorldOptions {
  readonly storage: Appendable
  readonly targets: number
  readonly seriesPerTarget: number
  readonly intervalSeconds: number
  /** How many pages each exporter has; then they begin again, as after a restart. */
  readonly pages: number
}

export interface ScrapedWorld {
  readonly clock: VirtualClock
  /** Whether every target was there the last time. */
  isUp(): boolean
  stop(): Promise<void>
}

export function scrapedWorld(options: ScrapedWorldOptions): ScrapedWorld {
  const { storage, intervalSeconds, seriesPerTarget } = options
  const pages = Array.from({ length: options.pages }, (_, scrape) => gzipSync(scrapePage(scrape, seriesPerTarget)))
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
  const { clock } = rehearsedWorld()
  const manager = new ScrapeManager({
    storage,
    clock,
    transport,
    readText: () => Promise.resolve(''),
    discoverers: (config) => [staticDiscovery(config.static_configs)],
  })
  const targets = Array.from({ length: options.targets }, (_, index) => `shop-${index}:8080`)
  const { scrape_configs: jobs } = readPrometheusConfig(
    JSON.stringify({
      global: { scrape_interval: `${intervalSeconds}s`, scrape_timeout: `${intervalSeconds}s` },
      scrape_configs: [{ job_name: 'shop', static_configs: [{ targets }] }],
    }),
  )
  manager.apply(jobs)
  return {
    clock,
    isUp: () => manager.targets().every(({ health }) => health === 'up'),
    stop: () => manager.stop(),
  }
}
