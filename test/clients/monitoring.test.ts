import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadAlertmanagerConfig } from '../../src/metrics/alerting/config/alertmanager-config.ts'
import { matchRoutes, routeTree } from '../../src/metrics/alerting/routing/route.ts'
import { ConfigError } from '../../src/metrics/config/schema.ts'
import { readPrometheusConfig } from '../../src/metrics/config/prometheus-config.ts'
import { labelsOf } from '../../src/metrics/model/labels.ts'
import { parseQuery } from '../../src/metrics/promql/syntax/parse.ts'
import { readRuleFile } from '../../src/metrics/rules/rule-file.ts'
import { openTsdb } from '../../src/metrics/tsdb/tsdb.ts'
import { SeededRandom } from '../../src/world/random.ts'
import { RealDisk } from '../../src/world/real-disk.ts'
import { VirtualClock } from '../../src/world/virtual-clock.ts'
import { CliHome } from '../cli/dabba.ts'
import { freePort } from './free-port.ts'
import { hasPrometheus, startPrometheus } from './real-prometheus.ts'

/*
 * The files of a whole monitoring, in shape and size those that people run: Prometheus' and Alertmanager's own tools and
 * ours judge them alike.
 */

const PROMTOOL = '/usr/bin/promtool'
const AMTOOL = '/usr/bin/amtool'
const FIXTURES = fileURLToPath(new URL('./fixtures/monitoring/', import.meta.url))
const ALERTS = fileURLToPath(new URL('../alerts/fixtures/rules.yml', import.meta.url))

const isMissing = !existsSync(PROMTOOL) || !existsSync(AMTOOL) || !hasPrometheus
const isSkipped = isMissing && process.env['DABBA_TEST_REQUIRE_ALL'] !== '1'
if (isSkipped) console.warn('skipped: Prometheus and Alertmanager are not installed (apt-get install prometheus …)')

const folder = mkdtempSync(join(tmpdir(), 'dabba-monitoring-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Ran {
  readonly code: number
  readonly output: string
}

/** What a tool says on stdout: its warnings are on stderr. */
async function said(program: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, { cwd: folder })
  return stdout.trim()
}

/** Debian builds Prometheus without the discovery of Kubernetes: its tools know no such section. */
function withoutKubernetes(config: string): string {
  const section = /kubernetes_sd_configs:\n {2}- role: \w+\n(?: {4}namespaces:\n {6}names:\n(?: {6}- \S+\n)+)?/g
  return config.replaceAll(section, 'file_sd_configs: [{ files: [targets.json] }]\n')
}

function run(program: string, args: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(program, args, { maxBuffer: 1 << 26, cwd: folder }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, output: stdout + stderr }),
    )
  })
}

beforeAll(() => {
  cpSync(FIXTURES, folder, { recursive: true })
  mkdirSync(join(folder, 'rules'))
  cpSync(ALERTS, join(folder, 'rules', 'alerts.yml'))
  for (const name of ['ca.crt', 'token']) writeFileSync(join(folder, name), '')
  writeFileSync(join(folder, 'targets.json'), '[]')
})

