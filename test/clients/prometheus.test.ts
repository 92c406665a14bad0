import { execFile, spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { CliHome, type RunningCli } from '../cli/dabba.ts'
import { freePort } from './free-port.ts'

const PROMETHEUS = '/usr/bin/prometheus'
const PROMTOOL = '/usr/bin/promtool'

const hasTools = existsSync(PROMETHEUS) && existsSync(PROMTOOL)
const isSkipped = !hasTools && process.env['DABBA_TEST_REQUIRE_ALL'] !== '1'
if (isSkipped) console.warn('skipped: Prometheus is not installed (Debian: apt-get install prometheus)')

/** What a shop's Prometheus has: relabeling, recording and alerting rules with templates, remote write. */
const RULES = `
groups:
- name: payments
  interval: 1s
  rules:
  - record: job:scraped_samples:sum
    expr: sum by (job) (scrape_samples_scraped)
  - alert: PaymentsDown
    expr: up{job="payments"} == 0
    for: 1m
    labels: {severity: critical, team: payments}
    annotations:
      summary: 'Payments at {{ $labels.instance }} are down'
      description: '{{ $value | humanize }} of them answer'
`

function configOf({ self, more = '' }: { readonly self: number; readonly more?: string }): string {
  return `
global: {scrape_interval: 1s, evaluation_interval: 1s, external_labels: {cluster: shop, region: south}}
rule_files: [rules.yml]
scrape_configs:
- job_name: self
  static_configs: [{targets: ['127.0.0.1:${self}']}]
- job_name: payments
  metrics_path: /pay/metrics
  static_configs: [{targets: ['127.0.0.1:1']}]
  relabel_configs:
  - {source_labels: [__address__], regex: '([^:]+):.*', target_label: host, replacement: $1}
  metric_relabel_configs:
  - {source_labels: [__name__], regex: go_.*, action: drop}
${more}`
}

interface Server {
  readonly url: string
  query(expr: string): Promise<readonly { metric: Record<string, string>; value: [number, string] }[]>
  stop(signal?: NodeJS.Signals): Promise<void>
}

describe.skipIf(isSkipped)('beside a real Prometheus', () => {
  const home = new CliHome()
  const reals: Server[] = []
  let folder = ''
  let port = 0
  let ours: Server
  let cli: RunningCli

  const startOurs = async (args: readonly string[] = []): Promise<Server> => {
    const flags = [`--web.listen-address=127.0.0.1:${port}`, '--storage.tsdb.path=data', '--web.enable-lifecycle']
    cli = home.start(['prometheus', ...flags, '--web.enable-remote-write-receiver', ...args])
    const running = cli
    return serverOf(port, async (signal) => void (await running.stop(signal)))
  }
  /** A real one, until the test is over: what it scrapes and sends is not there in the next one. */
  const startReal = async (config: string, args: readonly string[] = []): Promise<Server> => {
    const realPort = await freePort()
    const data = await mkdtemp(join(folder, 'real-'))
    writeFileSync(join(data, 'prometheus.yml'), config)
    const flags = [
      `--config.file=${data}/prometheus.yml`,
      `--storage.tsdb.path=${data}`,
      `--web.listen-address=127.0.0.1:${realPort}`,
      ...args,
    ]
    const child = spawn(PROMETHEUS, flags, { stdio: 'ignore' })
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    const server = await serverOf(realPort, async (signal) => {
      child.kill(signal)
      await ended
    })
    reals.push(server)
    return server
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dabba-prometheus-'))
    port = await freePort()
    writeFileSync(home.path('prometheus.yml'), configOf({ self: port }))
    writeFileSync(home.path('rules.yml'), RULES)
    ours = await startOurs()
    // Each job has its own place in the interval.
    for (const job of ['self', 'payments']) {
      await until(async () => (await ours.query(`job:scraped_samples:sum{job="${job}"}`)).length === 1)
    }
  })

  afterEach(async () => {
    for (const real of reals.splice(0)) await real.stop('SIGKILL')
  })

  afterAll(async () => {
    home[Symbol.dispose]()
    await rm(folder, { recursive: true, force: true })
  })

  test('promtool finds nothing wrong with configuration, rules and metrics', async () => {
    expect(await promtool(['check', 'config', home.path('prometheus.yml')])).toMatchObject({ code: 0 })
    expect(await promtool(['check', 'rules', home.path('rules.yml')])).toMatchObject({ code: 0 })
    const metrics = await (await fetch(`${ours.url}/metrics`)).text()
    expect(await promtool(['check', 'metrics'], metrics)).toEqual({ code: 0, output: '' })
  })

  test('promtool queries it: instants, ranges, series and labels', async () => {
    // One scrape may fail where the machine is too busy to answer it within its second.
    const instant = await promtool(['query', 'instant', ours.url, 'max_over_time(up{job="self"}[1h]) + 1'])
    expect(instant.output).toMatch(
      new RegExp(`^\\{instance="127.0.0.1:${port}", job="self"\\} => 2 @\\[\\d+(\\.\\d+)?\\]\\n$`),
    )
    const start = `--start=${Math.floor(Date.now() / 1_000) - 2}`
    const range = await promtool(['query', 'range', '--step=1s', start, ours.url, 'vector(1)'])
    expect(range.output).toMatch(/^\{\} =>\n(1 @\[\d+(\.\d+)?\]\n)+$/)
    const series = await promtool(['query', 'series', '--match=up{job="payments"}', ours.url])
    expect(series.output).toBe('{__name__="up", host="127.0.0.1", instance="127.0.0.1:1", job="payments"}\n')
    expect((await promtool(['query', 'labels', ours.url, 'job'])).output).toBe('payments\nself\n')
    const wrong = await promtool(['query', 'instant', ours.url, 'sum('])
    expect(wrong).toMatchObject({ code: 1, output: expect.stringContaining('parse error') })
  })

  test('a real one scrapes it, and federates from it', async () => {
    const real = await startReal(`
global: {scrape_interval: 1s}
scrape_configs:
- job_name: metrics
  static_configs: [{targets: ['127.0.0.1:${port}']}]
- job_name: federate
  honor_labels: true
  metrics_path: /federate
  params: {'match[]': ['{__name__=~"job:.*"}', up]}
  static_configs: [{targets: ['127.0.0.1:${port}']}]
`)
    // Each job has its own place in the interval, and what a scrape brought is gone with the next one that fails.
    const ever = (expr: string) => real.query(`last_over_time(${expr}[1h])`)
    await until(async () => (await ever('job:scraped_samples:sum{job="payments"}')).length === 1)
    expect(await ever('up{job="payments"}')).toMatchObject([{ metric: { cluster: 'shop', region: 'south' } }])
    await until(async () => (await real.query('max_over_time(up{job="metrics"}[1h]) == 1')).length === 1)
    expect(await ever('prometheus_tsdb_head_series{job="metrics"}')).toHaveLength(1)
    expect((await real.query('max_over_time(prometheus_tsdb_head_series{job="metrics"}[1h]) > 5')).length).toBe(1)
    expect(await ever('prometheus_build_info{job="metrics"}')).toHaveLength(1)
  })

  test('a real one writes to it, and reads from it', async () => {
    const real = await startReal(`
global: {scrape_interval: 1s, external_labels: {sender: real}}
remote_write: [{url: '${ours.url}/api/v1/write', queue_config: {batch_send_deadline: 500ms}}]
remote_read: [{url: '${ours.url}/api/v1/read', read_recent: true, filter_external_labels: false}]
scrape_configs: [{job_name: sent, static_configs: [{targets: ['127.0.0.1:${port}']}]}]
`)
    await until(async () => (await ours.query('up{job="sent",sender="real"}')).length === 1)
    await until(async () => (await real.query('up{job="self",cluster="shop"}')).length === 1)
  })

  test('it writes to a real one', async () => {
    const real = await startReal('global: {}', ['--web.enable-remote-write-receiver'])
    const more = `remote_write: [{url: '${real.url}/api/v1/write', queue_config: {batch_send_deadline: 500ms}}]`
    writeFileSync(home.path('prometheus.yml'), configOf({ self: port, more }))
    expect((await fetch(`${ours.url}/-/reload`, { method: 'POST' })).status).toBe(200)
    await until(async () => (await real.query('job:scraped_samples:sum{cluster="shop",job="self"}')).length === 1)
    // Every job is scraped, and sent, at its own time.
    await until(async () => (await real.query('up{job="payments",region="south"} == 0')).length === 1)
  })

  test('it reads from a real one', async () => {
    const config = 'scrape_configs: [{job_name: theirs, static_configs: [{targets: ["127.0.0.1:1"]}]}]'
    const real = await startReal(`global: {scrape_interval: 1s}\n${config}`)
    await until(async () => (await real.query('up{job="theirs"}')).length === 1)
    expect(await ours.query('up{job="theirs"}')).toEqual([])
    const more = `remote_read: [{url: '${real.url}/api/v1/read', read_recent: true, filter_external_labels: false}]`
    writeFileSync(home.path('prometheus.yml'), configOf({ self: port, more }))
    expect((await fetch(`${ours.url}/-/reload`, { method: 'POST' })).status).toBe(200)
    expect((await ours.query('up{job="theirs"}'))[0]).toMatchObject({ value: [expect.any(Number), '0'] })
    expect(await ours.query('up{job="self"}')).toHaveLength(1)
    const metrics = await (await fetch(`${ours.url}/metrics`)).text()
    expect(metrics).toMatch(
      /^prometheus_remote_storage_read_queries_total\{.*response_type="chunked",code="200"\} [1-9]/m,
    )
    writeFileSync(home.path('prometheus.yml'), configOf({ self: port }))
    expect((await fetch(`${ours.url}/-/reload`, { method: 'POST' })).status).toBe(200)
  })

  test('a broken file at SIGHUP is told, and what ran goes on', async () => {
    writeFileSync(home.path('rules.yml'), RULES.replace('sum by (job)', 'sum by job'))
    cli.child.kill('SIGHUP')
    // A real one scraped and sent the same metric, as job "sent".
    const lastReload = 'prometheus_config_last_reload_successful{job="self"}'
    await until(async () => (await ours.query(`${lastReload} == 0`)).length === 1)
    await until(async () => cli.stderr.includes('rules.yml') && cli.stderr.includes('parse error'))
    const before = Number((await ours.query('timestamp(job:scraped_samples:sum{job="self"})'))[0]?.value[1])
    await until(
      async () => Number((await ours.query('timestamp(job:scraped_samples:sum{job="self"})'))[0]?.value[1]) > before,
    )
    writeFileSync(home.path('rules.yml'), RULES)
    cli.child.kill('SIGHUP')
    await until(async () => (await ours.query(`${lastReload} == 1`)).length === 1)
  })

  test('what was there before kill -9 is there after it', async () => {
    const expr = 'count_over_time(up{job="self"}[1h])'
    const count = async (): Promise<number> => Number((await ours.query(expr))[0]?.value[1])
    await until(async () => (await count()) > 2)
    const before = await count()
    await ours.stop('SIGKILL')
    ours = await startOurs()
    expect(await count()).toBeGreaterThanOrEqual(before)
  })
})

async function serverOf(port: number, stop: (signal?: NodeJS.Signals) => Promise<void>): Promise<Server> {
  const url = `http://127.0.0.1:${port}`
  await until(async () => (await fetch(`${url}/-/ready`).catch(() => undefined))?.status === 200)
  return {
    url,
    stop,
    async query(expr) {
      const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expr)}`)
      const answer = (await response.json()) as {
        data: { result: Awaited<ReturnType<Server['query']>> }
        error?: string
      }
      if (!response.ok) throw new Error(`${expr}: ${answer.error}`)
      return answer.data.result
    },
  }
}

/** Asks again and again, on a busy machine too. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    if (await isSo()) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`it never came true: ${String(isSo)}`)
}

function promtool(args: readonly string[], stdin = ''): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve) => {
    const child = execFile(PROMTOOL, args, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, output: stdout + stderr })
    })
    child.stdin?.end(stdin)
  })
}
