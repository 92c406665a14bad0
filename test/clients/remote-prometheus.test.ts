import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { snappyCompress, snappyUncompress } from '../../src/base/snappy.ts'
import type { ExposedFamily } from '../../src/metrics/exposition/exposed-family.ts'
import { writeExposition } from '../../src/metrics/exposition/negotiate.ts'
import { labelsOf } from '../../src/metrics/model/labels.ts'
import { encodeReadRequest, readReadResponse } from '../../src/metrics/remote/read.ts'
import { receiveWrite } from '../../src/metrics/remote/receive-write.ts'
import { encodeWriteV1 } from '../../src/metrics/remote/write-v1.ts'
import { memoryTsdb } from '../../src/metrics/tsdb/memory-tsdb.ts'
import { hasPrometheus, startPrometheus } from './real-prometheus.ts'

const isSkipped = !hasPrometheus && process.env['DABBA_TEST_REQUIRE_ALL'] !== '1'
if (isSkipped) console.warn('skipped: Prometheus is not installed (Debian: apt-get install prometheus)')

const FAMILIES: readonly ExposedFamily[] = [
  {
    name: 'shop_orders_total',
    help: 'Orders.',
    type: 'counter',
    metrics: [{ labels: [['shop', 'a"b\\c']], value: { kind: 'number', value: 7 } }],
  },
  {
    name: 'shop_latency_seconds',
    help: 'Latency.',
    type: 'histogram',
    metrics: [{ labels: [], value: { kind: 'buckets', count: 3, sum: 2.5, buckets: [{ upperBound: 0.5, count: 2 }] } }],
  },
]

/** A page of ours, scraped by a real Prometheus which writes what it has to our receiver. */
describe.skipIf(isSkipped)('a real Prometheus', () => {
  const storage = memoryTsdb()
  const answers: number[] = []
  const contentTypes = new Set<string>()
  let page: Server
  let prometheus: Awaited<ReturnType<typeof startPrometheus>>
  let folder = ''

  beforeAll(async () => {
    page = createServer((request, response) => {
      const { url, headers } = request
      if (url !== '/write') {
        const { contentType, body } = writeExposition(FAMILIES, headers.accept)
        contentTypes.add(contentType)
        response.setHeader('Content-Type', contentType).end(body)
        return
      }
      void bodyOf(request)
        .then((body) => receiveWrite({ headers: plain(headers), body }, { storage, nowMs: Date.now() }))
        .then(({ status, message }) => {
          answers.push(status)
          response.writeHead(status).end(message)
        })
    })
    await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve))
    const { port } = page.address() as AddressInfo
    folder = await mkdtemp(join(tmpdir(), 'remote-'))
    prometheus = await startPrometheus(folder, {
      flags: ['--web.enable-remote-write-receiver'],
      configuration: `
global: {scrape_interval: 1s}
scrape_configs: [{job_name: shop, static_configs: [{targets: ['127.0.0.1:${port}']}]}]
remote_write: [{url: 'http://127.0.0.1:${port}/write', queue_config: {batch_send_deadline: 1s}}]
`,
    })
  })

  afterAll(async () => {
    await prometheus[Symbol.asyncDispose]()
    await new Promise((resolve) => page.close(resolve))
    await rm(folder, { recursive: true, force: true })
  })

  test('scrapes our page, and writes to our receiver', async () => {
    const names = async (): Promise<string[]> => {
      const series = await storage.select({ matchers: [], minMs: 0, maxMs: Number.MAX_SAFE_INTEGER })
      return [...new Set(series.map(({ labels }) => labels.metricName))]
    }
    // What one scrape brought may be sent in several parts, and each is there before it is answered.
    await expect
      .poll(async () => (await names()).filter((name) => name.startsWith('shop_')))
      .toEqual([
        'shop_latency_seconds_bucket',
        'shop_latency_seconds_count',
        'shop_latency_seconds_sum',
        'shop_orders_total',
      ])
    await expect.poll(() => new Set(answers)).toEqual(new Set([204]))
    expect([...contentTypes].join()).toContain('io.prometheus.client.MetricFamily')
  })

  test('takes what we write, and answers what we read', async () => {
    const now = Date.now()
    const series = {
      labels: labelsOf({ __name__: 'pushed', from: 'us' }),
      samples: [
        { timestampMs: now - 1_000, value: 42, stale: false },
        { timestampMs: now, value: Number.NaN, stale: true },
      ],
      histograms: [],
      exemplars: [],
    }
    await post('/api/v1/write', encodeWriteV1([series]), { 'X-Prometheus-Remote-Write-Version': '0.1.0' })
    const query = {
      minMs: now - 60_000,
      maxMs: now + 1_000,
      matchers: [{ op: '=~' as const, name: '__name__', value: 'pus.*' }],
    }
    const answer = await post('/api/v1/read', encodeReadRequest([query]), {
      'X-Prometheus-Remote-Read-Version': '0.1.0',
    })
    expect(readReadResponse(snappyUncompress(answer))).toEqual([[series]])
  })

  async function post(path: string, body: Uint8Array, headers: Record<string, string>): Promise<Uint8Array> {
    const response = await fetch(prometheus.url + path, {
      method: 'POST',
      body: new Uint8Array(snappyCompress(body)),
      headers: { 'Content-Encoding': 'snappy', 'Content-Type': 'application/x-protobuf', ...headers },
    })
    const answer = new Uint8Array(await response.arrayBuffer())
    expect(response.ok, Buffer.from(answer).toString()).toBe(true)
    return answer
  }
})

async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function plain(headers: IncomingMessage['headers']): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join() : value]),
  )
}
