import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { uncaughtDuring } from '../../../test/support/uncaught.ts'
import { rehearsedWorld } from '../../world/rehearsed-world.ts'
import { readPrometheusConfig } from '../config/prometheus-config.ts'
import { staticDiscovery } from '../discovery/static-discovery.ts'
import { memoryTsdb } from '../tsdb/memory-tsdb.ts'
import { ScrapeManager } from './scrape-manager.ts'
import type { ScrapeResponse, ScrapeTransport } from './transport.ts'

const MINUTE_MS = 60_000

/** A target whose page can be changed. */
function page(text: string, headers: Record<string, string> = {}): ScrapeResponse {
  return {
    status: 200,
    headers: { 'content-type': 'text/plain; version=0.0.4', ...headers },
    body: bodyOf(Buffer.from(text)),
  }
}

// oxlint-disable-next-line typescript/require-await
async function* bodyOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

const neverEnding: AsyncIterable<Uint8Array> = {
  [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }),
}

function jobs(text: string) {
  return readPrometheusConfig(`global: {scrape_interval: 15s}\nscrape_configs:\n${text}`).scrape_configs
}

const SHOP = jobs(`
- job_name: shop
  static_configs: [{targets: ['shop:8080'], labels: {zone: a}}]
`)

function harness(transport: ScrapeTransport) {
  const { clock } = rehearsedWorld()
  const storage = memoryTsdb()
  const problems: string[] = []
  const manager = new ScrapeManager({
    storage,
    clock,
    transport,
    readText: (path) => Promise.resolve(`content of ${path}\n`),
    discoverers: (config) => [staticDiscovery(config.static_configs)],
    onProblem: (problem) => problems.push(problem),
  })
  const startMs = clock.now()
  /** Every sample of a metric as [seconds from the start, value], stale markers as `stale`. */
  const samples = async (name: string, labels: Record<string, string> = {}) => {
    const wanted = Object.entries({ __name__: name, ...labels })
    const series = await storage.select({
      matchers: wanted.map(([label, value]) => ({
        name: label,
        op: '=' as const,
        value,
        matches: (given: string) => given === value,
      })),
      minMs: 0,
      maxMs: Number.MAX_SAFE_INTEGER,
    })
    return series.flatMap((each) => {
      const found = each.samples()
      return Array.from({ length: found.length }, (_, index) =>
        found.stale?.[index] === 1 ? 'stale' : (found.values[index] ?? 0),
      )
    })
  }
  const labelsOfAll = async () => {
    const series = await storage.select({ matchers: [], minMs: 0, maxMs: Number.MAX_SAFE_INTEGER })
    return series.map(({ labels }) => labels.toObject())
  }
  return { clock, storage, manager, samples, labelsOfAll, startMs, problems }
}

