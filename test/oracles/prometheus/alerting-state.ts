import { stringify } from 'yaml'
import { labelsOf, METRIC_NAME } from '../../../src/metrics/model/labels.ts'
import { QueryEngine } from '../../../src/metrics/promql/engine.ts'
import { parseQuery } from '../../../src/metrics/promql/syntax/parse.ts'
import type { Alert } from '../../../src/metrics/rules/alert.ts'
import { type AlertingRule, ALERTS, ALERTS_FOR_STATE } from '../../../src/metrics/rules/alerting-rule.ts'
import { engineQuery } from '../../../src/metrics/rules/engine-query.ts'
import { readRuleFile } from '../../../src/metrics/rules/rule-file.ts'
import { type Rule, type RuleContext, RuleGroup } from '../../../src/metrics/rules/rule-group.ts'
import type { WrittenSample } from '../../../src/metrics/rules/rule-query.ts'
import { rulesOf } from '../../../src/metrics/rules/rules-of-group.ts'
import { restoreAlerts } from '../../../src/metrics/rules/restore-alerts.ts'
import { LazySeries } from '../../../src/metrics/rules/unit-tests/lazy-series.ts'
import { parseDuration } from '../../../src/metrics/model/duration.ts'
import { memoryTsdb, type Tsdb } from '../../../src/metrics/tsdb/tsdb.ts'
import { VirtualClock } from '../../../src/world/virtual-clock.ts'
import { expectFailure, expectSame, expectSameMembers, Mismatch, type Oracle, type OracleCase } from '../oracle.ts'

type Json = Record<string, unknown>

/** alerting-state.json: what becomes of alerts, evaluation by evaluation. */
export const oracle: Oracle = {
  open: () => run,
}

async function run({ input, expect }: OracleCase): Promise<void> {
  const clock = new VirtualClock(0)
  const storage = memoryTsdb({ retentionMs: Infinity, blockRangeMs: 1e12 })
  await load(storage, input)
  const test = { input, expect, clock, storage, query: engineQuery(new QueryEngine({ clock }), storage) }
  if ('written' in expect) return await runWritten(test)
  if ('sent_alerts' in expect) return await runSent(test)
  if ('active_after_restore' in expect) return await runRestored(test)
  await runEvaluations(test)
}

interface Test {
  readonly input: Json
  readonly expect: Json
  readonly clock: VirtualClock
  readonly storage: Tsdb
  readonly query: RuleContext['query']
}

