import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { uncaughtDuring } from '../../../test/support/uncaught.ts'
import { VirtualClock } from '../../world/virtual-clock.ts'
import { labelsOf, METRIC_NAME } from '../model/labels.ts'
import { QueryEngine } from '../promql/engine.ts'
import { parseQuery } from '../promql/syntax/parse.ts'
import { memoryTsdb, type Tsdb } from '../tsdb/tsdb.ts'
import type { Alert } from './alert.ts'
import { engineQuery } from './engine-query.ts'
import { readRuleFile } from './rule-file.ts'
import { RuleManager } from './rule-manager.ts'

const START_MS = 1_767_225_600_000
const MINUTE_MS = 60_000

describe('rules', () => {
  let clock: VirtualClock
  let storage: Tsdb
  let manager: RuleManager
  let sent: { atMs: number; alerts: readonly Alert[] }[]
  let logged: string[]

  beforeEach(() => {
    clock = new VirtualClock(START_MS)
    storage = memoryTsdb()
    sent = []
    logged = []
    manager = newManager()
  })

  afterEach(() => manager.stop())

  function newManager(): RuleManager {
    return new RuleManager({
      clock,
      storage,
      query: engineQuery(new QueryEngine({ clock }), storage),
      notify: (_expr, alerts) => sent.push({ atMs: clock.now() - START_MS, alerts }),
      resendDelayMs: MINUTE_MS,
      outageToleranceMs: 60 * MINUTE_MS,
      forGracePeriodMs: 10 * MINUTE_MS,
      log: (message) => logged.push(message),
    })
  }

  async function apply(rules: string, to = manager): Promise<void> {
    await to.apply({
      files: new Map([['rules.yml', readRuleFile(rules, { parseQuery })]]),
      evaluationIntervalMs: 15_000,
      queryOffsetMs: 0,
      externalLabels: { town: 'Pune' },
      externalUrl: 'http://prometheus.test',
      printQuery: (expr) => expr,
    })
  }

  /** Lets time pass, with a sample of `heat` at every step. */
  async function pass(minutes: number, heat: number): Promise<void> {
    for (let step = 0; step < minutes * 4; step++) {
      const appender = storage.appender()
      appender.append(0, labelsOf({ [METRIC_NAME]: 'heat', oven: 'tandoor' }), {
        timestampMs: clock.now(),
        value: heat,
      })
      await appender.commit()
      await clock.advance(15_000)
    }
  }

  async function series(
    name: string,
  ): Promise<readonly (readonly [labels: object, values: readonly (number | 'stale')[]])[]> {
    const matcher = { name: METRIC_NAME, op: '=' as const, value: name, matches: (text: string) => text === name }
    const found = await storage.select({ matchers: [matcher], minMs: 0, maxMs: clock.now() })
    return found.map((each) => {
      const { length, values, stale } = each.samples()
      const shown = Array.from({ length }, (_, index) =>
        stale?.[index] === 1 ? 'stale' : (values[index] ?? Number.NaN),
      )
      return [each.labels.with(METRIC_NAME, '').toObject(), shown] as const
    })
  }

  const HOT = `
groups:
- name: ovens
  rules:
  - record: heat:half
    expr: heat / 2
    labels: {kind: derived}
  - alert: Hot
    expr: heat:half > 100
    for: 1m
    annotations: {summary: '{{ $labels.oven }} in {{ $externalLabels.town }} has {{ with query "heat" }}{{ . | first | value }}{{ end }}'}
`

  test('are evaluated one after the other, each seeing what the one before wrote', async () => {
    await apply(HOT)
    await pass(4, 300)
    const [half] = await series('heat:half')
    expect(half?.[0]).toEqual({ oven: 'tandoor', kind: 'derived' })
    expect(half?.[1].length).toBeGreaterThanOrEqual(14)
    expect(new Set(half?.[1])).toEqual(new Set([150]))
    expect(sent[0]?.alerts[0]?.annotations.toObject()).toEqual({ summary: 'tandoor in Pune has 300' })
  })

  test('an alert is pending, fires, is said again every minute, and is over', async () => {
    await apply(HOT)
    await pass(5, 300)
    expect((await series('ALERTS')).map(([labels]) => labels)).toEqual([
      { alertname: 'Hot', alertstate: 'firing', kind: 'derived', oven: 'tandoor' },
      { alertname: 'Hot', alertstate: 'pending', kind: 'derived', oven: 'tandoor' },
    ])
    const gaps = sent.slice(1).map(({ atMs }, index) => atMs - (sent[index]?.atMs ?? 0))
    expect(new Set(gaps)).toEqual(new Set([75_000]))
    await pass(2, 20)
    expect(sent.at(-1)?.alerts[0]).toMatchObject({ state: 'inactive' })
    const [firing, pending] = await series('ALERTS')
    expect(firing?.[1].at(-1)).toBe('stale')
    expect(pending?.[1].at(-1)).toBe('stale')
  })

  test('a group that stays the same is not disturbed by a new configuration; alerts survive one that changes it', async () => {
    await apply(HOT)
    await pass(3, 300)
    const [before] = manager.groups()
    await apply(HOT)
    expect(manager.groups()[0]).toBe(before)
    const told = sent.length
    await apply(HOT.replace('$externalLabels.town', '"Delhi"'))
    expect(manager.groups()[0]).not.toBe(before)
    await pass(1, 300)
    const [, rule] = manager.groups()[0]?.rules ?? []
    expect(rule?.type === 'alerting' && rule.alertState).toBe('firing')
    expect(
      sent
        .slice(told)
        .flatMap(({ alerts }) => alerts)
        .every(({ firedAtMs }) => (firedAtMs ?? 0) < START_MS + 3 * MINUTE_MS),
    ).toBe(true)
  })

  test('series of a rule that is gone end, unless another group has taken them up', async () => {
    await apply(HOT)
    await pass(2, 300)
    await apply('groups: [{name: empty}]')
    await pass(2, 300)
    expect((await series('heat:half'))[0]?.[1].at(-1)).toBe('stale')
    await apply(HOT)
    await pass(2, 300)
    await apply(HOT.replace('name: ovens', 'name: stoves'))
    await pass(2, 300)
    expect((await series('heat:half'))[0]?.[1].at(-1)).toBe(150)
  })

  test('a patient alert goes on after a restart where it was', async () => {
    const patient = HOT.replace('for: 1m', 'for: 30m')
    await apply(patient)
    await pass(20, 300)
    await manager.stop()
    await clock.advance(5 * MINUTE_MS)
    manager = newManager()
    await apply(patient)
    await pass(8, 300)
    expect(sent).toEqual([])
    // Ten minutes of grace count from the restart; without it the alert would start again for thirty.
    await pass(5, 300)
    expect(sent.length).toBeGreaterThan(0)
  })

  test('a rule that fails says so, and the others go on', async () => {
    await apply(`
groups:
- name: ovens
  rules:
  - record: broken
    expr: label_replace({__name__=~"heat|heat2"}, "oven", "x", "", "")
  - record: fine
    expr: vector(1)
`)
    const appender = storage.appender()
    for (const oven of ['a', 'b']) {
      appender.append(0, labelsOf({ [METRIC_NAME]: 'heat', oven }), { timestampMs: START_MS, value: 1 })
    }
    await appender.commit()
    await clock.advance(MINUTE_MS)
    const [broken, fine] = manager.groups()[0]?.rules ?? []
    expect(broken?.state).toMatchObject({
      health: 'err',
      lastError: expect.stringContaining('same labelset') as string,
    })
    expect(fine?.state).toMatchObject({ health: 'ok', lastError: '' })
    expect(logged[0]).toContain('Evaluating rule broken failed')
    expect((await series('fine')).length).toBe(1)
  })

  test('what cannot be stored is told of, and rules and their series go on', async () => {
    const rule = (name: string) => `{record: ${name}, expr: vector(1)}`
    await apply(`groups: [{name: a, rules: [${rule('kept')}, ${rule('gone')}]}]`)
    await clock.advance(MINUTE_MS)
    await apply(`groups: [{name: a, rules: [${rule('kept')}]}]`)
    const { appender } = storage
    storage.appender = () =>
      Object.assign(appender.call(storage), { commit: () => Promise.reject(new Error('ENOSPC: no space left')) })
    const uncaught = await uncaughtDuring(() => clock.advance(30_000))
    storage.appender = appender
    await clock.advance(MINUTE_MS)
    expect(uncaught).toEqual([])
    expect(logged).toContain('Evaluating rule kept failed: ENOSPC: no space left')
    expect((await series('gone'))[0]?.[1].at(-1)).toBe('stale')
    expect((await series('kept'))[0]?.[1].at(-1)).toBe(1)
  })

  test('a group that gives too much gives nothing', async () => {
    await apply('groups: [{name: a, limit: 1, rules: [{record: many, expr: heat or vector(1)}]}]')
    await pass(1, 1)
    expect(manager.groups()[0]?.rules[0]?.state.lastError).toBe('exceeded limit of 1 with 2 series')
    expect(await series('many')).toEqual([])
  })

  test('groups have their own times within the interval', async () => {
    await apply(
      'groups: [{name: a, rules: [{record: a, expr: time()}]}, {name: b, rules: [{record: b, expr: time()}]}]',
    )
    await clock.advance(MINUTE_MS)
    const [[, a] = [{}, []]] = await series('a')
    const [[, b] = [{}, []]] = await series('b')
    const phase = (value: number | 'stale' | undefined): number => (Number(value) * 1_000) % 15_000
    expect(new Set(a.map(phase)).size).toBe(1)
    expect(phase(a[0])).not.toBe(phase(b[0]))
  })
})