describe.skipIf(isSkipped)('prometheus.yml and its rules', () => {
  const config = readFileSync(join(FIXTURES, 'prometheus.yml'), 'utf8')

  test('promtool takes the configuration with its rules, and so do we', async () => {
    writeFileSync(join(folder, 'plain.yml'), withoutKubernetes(config))
    const checked = await run(PROMTOOL, ['check', 'config', 'plain.yml'])
    expect(checked).toMatchObject({ code: 0, output: expect.stringContaining('6 rules found') })
    const { scrape_configs: jobs } = readPrometheusConfig(config)
    expect(jobs.map(({ job_name: name }) => name)).toEqual([
      'kubernetes-apiservers',
      'stalls',
      'tills',
      'oven-exporter',
      'cache-exporter',
      'business',
    ])
    expect(await run(PROMTOOL, ['check', 'rules', 'rules/alerts.yml'])).toMatchObject({ code: 0 })
    expect(readRuleFile(readFileSync(ALERTS, 'utf8'), { parseQuery }).groups).toHaveLength(4)
  })

  test.each([
    ['an action that there is not', 'action: labelmap', 'action: labelmop'],
    ['a broken expression', 'regex: go_gc_.*', 'regex: go_gc_(.*'],
    ['a job twice', "job_name: 'business'", "job_name: 'tills'"],
    ['a time-out longer than the interval', 'scrape_timeout: 4s', 'scrape_timeout: 6s'],
    ['a field that there is not', 'metrics_path: /metrics', 'metric_path: /metrics'],
    ['a duration that is none', 'evaluation_interval: 15s', 'evaluation_interval: 15'],
    ['a target with a path', "- 'till-hall:8080'", "- 'till-hall:8080/metrics'"],
    ['a label name that is none', 'labels: { floor: ground }', 'labels: { 0floor: [ground] }'],
  ])('%s is refused by both', async (_what, good, bad) => {
    const broken = config.replace(good, bad)
    expect(broken).not.toBe(config)
    writeFileSync(join(folder, 'broken.yml'), withoutKubernetes(broken))
    expect((await run(PROMTOOL, ['check', 'config', 'broken.yml'])).code).toBe(1)
    expect(() => readPrometheusConfig(broken)).toThrow(ConfigError)
  })

  test('promtool and `dabba test rules` say the same of the unit tests of all six alerts', async () => {
    using home = new CliHome()
    const theirs = await run(PROMTOOL, ['test', 'rules', 'rules-test.yml'])
    expect(theirs).toMatchObject({ code: 0 })
    const ours = await home.run(['test', 'rules', join(folder, 'rules-test.yml')])
    expect({ code: ours.code, output: ours.stdout + ours.stderr }).toEqual({
      code: 0,
      output: theirs.output.replaceAll('rules-test.yml', join(folder, 'rules-test.yml')),
    })
  })
})

describe.skipIf(isSkipped)('a day of the alerts’ series', () => {
  const STEPS = 960
  const START_MS = 1_700_000_000_000
  const EXPRESSIONS = readRuleFile(readFileSync(ALERTS, 'utf8'), { parseQuery }).groups.flatMap(({ rules }) =>
    rules.map(({ expr }) => expr),
  )

  test('promtool asks us and a real Prometheus on a copy of our directory, and hears the same', async () => {
    const data = join(folder, 'data')
    await fill(data, STEPS, START_MS)
    cpSync(data, join(folder, 'copy'), { recursive: true })
    const analyzed = await run(PROMTOOL, ['tsdb', 'analyze', 'copy'])
    expect(analyzed.output).toMatch(/^(Total )?Series: 11$/m)
    const dumped = await run(PROMTOOL, ['tsdb', 'dump', 'copy'])
    expect(dumped.output.trimEnd().split('\n')).toHaveLength(11 * STEPS)
    await using real = await startPrometheus(join(folder, 'copy'))
    using home = new CliHome()
    const port = await freePort()
    writeFileSync(home.path('prometheus.yml'), '')
    const flags = [`--web.listen-address=127.0.0.1:${port}`, `--storage.tsdb.path=${data}`]
    const cli = home.start(['prometheus', ...flags, '--storage.tsdb.retention.time=100y'])
    const url = `http://127.0.0.1:${port}`
    await isReady(url)
    const start = String(START_MS / 1_000 + 600)
    const end = String(START_MS / 1_000 + 3_000)
    for (const expr of EXPRESSIONS) {
      const ranged = ['query', 'range', `--start=${start}`, `--end=${end}`, '--step=60s']
      const ours = await run(PROMTOOL, [...ranged, url, expr])
      expect(ours).toMatchObject({ code: 0, output: expect.stringContaining('@[') })
      expect(ours).toEqual(await run(PROMTOOL, [...ranged, real.url, expr]))
      const instant = ['query', 'instant', `--time=${end}`]
      expect(await run(PROMTOOL, [...instant, url, expr])).toEqual(await run(PROMTOOL, [...instant, real.url, expr]))
    }
    await cli.stop('SIGTERM')
  })
})