async function load(storage: Tsdb, input: Json): Promise<void> {
  const lines = (typeof input['load'] === 'string' ? input['load'] : '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const stepMs = lines[0] === undefined ? 0 : parseDuration(lines[0].replace('load ', ''))
  const series = lines.slice(1).map((line) => ({ series: '', values: line }))
  await new LazySeries({ input_series: series }, { startMs: 0, stepMs }).appendUntil(storage, Infinity)
  const appender = storage.appender()
  for (const [name, samples] of Object.entries(
    (input['samples'] ?? {}) as Record<string, [number, number | string][]>,
  )) {
    const labels = labelsOf({ [METRIC_NAME]: name })
    for (const [seconds, value] of samples) {
      const timestampMs = seconds * 1_000
      if (value === 'stale') appender.appendStale(0, labels, timestampMs)
      else appender.append(0, labels, { timestampMs, value: Number(value) })
    }
  }
  await appender.commit()
}

function ruleOf(input: Json, changes: Json = {}): Rule {
  const rule = { ...(input['rule'] as Json), ...changes }
  const [group] = readRuleFile(stringify({ groups: [{ name: 'test', rules: [rule] }] }), { parseQuery }).groups
  if (group === undefined) throw new Mismatch('no group')
  const [made] = rulesOf(group, {
    externalLabels: (input['external_labels'] ?? {}) as Record<string, string>,
    externalUrl: typeof input['external_url'] === 'string' ? input['external_url'] : '',
    isRestored: true,
    printQuery: (expr) => expr,
  })
  if (made === undefined) throw new Mismatch('no rule')
  return made
}

function alertingRule(input: Json, changes: Json = {}): AlertingRule {
  const rule = ruleOf(input, changes)
  if (rule.type !== 'alerting') throw new Mismatch('no alerting rule')
  return rule
}

async function runEvaluations({ input, expect, query }: Test): Promise<void> {
  let rule = alertingRule(input)
  const changes = (input['before_evaluation'] ?? {}) as Record<string, Json>
  for (const [index, seconds] of (input['evaluate_at_s'] as number[]).entries()) {
    const change = changes[String(index)]
    if (change !== undefined) {
      const changed = alertingRule(input, change)
      changed.takeOver(rule)
      rule = changed
    }
    const evaluation = {
      atMs: seconds * 1_000,
      queryOffsetMs: Number(input['query_offset_s'] ?? 0) * 1_000,
      limit: Number(input['limit'] ?? 0),
      query,
    }
    const wanted = (expect['evaluations'] as Json[])[index] ?? {}
    const outcome = await rule.evaluate(evaluation).catch((failure: unknown) => failure as Error)
    if (outcome instanceof Error) {
      const failure = expectFailure('evaluation', () => {
        throw outcome
      })
      if ('error' in wanted) expectSame('error', failure.message, wanted['error'])
      else if (!failure.message.includes(String(wanted['error_contains']))) throw failure
    } else {
      if ('error' in wanted || 'error_contains' in wanted) throw new Mismatch('must fail')
      expectEvaluation(rule, outcome, wanted)
    }
  }
}

function expectEvaluation(rule: AlertingRule, samples: readonly WrittenSample[], wanted: Json): void {
  const named = (name: string): readonly WrittenSample[] => samples.filter(({ labels }) => labels.metricName === name)
  const labelsOnly = ({ labels }: WrittenSample): object => labels.with(METRIC_NAME, '').toObject()
  if ('ALERTS' in wanted) expectSameMembers(ALERTS, named(ALERTS).map(labelsOnly), wanted['ALERTS'] as Json[])
  if (ALERTS_FOR_STATE in wanted) {
    const since = named(ALERTS_FOR_STATE).map((sample) => ({ labels: labelsOnly(sample), value: sample.value }))
    expectSameMembers(ALERTS_FOR_STATE, since, wanted[ALERTS_FOR_STATE] as Json[])
  }
  if ('samples' in wanted) expectSame('samples', samples.length, wanted['samples'])
  if ('sample_time_s' in wanted)
    for (const { timestampMs } of samples) expectSame('time', timestampMs / 1_000, wanted['sample_time_s'])
  const [alert] = rule.activeAlerts
  if ('active_at_s' in wanted) expectSame('active at', (alert?.activeAtMs ?? Number.NaN) / 1_000, wanted['active_at_s'])
  const isSet = (key: string, time: number | undefined): void => {
    if (key in wanted) expectSame(key, time !== undefined, wanted[key])
  }
  isSet('fired_at_set', alert?.firedAtMs)
  isSet('last_sent_at_set', alert?.lastSentAtMs)
  isSet('keep_firing_since_set', alert?.keepFiringSinceMs)
}

function groupOf(
  rule: Rule,
  { input, storage, query, clock }: Test,
  notify: RuleContext['notify'] = () => undefined,
): RuleGroup {
  const intervalMs = Number(input['group_interval_s'] ?? 60) * 1_000
  const options = {
    name: 'test',
    file: 'test',
    intervalMs,
    queryOffsetMs: 0,
    limit: 0,
    rules: [rule],
    fingerprint: '',
    restores: false,
  }
  return new RuleGroup(options, {
    clock,
    storage,
    query,
    notify,
    resendDelayMs: Number(input['resend_delay_s'] ?? 60) * 1_000,
    outageToleranceMs: 0,
    forGracePeriodMs: 0,
    log: (message) => {
      throw new Mismatch(message)
    },
  })
}

async function runSent(test: Test): Promise<void> {
  const sent: (readonly Alert[])[] = []
  const group = groupOf(alertingRule(test.input), test, (_expr, alerts) => sent.push(alerts))
  const counts: number[] = []
  for (const seconds of test.input['evaluate_at_s'] as number[]) {
    const before = sent.length
    await group.evaluate(seconds * 1_000)
    counts.push(sent.slice(before).flat().length)
  }
  expectSame('sent', counts, test.expect['sent_alerts'])
  expectSame('valid until', sent[0]?.[0]?.validUntilMs !== undefined, test.expect['valid_until_set_on_first'])
}

async function runWritten(test: Test): Promise<void> {
  const group = groupOf(ruleOf(test.input), test)
  for (const seconds of test.input['evaluate_at_s'] as number[]) await group.evaluate(seconds * 1_000)
  for (const [name, wanted] of Object.entries(test.expect['written'] as Record<string, unknown>)) {
    const matcher = { name: METRIC_NAME, op: '=' as const, value: name, matches: (text: string) => text === name }
    const found = await test.storage.select({ matchers: [matcher], minMs: -Infinity, maxMs: Infinity })
    const written = found.flatMap((series) => {
      const { length, timestamps, values, stale } = series.samples()
      return Array.from({ length }, (_, index) => [
        (timestamps[index] ?? 0) / 1_000,
        stale?.[index] === 1 ? 'stale' : values[index],
      ])
    })
    expectSame(name, written, wanted)
  }
}

async function runRestored(test: Test): Promise<void> {
  const { input, expect, storage } = test
  const before = groupOf(alertingRule(input), test)
  for (const seconds of input['evaluate_at_s'] as number[]) await before.evaluate(seconds * 1_000)
  const nowMs = Number(input['restart_and_evaluate_at_s']) * 1_000
  const made = alertingRule(input)
  made.isRestored = false
  await made.evaluate({ atMs: nowMs, queryOffsetMs: 0, limit: 0, query: test.query })
  await restoreAlerts(made, {
    nowMs,
    storage,
    outageToleranceMs: Number(input['outage_tolerance_s']) * 1_000,
    forGracePeriodMs: Number(input['for_grace_period_s']) * 1_000,
  })
  const active = made.activeAlerts.map(({ labels, activeAtMs }) => ({
    instance: labels.get('instance'),
    active_at_s: activeAtMs / 1_000,
  }))
  expectSameMembers('active', active, expect['active_after_restore'] as Json[])
  expectSame('restored', made.isRestored, expect['restored'])
}