describe('ScrapeManager', () => {
  test('scrapes each target once an interval, and tells of it', async () => {
    let count = 0
    const { clock, manager, samples } = harness(() => Promise.resolve(page(`orders_total ${++count}\n`)))
    manager.apply(SHOP)
    await clock.advance(MINUTE_MS)
    expect(await samples('orders_total', { job: 'shop', instance: 'shop:8080', zone: 'a' })).toEqual([1, 2, 3, 4])
    expect(await samples('up')).toEqual([1, 1, 1, 1])
    expect(await samples('scrape_samples_scraped')).toEqual([1, 1, 1, 1])
    expect(await samples('scrape_series_added')).toEqual([1, 0, 0, 0])
    expect(manager.targets()).toMatchObject([
      { scrapePool: 'shop', scrapeUrl: 'http://shop:8080/metrics', health: 'up', lastError: '' },
    ])
    await manager.stop()
  })

  test('a series that is not exposed any more ends, and may come again', async () => {
    const pages = ['a 1\nb 1\n', 'a 2\n', 'b 3\na 3\n', 'a 4\nb 4\n']
    let index = 0
    const { clock, manager, samples } = harness(() => Promise.resolve(page(pages[index++] ?? '')))
    manager.apply(SHOP)
    await clock.advance(MINUTE_MS)
    expect(await samples('a')).toEqual([1, 2, 3, 4])
    expect(await samples('b')).toEqual([1, 'stale', 3, 4])
    await manager.stop()
  })

  test('what cannot be stored is lost and told of, and scraping goes on', async () => {
    let count = 0
    const { clock, storage, manager, samples, problems } = harness(() => Promise.resolve(page(`a ${++count}\n`)))
    let isFull = false
    const { appender } = storage
    storage.appender = () => {
      const real = appender.call(storage)
      if (isFull) real.commit = () => Promise.reject(new Error('ENOSPC: no space left on device, write'))
      return real
    }
    const uncaught = await uncaughtDuring(async () => {
      manager.apply(SHOP)
      await clock.advance(15_000)
      isFull = true
      await clock.advance(30_000)
      isFull = false
      await clock.advance(15_000)
    })
    expect(uncaught).toEqual([])
    expect(await samples('a')).toEqual([1, 4])
    expect(problems).toEqual(
      Array(2).fill('storing a scrape of http://shop:8080/metrics failed: ENOSPC: no space left on device, write'),
    )
    await manager.stop()
  })

  test('a page that cannot be read is as good as none', async () => {
    const pages = ['a 1\nb 1\n', 'a 2\nb two\n', 'a 3\nb 3\n']
    let index = 0
    const { clock, manager, samples } = harness(() => Promise.resolve(page(pages[index++] ?? pages[2]!)))
    manager.apply(SHOP)
    await clock.advance(30_000)
    expect(await samples('a')).toEqual([1, 'stale'])
    expect(await samples('b')).toEqual([1, 'stale'])
    expect(await samples('up')).toEqual([1, 0])
    expect(manager.targets()[0]?.lastError).toBe(
      'strconv.ParseFloat: parsing "two": invalid syntax while parsing: "b two"',
    )
    await clock.advance(15_000)
    expect(await samples('a')).toEqual([1, 'stale', 3])
    await manager.stop()
  })

  test.each<{ what: string; answer: () => Promise<ScrapeResponse>; error: string }>([
    {
      what: 'answers 500',
      answer: () => Promise.resolve({ ...page(''), status: 500 }),
      error: 'server returned HTTP status 500 Internal Server Error',
    },
    {
      what: 'never answers',
      answer: () => new Promise(() => undefined),
      error: 'Get "http://shop:8080/metrics": context deadline exceeded',
    },
    {
      what: 'never ends its answer',
      answer: () => Promise.resolve({ ...page(''), body: neverEnding }),
      error: 'Get "http://shop:8080/metrics": context deadline exceeded',
    },
    {
      what: 'is not there',
      answer: () =>
        Promise.reject(Object.assign(new Error('x'), { code: 'ECONNREFUSED', address: '10.0.0.1', port: 8080 })),
      error: 'Get "http://shop:8080/metrics": dial tcp 10.0.0.1:8080: connect: connection refused',
    },
    {
      what: 'does not say what it sends',
      answer: () => Promise.resolve(page('a 1\n', { 'content-type': '' })),
      error:
        'non-compliant scrape target sending blank Content-Type and no fallback_scrape_protocol specified for target',
    },
    {
      what: 'sends something else',
      answer: () => Promise.resolve(page('<html>', { 'content-type': 'text/html' })),
      error: 'received unsupported Content-Type "text/html" and no fallback_scrape_protocol specified for target',
    },
    {
      what: 'packs badly',
      answer: () => Promise.resolve(page('a 1\n', { 'content-encoding': 'gzip' })),
      error: 'gzip: incorrect header check',
    },
  ])('a target that $what is down, and harms no other', async ({ answer, error }) => {
    const config = jobs(`
- job_name: shop
  static_configs: [{targets: ['shop:8080', 'good:8080']}]
`)
    const { clock, manager, samples } = harness(({ url }) =>
      url.includes('good') ? Promise.resolve(page('a 1\n')) : answer(),
    )
    manager.apply(config)
    await clock.advance(MINUTE_MS)
    expect(await samples('up', { instance: 'good:8080' })).toEqual([1, 1, 1, 1])
    expect((await samples('up', { instance: 'shop:8080' })).slice(0, 3)).toEqual([0, 0, 0])
    expect(manager.targets().find(({ scrapeUrl }) => scrapeUrl.includes('shop'))?.lastError).toBe(error)
    await manager.stop()
  })

  test.each([
    { limit: 'sample_limit: 1', error: 'sample limit exceeded' },
    { limit: 'body_size_limit: 8B', error: 'body size limit exceeded' },
    {
      limit: 'label_limit: 3',
      error: 'label_limit exceeded (metric: a, number of labels: 4, limit: 3)',
    },
    {
      limit: 'label_value_length_limit: 5',
      error:
        'label_value_length_limit exceeded (metric: a, label name: instance, value: "shop:8080", length: 9, limit: 5)',
    },
    { limit: 'target_limit: 1', error: 'target_limit exceeded (number of targets: 2, limit: 1)' },
  ])('$limit is kept', async ({ limit, error }) => {
    const config = jobs(`
- job_name: shop
  ${limit}
  static_configs: [{targets: ['shop:8080', 'shop:8081']}]
`)
    const { clock, manager, samples } = harness(() => Promise.resolve(page('a{x="1"} 1\nb{x="1"} 1\n')))
    manager.apply(config)
    await clock.advance(15_000)
    expect(manager.targets()[0]?.lastError).toBe(error)
    expect(await samples('a')).toEqual([])
    expect(await samples('up')).toEqual([0, 0])
    await manager.stop()
  })

  test('a page that unpacks to more than is allowed is not unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(10_000_000, 'a 1\n'))
    const config = jobs(`
- job_name: shop
  body_size_limit: 100KB
  static_configs: [{targets: ['shop:8080']}]
`)
    const { clock, manager, samples } = harness(() =>
      Promise.resolve({ ...page('', { 'content-encoding': 'gzip' }), body: bodyOf(bomb) }),
    )
    manager.apply(config)
    await clock.advance(15_000)
    expect(manager.targets()[0]?.lastError).toBe('body size limit exceeded')
    expect(await samples('up')).toEqual([0])
    await manager.stop()
  })

  test('a page that says of itself what is not true harms nobody', async () => {
    const lying = gzipSync('a 1\n')
    lying.writeUInt32LE(0xfffffff0, lying.length - 4)
    const { clock, manager, samples } = harness(() =>
      Promise.resolve({ ...page('', { 'content-encoding': 'gzip' }), body: bodyOf(lying) }),
    )
    manager.apply(SHOP)
    await clock.advance(15_000)
    expect(manager.targets()[0]?.lastError).toContain('gzip: ')
    expect(await samples('up')).toEqual([0])
    await manager.stop()
  })

  test('a sample given twice counts once', async () => {
    const { clock, manager, samples } = harness(() => Promise.resolve(page('a 1\na 2\n')))
    manager.apply(SHOP)
    await clock.advance(30_000)
    expect(await samples('a')).toEqual([1, 1])
    expect(await samples('scrape_samples_scraped')).toEqual([2, 2])
    expect(await samples('scrape_samples_post_metric_relabeling')).toEqual([1, 1])
    await manager.stop()
  })

  test('labels of the target win, unless the job honours those of the page', async () => {
    const config = jobs(`
- job_name: shop
  static_configs: [{targets: ['shop:8080']}]
- job_name: gateway
  honor_labels: true
  static_configs: [{targets: ['gateway:9091']}]
`)
    const { clock, manager, labelsOfAll } = harness(() => Promise.resolve(page('a{job="batch"} 1\n')))
    manager.apply(config)
    await clock.advance(15_000)
    expect((await labelsOfAll()).filter((labels) => labels['__name__'] === 'a')).toEqual([
      { __name__: 'a', job: 'shop', exported_job: 'batch', instance: 'shop:8080' },
      { __name__: 'a', job: 'batch', instance: 'gateway:9091' },
    ])
    await manager.stop()
  })

  test('a job that is taken away ends its series, later', async () => {
    const { clock, manager, samples } = harness(() => Promise.resolve(page('a 1\n')))
    manager.apply(SHOP)
    await clock.advance(30_000)
    manager.apply([])
    expect(manager.targets()).toEqual([])
    await clock.advance(15_000)
    expect(await samples('a')).toEqual([1, 1])
    await clock.advance(MINUTE_MS)
    expect(await samples('a')).toEqual([1, 1, 'stale'])
    expect(await samples('up')).toEqual([1, 1, 'stale'])
    await manager.stop()
  })

  test('a reload leaves jobs alone that did not change', async () => {
    const urls: string[] = []
    const { clock, manager, samples } = harness(({ url }) => {
      urls.push(url)
      return Promise.resolve(page('a 1\n'))
    })
    manager.apply(SHOP)
    await clock.advance(15_000)
    manager.apply([...SHOP, ...jobs(`- {job_name: new, static_configs: [{targets: ['new:1']}]}`)])
    await clock.advance(15_000)
    expect(await samples('a', { job: 'shop' })).toEqual([1, 1])
    expect(await samples('a', { job: 'new' })).toEqual([1])
    expect(urls.filter((url) => url.includes('shop'))).toHaveLength(2)
    await manager.stop()
  })

  test('a reload that drops a metric ends its series', async () => {
    const { clock, manager, samples } = harness(() => Promise.resolve(page('a 1\nb 1\n')))
    manager.apply(SHOP)
    await clock.advance(15_000)
    manager.apply(
      jobs(`
- job_name: shop
  static_configs: [{targets: ['shop:8080'], labels: {zone: a}}]
  metric_relabel_configs: [{source_labels: [__name__], regex: b, action: drop}]
`),
    )
    await clock.advance(15_000)
    expect(await samples('a')).toEqual([1, 1])
    expect(await samples('b')).toEqual([1, 'stale'])
    await manager.stop()
  })

  test('credentials and formats are sent', async () => {
    const seen: Record<string, string>[] = []
    const { clock, manager } = harness(({ headers }) => {
      seen.push({ ...headers })
      return Promise.resolve(page('a 1\n'))
    })
    manager.apply(
      jobs(`
- job_name: shop
  authorization: {credentials_file: /var/token}
  static_configs: [{targets: ['shop:8080']}]
`),
    )
    await clock.advance(15_000)
    expect(seen[0]).toMatchObject({
      Authorization: 'Bearer content of /var/token',
      Accept:
        'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,' +
        'application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,' +
        'text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
      'Accept-Encoding': 'gzip',
      'X-Prometheus-Scrape-Timeout-Seconds': '10',
    })
    await manager.stop()
  })

  test('metadata of each target are kept', async () => {
    const text = '# HELP a Orders.\n# TYPE a counter\na 1\n'
    const { clock, manager } = harness(() => Promise.resolve(page(text)))
    manager.apply(SHOP)
    await clock.advance(30_000)
    expect(manager.metadata()[0]?.families).toMatchObject([{ metricFamily: 'a', type: 'counter', help: 'Orders.' }])
    await manager.stop()
  })

  test('a discovery that nobody runs is refused, and everything goes on as before', () => {
    const { manager } = harness(() => Promise.resolve(page('')))
    manager.apply(SHOP)
    expect(() => manager.apply(jobs(`- {job_name: x, consul_sd_configs: [{server: 'c:8500'}]}`))).toThrow(
      'scrape job "x": consul_sd_configs: such services are not spoken to here',
    )
    expect(manager.pools()).toEqual(['shop'])
  })
})
