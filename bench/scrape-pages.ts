/** Pages of metrics as exporters serve them, for scrapes to be measured with. */
import { createServer, type Server } from 'node:http'
import { gzipSync } from 'node:zlib'

/** 95 bytes a series: some constant, most counting up, one in nine a fraction. */
export function scrapePage(scrape: number, seriesPerTarget: number): string {
  const lines: string[] = []
  for (let family = 0; family < seriesPerTarget / 100; family++) {
    lines.push(
      `# HELP shop_requests_${family}_total Requests of kind ${family}.`,
      `# TYPE shop_requests_${family}_total counter`,
    )
    for (let index = 0; index < 100; index++) {
      const value =
        index % 4 === 0 ? index : index % 9 === 0 ? (scrape * 1.37 + index).toFixed(3) : scrape * index + family
      lines.push(
        `shop_requests_${family}_total{method="GET",path="/api/v1/items/${index}",status="200",pod="shop-${index}"} ${value}`,
      )
    }
  }
  return `${lines.join('\n')}\n`
}

export interface ScrapePages {
  readonly addresses: readonly string[]
  /** How many were asked for so far. */
  served(): number
  close(): Promise<void>
}

const PAGES = 60

/** Exporters on loopback, whose pages are packed beforehand. */
export async function serveScrapePages(size: {
  readonly targets: number
  readonly seriesPerTarget: number
}): Promise<ScrapePages> {
  const pages = Array.from({ length: PAGES }, (_, scrape) => gzipSync(scrapePage(scrape, size.seriesPerTarget)))
  let served = 0
  const servers: Server[] = []
  const addresses: string[] = []
  for (let target = 0; target < size.targets; target++) {
    let scrape = 0
    const server = createServer((_request, response) => {
      served++
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4', 'content-encoding': 'gzip' })
      response.end(pages[scrape++ % PAGES])
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    addresses.push(`127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`)
    servers.push(server)
  }
  return {
    addresses,
    served: () => served,
    async close() {
      for (const server of servers) {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      }
    },
  }
}
