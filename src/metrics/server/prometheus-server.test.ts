import { expect, test } from 'vitest'
import { rehearsedWorld } from '../../world/rehearsed-world.ts'
import type { WebResponse } from '../../world/web.ts'
import { staticDiscovery } from '../discovery/static-discovery.ts'
import type { ScrapeResponse } from '../scrape/transport.ts'
import { memoryTsdb } from '../tsdb/tsdb.ts'
import { FlagReader, parseProgramFlags } from './program-flags.ts'
import { PROMETHEUS_FLAGS } from './prometheus-flags.ts'
import { PrometheusServer } from './prometheus-server.ts'
import { prometheusSettings } from './prometheus-settings.ts'

const CONFIG = `
global: {scrape_interval: 15s, evaluation_interval: 15s, external_labels: {cluster: bazaar}}
rule_files: [rules/*.yml]
alerting: {alertmanagers: [{static_configs: [{targets: ['alertmanager:9093']}]}]}
scrape_configs:
- job_name: checkout
  static_configs: [{targets: ['checkout:8080']}]
`
const REMOTE_WRITE = 'remote_write: [{url: http://far/api/v1/write}]'
const RULES = `
groups:
- name: shop
  rules:
  - record: job:orders:rate1m
    expr: sum by (job) (rate(orders_total[1m]))
  - alert: CheckoutSlow
    expr: job:orders:rate1m < 5
    for: 30s
    labels: {severity: page}
    annotations: {summary: '{{ $labels.job }} takes {{ $value | humanize }} orders a second'}
`

async function started(files: Record<string, string> = { 'prometheus.yml': CONFIG, 'rules/shop.yml': RULES }) {
  const { clock } = rehearsedWorld({ seed: 'prometheus' })
  const flags = new FlagReader(
    parseProgramFlags(PROMETHEUS_FLAGS, [
      '--web.enable-lifecycle',
      '--web.enable-remote-write-receiver',
      '--web.enable-otlp-receiver',
    ]),
  )
  const posted: unknown[] = []
  const written: Uint8Array[] = []
  const load = { ordersPerSecond: 10, orders: 0 }
  const server = new PrometheusServer(prometheusSettings(flags), {
    flags: flags.all(),
    ports: {
      clock,
      tsdb: memoryTsdb(),
      files: {
        async readText(path) {
          const text = files[path]
          if (text === undefined) throw new Error(`open ${path}: no such file or directory`)
          return text
        },
        match: async (pattern) => {
          const [head = '', tail = ''] = pattern.split('*')
          return Object.keys(files).filter((path) => path.startsWith(head) && path.endsWith(tail))
        },
      },
      discoverers: ({ static_configs }) => [staticDiscovery(static_configs)],
      log: () => undefined,
      async transport({ url, body }): Promise<ScrapeResponse> {
        if (url.startsWith('http://alertmanager')) {
          posted.push(...(JSON.parse(String(body)) as unknown[]))
          return response(200, '')
        }
        if (url.startsWith('http://far')) {
          if (body instanceof Uint8Array) written.push(body)
          return response(204, '')
        }
        load.orders += load.ordersPerSecond * 15
        return response(200, `orders_total ${load.orders}\n`)
      },
    },
  })
  await server.start()
  const get = async (path: string, query = ''): Promise<WebResponse> =>
    server.handle({
      method: 'GET',
      path,
      query: new URLSearchParams(query),
      headers: {},
      body: async () => new Uint8Array(),
    })
  const query = async (expr: string): Promise<unknown> => {
    const { body } = await get('/api/v1/query', `query=${encodeURIComponent(expr)}`)
    return (JSON.parse(String(body)) as { data: { result: unknown } }).data.result
  }
  return { server, clock, files, posted, written, load, get, query, [Symbol.asyncDispose]: () => stop(server, clock) }
}

async function stop(server: PrometheusServer, clock: { advance(ms: number): Promise<void> }): Promise<void> {
  const stopping = server.stop()
  await clock.advance(60_000)
  await stopping
}

function response(status: number, text: string): ScrapeResponse {
  const body = (async function* () {
    yield new TextEncoder().encode(text)
  })()
  return { status, headers: { 'content-type': 'text/plain; version=0.0.4' }, body }
}