describe.skipIf(isSkipped)('alertmanager.yml', () => {
  const config = readFileSync(join(FIXTURES, 'alertmanager.yml'), 'utf8')

  test('amtool takes it, and sends every alert where we send it', async () => {
    expect(await run(AMTOOL, ['check-config', 'alertmanager.yml'])).toMatchObject({ code: 0 })
    const tree = routeTree(loadAlertmanagerConfig(config).route)
    const { groups } = readRuleFile(readFileSync(ALERTS, 'utf8'), { parseQuery })
    const alerts = groups.flatMap(({ rules }) => rules)
    expect(alerts).toHaveLength(6)
    for (const { alert = '', labels } of alerts) {
      const all = { alertname: alert, ...labels }
      const pairs = Object.entries(all).map(([name, value]) => `${name}=${value}`)
      const asked = await said(AMTOOL, ['config', 'routes', 'test', '--config.file=alertmanager.yml', ...pairs])
      expect(asked).toBe(
        matchRoutes(tree, all)
          .map(({ receiver }) => receiver)
          .join(','),
      )
    }
  })

  test.each([
    ['a receiver that there is not', 'receiver: festival', 'receiver: nobody'],
    ['a time interval that there is not', 'mute_time_intervals: [night]', 'mute_time_intervals: [noon]'],
    ['a matcher that is none', 'team=~"kitchen|hall"', 'team=~"kitchen|("'],
    ['a time that there is not', "start_time: '22:00'", "start_time: '25:00'"],
    ['a receiver twice', '- name: floor', '- name: office'],
    ['two ways to group', "group_by: ['...']", "group_by: ['...', team]"],
  ])('%s is refused by both', async (_what, good, bad) => {
    const broken = config.replace(good, bad)
    expect(broken).not.toBe(config)
    writeFileSync(join(folder, 'broken-alertmanager.yml'), broken)
    expect((await run(AMTOOL, ['check-config', 'broken-alertmanager.yml'])).code).not.toBe(0)
    expect(() => loadAlertmanagerConfig(broken)).toThrow()
  })
})

/** What the six alerts are about, every fifteen seconds, so that each is now true and now not. */
async function fill(path: string, steps: number, startMs: number): Promise<void> {
  mkdirSync(path)
  const world = { disk: new RealDisk(), clock: new VirtualClock(startMs), random: new SeededRandom('monitoring') }
  const tsdb = await openTsdb({ world, path, retentionMs: 0 })
  for (let step = 0; step < steps; step++) {
    const isBad = step % 100 >= 50
    const appender = tsdb.appender()
    const add = (labels: Record<string, string>, value: number): void => {
      // Beside the instants that are asked for: on them, Prometheus 3 counts a sample to fewer ranges than 2 does.
      appender.append(0, labelsOf(labels), { timestampMs: startMs + step * 15_000 - 1, value })
    }
    add({ __name__: 'orders_total', stall: 'chaat' }, step * 150)
    add({ __name__: 'orders_failed_total', stall: 'chaat' }, Math.max(0, step - 60) * 15)
    add({ __name__: 'visitors_total', gate: 'north' }, step * 1_350 + (isBad ? 7 : 0))
    add({ __name__: 'visitors_total', gate: 'south' }, step * 900)
    add({ __name__: 'sweets_made', kind: 'laddu', stall: 'mithai' }, 400)
    add({ __name__: 'sweets_left', kind: 'laddu', stall: 'mithai' }, isBad ? 20 : 300)
    add({ __name__: 'large_orders_total', amount: '>2lakh' }, step * 2)
    add({ __name__: 'oven_slots', oven: 'tandoor' }, 40)
    add({ __name__: 'oven_slots_used', oven: 'tandoor' }, isBad ? 38 : 10)
    add({ __name__: 'chai_served_hot_total' }, isBad ? 700 : 900)
    add({ __name__: 'chai_served_cold_total' }, isBad ? 300 : 100)
    await appender.commit()
  }
  await tsdb.maintain()
  await tsdb.close()
}

async function isReady(url: string): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    const ready = await fetch(`${url}/-/ready`).catch(() => undefined)
    if (ready?.ok === true) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`${url} is not ready`)
}
