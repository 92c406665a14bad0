import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { MINUTE_MS, runAlerts, type ScriptedSeries, type Told } from './alerting-world.ts'

const RULES = fileURLToPath(new URL('./fixtures/rules.yml', import.meta.url))
const CONFIG = fileURLToPath(new URL('./fixtures/alertmanager.yml', import.meta.url))

/** All goes wrong in the tenth minute, and is well again in the thirtieth. */
const TROUBLE_MS = 10 * MINUTE_MS
const RELIEF_MS = 30 * MINUTE_MS

function during<T>(elapsedMs: number, trouble: T, otherwise: T): T {
  return elapsedMs >= TROUBLE_MS && elapsedMs < RELIEF_MS ? trouble : otherwise
}

/** A counter that grows by `calm` a second, and by `busy` while all goes wrong. */
function counter(calm: number, busy: number): (elapsedMs: number) => number {
  return (elapsedMs) => {
    const troubledMs = Math.min(Math.max(elapsedMs - TROUBLE_MS, 0), RELIEF_MS - TROUBLE_MS)
    return ((elapsedMs - troubledMs) * calm + troubledMs * busy) / 1_000
  }
}

const SERIES: readonly ScriptedSeries[] = [
  { labels: { __name__: 'orders_total', stall: 'chaat' }, at: counter(10, 10) },
  { labels: { __name__: 'orders_failed_total', stall: 'chaat' }, at: counter(0, 1) },
  { labels: { __name__: 'visitors_total', gate: 'north' }, at: counter(10, 90) },
  { labels: { __name__: 'visitors_total', gate: 'south' }, at: counter(10, 60) },
  { labels: { __name__: 'sweets_made', kind: 'laddu', stall: 'mithai' }, at: () => 400 },
  { labels: { __name__: 'sweets_left', kind: 'laddu', stall: 'mithai' }, at: (ms) => during(ms, 20, 300) },
  { labels: { __name__: 'large_orders_total', amount: '>2lakh' }, at: counter(0, 0.1) },
  { labels: { __name__: 'oven_slots', oven: 'tandoor' }, at: () => 40 },
  { labels: { __name__: 'oven_slots_used', oven: 'tandoor' }, at: (ms) => during(ms, 38, 10) },
  { labels: { __name__: 'chai_served_hot_total' }, at: (ms) => during(ms, 700, 900) },
  { labels: { __name__: 'chai_served_cold_total' }, at: (ms) => during(ms, 300, 100) },
]

const EXPECTED = [
  {
    name: 'OrdersFail',
    team: 'orders',
    receiver: 'manager',
    forMs: 2 * MINUTE_MS,
    summary: /^\d+\.\d+% of orders fail \(threshold: 5%\)$/,
  },
  {
    name: 'CounterRush',
    team: 'hall',
    receiver: 'everybody',
    forMs: MINUTE_MS,
    summary: /^1[0-5]\d(\.\d+)? visitors a second$/,
  },
  {
    name: 'SweetsRunLow',
    team: 'kitchen',
    receiver: 'everybody',
    forMs: 5 * MINUTE_MS,
    summary: /^5% of the laddu left at mithai$/,
  },
  {
    name: 'LargeOrders',
    team: 'accounts',
    receiver: 'manager',
    forMs: 0,
    summary: /^\d+(\.\d+)? orders above ₹2 lakh within an hour$/,
  },
  {
    name: 'OvenFull',
    team: 'kitchen',
    receiver: 'manager',
    forMs: 2 * MINUTE_MS,
    summary: /^Oven tandoor is 95% full$/,
  },
  {
    name: 'ChaiGetsCold',
    team: 'hall',
    receiver: 'everybody',
    forMs: 5 * MINUTE_MS,
    summary: /^Only 0\.7 of the chai is hot \(threshold: 0\.8\)$/,
  },
]

describe('six alerts over a hundred minutes', () => {
  let told: readonly Told[] = []

  beforeAll(async () => {
    told = await runAlerts({
      rules: readFileSync(RULES, 'utf8'),
      configFile: CONFIG,
      series: SERIES,
      durationMs: 110 * MINUTE_MS,
    })
  })

  test.each(EXPECTED)(
    '$name fires and resolves, with its annotations rendered',
    ({ name, team, receiver, forMs, summary }) => {
      const about = told.flatMap((message) =>
        message.alerts.filter(({ labels }) => labels['alertname'] === name).map((alert) => ({ ...message, alert })),
      )
      const [first] = about
      const last = about.at(-1)
      expect(first).toMatchObject({ receiver, groupLabels: { team }, alert: { status: 'firing' } })
      expect(first?.alert.annotations['summary']).toMatch(summary)
      expect(first?.alert.generatorURL).toMatch(/^http:\/\/prometheus\.test\/graph\?g0\.expr=/)
      expect(first?.atMs).toBeGreaterThanOrEqual(TROUBLE_MS + forMs)
      expect(last?.alert.status).toBe('resolved')
      expect(last?.atMs).toBeGreaterThan(RELIEF_MS)
    },
  )

  test('nothing is told while all is well', () => {
    expect(told.filter(({ atMs }) => atMs < TROUBLE_MS)).toEqual([])
  })

  test('alerts of one team and one receiver are told together', () => {
    const hall = told.find(({ groupLabels, alerts }) => groupLabels['team'] === 'hall' && alerts.length === 2)
    expect(hall?.alerts.map(({ labels }) => labels['alertname']).sort()).toEqual(['ChaiGetsCold', 'CounterRush'])
  })

  test('one that counts at once is told first', () => {
    const firing = told
      .filter(({ status }) => status === 'firing')
      .map(({ groupLabels, atMs }) => [groupLabels['team'], atMs] as const)
    const accounts = firing.find(([team]) => team === 'accounts')?.[1] ?? 0
    // 50 orders at one in ten seconds take more than eight minutes; then nothing is waited for but the group.
    expect(accounts).toBeGreaterThan(TROUBLE_MS + 8 * MINUTE_MS)
    expect(accounts).toBeLessThan(TROUBLE_MS + 10 * MINUTE_MS)
  })
})