test('scrapes, records, alerts and tells Alertmanagers', async () => {
  await using prometheus = await started()
  await prometheus.clock.advance(120_000)
  expect(await prometheus.query('up')).toMatchObject([
    { metric: { __name__: 'up', instance: 'checkout:8080', job: 'checkout' }, value: [expect.anything(), '1'] },
  ])
  expect(await prometheus.query('round(job:orders:rate1m)')).toMatchObject([{ value: [expect.anything(), '10'] }])
  expect(prometheus.posted).toEqual([])
  prometheus.load.ordersPerSecond = 2
  await prometheus.clock.advance(180_000)
  expect(prometheus.posted[0]).toMatchObject({
    labels: { alertname: 'CheckoutSlow', cluster: 'bazaar', job: 'checkout', severity: 'page' },
  })
})

test('a broken rule file is told with its place, and the running configuration is kept', async () => {
  await using prometheus = await started()
  prometheus.files['rules/shop.yml'] = RULES.replace('sum by (job)', 'sum by job')
  const reload = await prometheus.server.handle({
    method: 'POST',
    path: '/-/reload',
    query: new URLSearchParams(),
    headers: {},
    body: async () => new Uint8Array(),
  })
  expect(reload.status).toBe(500)
  expect(String(reload.body)).toContain('rules/shop.yml: ')
  expect(String(reload.body)).toContain('parse error')
  const { body } = await prometheus.get('/api/v1/rules')
  expect((JSON.parse(String(body)) as { data: { groups: { name: string }[] } }).data.groups[0]?.name).toBe('shop')
  const runtime = await prometheus.get('/api/v1/status/runtimeinfo')
  expect(JSON.parse(String(runtime.body))).toMatchObject({ data: { reloadConfigSuccess: false } })
})

test('tells targets, Alertmanagers and its configuration', async () => {
  await using prometheus = await started()
  await prometheus.clock.advance(30_000)
  const read = async (path: string): Promise<unknown> => JSON.parse(String((await prometheus.get(path)).body))
  expect(await read('/api/v1/targets')).toMatchObject({
    data: { activeTargets: [{ scrapePool: 'checkout', health: 'up', scrapeInterval: '15s', scrapeTimeout: '10s' }] },
  })
  expect(await read('/api/v1/alertmanagers')).toMatchObject({
    data: { activeAlertmanagers: [{ url: 'http://alertmanager:9093/api/v2/alerts' }] },
  })
  expect(await read('/api/v1/status/config')).toMatchObject({
    data: { yaml: expect.stringContaining('job_name: checkout') },
  })
  expect((await prometheus.get('/-/ready')).status).toBe(200)
  expect((await prometheus.get('/nothing')).status).toBe(404)
})

test('a configuration that cannot be read keeps it from starting', async () => {
  await expect(started({})).rejects.toThrow(
    `couldn't load configuration (--config.file="prometheus.yml"): open prometheus.yml: no such file or directory`,
  )
})

