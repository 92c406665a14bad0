/** Rules over scripted series, an Alertmanager and its webhooks, all in one process and in virtual time. */
import { labelsOf } from '../../src/metrics/model/labels.ts'
import { QueryEngine } from '../../src/metrics/promql/engine.ts'
import { printExpr } from '../../src/metrics/promql/syntax/print.ts'
import { parseQuery } from '../../src/metrics/promql/syntax/parse.ts'
import { Alertmanager } from '../../src/metrics/alerting/alertmanager.ts'
import { engineQuery } from '../../src/metrics/rules/engine-query.ts'
import { Notifier } from '../../src/metrics/rules/notifier.ts'
import { readRuleFile } from '../../src/metrics/rules/rule-file.ts'
import { RuleManager } from '../../src/metrics/rules/rule-manager.ts'
import { memoryTsdb } from '../../src/metrics/tsdb/tsdb.ts'
import type { Network } from '../../src/world/network.ts'
import { rehearsedWorld } from '../../src/world/rehearsed-world.ts'

export const MINUTE_MS = 60_000
const SCRAPE_INTERVAL_MS = 15_000

/** A series by what it is called, and its value at a time since the beginning. */
export interface ScriptedSeries {
  readonly labels: Readonly<Record<string, string>>
  readonly at: (elapsedMs: number) => number
}

export interface Told {
  /** Since the beginning. */
  readonly atMs: number
  readonly receiver: string
  readonly status: string
  readonly alerts: readonly ToldAlert[]
  readonly groupLabels: Readonly<Record<string, string>>
}

export interface ToldAlert {
  readonly status: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly generatorURL: string
}

export interface AlertingScript {
  readonly rules: string
  readonly configFile: string
  readonly series: readonly ScriptedSeries[]
  readonly durationMs: number
}

/** Lets the time pass, and answers with what the webhooks were told. */
export async function runAlerts({ rules, configFile, series, durationMs }: AlertingScript): Promise<readonly Told[]> {
  const world = rehearsedWorld({ seed: 'alerts' })
  const { clock } = world
  const startMs = clock.now()
  const told: Told[] = []
  const alertmanager = new Alertmanager({
    world: { ...world, network: webhooks((message) => told.push({ ...message, atMs: clock.now() - startMs })) },
    configFile,
    externalUrl: 'http://alertmanager.test',
    version: 'test',
    log: fail,
  })
  await alertmanager.start()
  const notifier = new Notifier({
    clock,
    externalUrl: 'http://prometheus.test',
    post: async ({ url }, body) => {
      const request = { method: 'POST', path: new URL(url).pathname, query: new URLSearchParams(), body }
      return (await alertmanager.handle(request)).status
    },
    log: fail,
  })
  notifier.setAlertmanagers([{ url: 'http://alertmanager.test/api/v2/alerts', timeoutMs: 10_000, relabelConfigs: [] }])
  const storage = memoryTsdb()
  const manager = new RuleManager({
    clock,
    storage,
    query: engineQuery(new QueryEngine({ clock }), storage),
    notify: (expr, alerts) => notifier.send(expr, alerts),
    resendDelayMs: MINUTE_MS,
    outageToleranceMs: 60 * MINUTE_MS,
    forGracePeriodMs: 10 * MINUTE_MS,
    log: fail,
  })
  await manager.apply({
    files: new Map([['rules.yml', readRuleFile(rules, { parseQuery })]]),
    evaluationIntervalMs: SCRAPE_INTERVAL_MS,
    queryOffsetMs: 0,
    externalLabels: {},
    externalUrl: 'http://prometheus.test',
    printQuery: (expr) => printExpr(parseQuery(expr)),
  })
  const labels = series.map((each) => labelsOf(each.labels))
  for (let elapsedMs = 0; elapsedMs <= durationMs; elapsedMs += SCRAPE_INTERVAL_MS) {
    const appender = storage.appender()
    for (const [index, { at }] of series.entries()) {
      appender.append(0, labels[index] ?? labelsOf({}), { timestampMs: startMs + elapsedMs, value: at(elapsedMs) })
    }
    await appender.commit()
    await clock.advance(SCRAPE_INTERVAL_MS)
  }
  await manager.stop()
  notifier.stop()
  await alertmanager.stop()
  return told
}

function webhooks(onMessage: (message: Omit<Told, 'atMs'>) => void): Network {
  return {
    listen: () => Promise.reject(new Error('nobody listens here')),
    connectLines: () => Promise.reject(new Error('there is no mail here')),
    request: ({ body }) => {
      onMessage(JSON.parse(String(body)) as Omit<Told, 'atMs'>)
      return Promise.resolve({ status: 200, headers: {}, body: (async function* () {})() })
    },
  }
}

function fail(message: string): never {
  throw new Error(message)
}