test('/metrics has what dashboards about a Prometheus ask for', async () => {
  await using prometheus = await started()
  await prometheus.clock.advance(120_000)
  await prometheus.query('up')
  const { body, headers } = await prometheus.get('/metrics')
  expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
  const samples = new Map(
    String(body)
      .split('\n')
      .filter((line) => !line.startsWith('#'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  )
  expect(Object.fromEntries(samples)).toMatchObject({
    prometheus_config_last_reload_successful: 1,
    prometheus_tsdb_head_series: 7,
    'prometheus_rule_evaluations_total{rule_group="rules/shop.yml;shop"}': 16,
    'prometheus_rule_evaluation_failures_total{rule_group="rules/shop.yml;shop"}': 0,
    'prometheus_target_interval_length_seconds{interval="15s",quantile="0.99"}': 15,
    'prometheus_target_scrape_pool_targets{scrape_job="checkout"}': 1,
    'prometheus_http_requests_total{code="200",handler="/api/v1/query"}': 1,
    prometheus_notifications_alertmanagers_discovered: 1,
  })
})

test('/federate gives the newest samples, and says where they come from', async () => {
  await using prometheus = await started()
  await prometheus.clock.advance(60_000)
  const federated = async (query: string): Promise<string> => String((await prometheus.get('/federate', query)).body)
  expect(await federated('match[]=up&match[]={job="checkout",__name__="up"}')).toMatch(
    /^# TYPE up untyped\nup\{instance="checkout:8080",job="checkout",cluster="bazaar"\} 1 \d+\n$/,
  )
  expect(await federated('match[]=job:orders:rate1m')).toMatch(
    /\{job="checkout",cluster="bazaar",instance=""\} [\d.]+ \d+\n$/,
  )
  await prometheus.clock.advance(1_000)
  expect((await prometheus.get('/federate', 'match[]={')).status).toBe(400)
  prometheus.files['prometheus.yml'] = CONFIG.replace(/scrape_configs:[^]*/, '')
  await prometheus.server.reload()
  await prometheus.clock.advance(60_000)
  expect(await federated('match[]=up')).toBe('')
})

test('what relabeling makes of a target is told rule by rule', async () => {
  const rules = '[{target_label: zone, replacement: a}, {source_labels: [zone], regex: b, action: keep}]'
  const config = CONFIG.replace('- job_name: checkout', `- job_name: checkout\n  relabel_configs: ${rules}`)
  await using prometheus = await started({ 'prometheus.yml': config, 'rules/shop.yml': RULES })
  const labels = encodeURIComponent('{"__address__":"checkout:8080"}')
  const { body } = await prometheus.get('/api/v1/targets/relabel_steps', `scrapePool=checkout&labels=${labels}`)
  expect(JSON.parse(String(body))).toMatchObject({
    data: {
      steps: [
        { rule: { target_label: 'zone' }, output: { __address__: 'checkout:8080', zone: 'a' }, keep: true },
        { rule: { action: 'keep' }, output: {}, keep: false },
      ],
    },
  })
})

test('what is scraped and recorded is also sent by remote write, and taken by who receives it', async () => {
  const files = { 'prometheus.yml': CONFIG + REMOTE_WRITE, 'rules/shop.yml': RULES }
  await using sender = await started(files)
  await sender.clock.advance(60_000)
  await using receiver = await started({ 'prometheus.yml': 'global: {}' })
  await receiver.clock.advance(60_000)
  for (const body of sender.written) {
    const headers = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' }
    const request = { method: 'POST', path: '/api/v1/write', query: new URLSearchParams(), headers }
    expect(await receiver.server.handle({ ...request, body: async () => body })).toMatchObject({
      status: 204,
      body: '',
    })
  }
  const up = { __name__: 'up', cluster: 'bazaar', instance: 'checkout:8080', job: 'checkout' }
  expect(await receiver.query('up')).toMatchObject([{ metric: up }])
  expect(await receiver.query('job:orders:rate1m')).toHaveLength(1)
  const metrics = String((await sender.get('/metrics')).body)
  expect(metrics).toMatch(
    /prometheus_remote_storage_samples_total\{remote_name="",url="http:\/\/far\/api\/v1\/write"\} [1-9]/,
  )
  const startSeconds = Date.parse('2026-01-01T00:00:00Z') / 1_000
  const [, sentSeconds] = /queue_highest_sent_timestamp_seconds\{.*\} (\S+)/.exec(metrics) ?? []
  expect(Number(sentSeconds)).toBeGreaterThan(startSeconds)
  expect(metrics).toMatch(/prometheus_remote_storage_highest_timestamp_in_seconds 1\.7\d+e\+09/)
})

test('takes metrics of OpenTelemetry', async () => {
  await using prometheus = await started({ 'prometheus.yml': 'global: {}' })
  const timeUnixNano = String(BigInt(prometheus.clock.now()) * 1_000_000n)
  const sum = { dataPoints: [{ timeUnixNano, asDouble: 7 }], aggregationTemporality: 2, isMonotonic: true }
  const metrics = { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'orders', unit: '1', sum }] }] }] }
  const answer = await prometheus.server.handle({
    method: 'POST',
    path: '/api/v1/otlp/v1/metrics',
    query: new URLSearchParams(),
    headers: { 'content-type': 'application/json' },
    body: async () => new TextEncoder().encode(JSON.stringify(metrics)),
  })
  expect(answer.status).toBe(200)
  expect(await prometheus.query('{__name__=~"orders.*"}')).toMatchObject([{ value: [expect.anything(), '7'] }])
})

test.each([
  [
    'remote_write: [{url: http://far/w, sigv4: {region: ap-south-1}}]',
    'remote_write to http://far/w: sigv4 is not supported',
  ],
  [
    'remote_write: [{url: http://far/w, azuread: {sdk: {tenant_id: 00000000-0000-0000-0000-000000000000}}}]',
    'remote_write to http://far/w: azuread is not supported',
  ],
  [
    'remote_write: [{url: http://far/w, google_iam: {credentials_file: key.json}}]',
    'remote_write to http://far/w: google_iam is not supported',
  ],
  ['alerting: {alertmanagers: [{sigv4: {region: ap-south-1}}]}', 'alertmanagers[0]: sigv4 is not supported'],
  ['alerting: {alertmanagers: [{proxy_url: http://proxy}]}', 'alertmanagers[0]: proxies are not supported'],
])('signing and proxies are refused by name: %s', async (config, reason) => {
  await expect(started({ 'prometheus.yml': config })).rejects.toThrow(reason)
})
