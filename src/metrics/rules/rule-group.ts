import type { Clock } from '../../world/clock.ts'
import type { Labels } from '../model/labels.ts'
import { fnv1a64 } from '../model/fnv.ts'
import { type Appendable, type Appender, AppendError, type Queryable, type SeriesRef } from '../model/storage.ts'
import type { Alert } from './alert.ts'
import type { AlertingRule } from './alerting-rule.ts'
import type { RecordingRule } from './recording-rule.ts'
import { restoreAlerts } from './restore-alerts.ts'
import type { QueryFunction, WrittenSample } from './rule-query.ts'

export type Rule = AlertingRule | RecordingRule

/** What rules reach out to. */
export interface RuleContext {
  readonly clock: Clock
  readonly storage: Queryable & Appendable
  readonly query: QueryFunction
  /** Is given the alerts that are to be sent, after every evaluation of a rule. */
  readonly notify: (expr: string, alerts: readonly Alert[]) => void
  readonly resendDelayMs: number
  readonly outageToleranceMs: number
  readonly forGracePeriodMs: number
  /** Failures that concern nobody who waits for an answer. */
  readonly log: (message: string) => void
  /** Told of each evaluation of a group. */
  onEvaluated?(group: RuleGroup): void
}

export interface RuleGroupOptions {
  readonly name: string
  readonly file: string
  readonly intervalMs: number
  readonly queryOffsetMs: number
  readonly limit: number
  readonly rules: readonly Rule[]
  /** Tells groups of equal configuration. */
  readonly fingerprint: string
  /** Take up what an earlier life of the program left. */
  readonly restores: boolean
}

interface WrittenSeries {
  readonly labels: Labels
  readonly ref: SeriesRef
}

/** Series written at the last evaluation, by the key of their labels. */
type WrittenByKey = ReadonlyMap<string, WrittenSeries>

/**
 * Rules that are evaluated one after the other, every interval. Each group has its own place in the interval, so that not
 * all of them ask at once (prometheus/prometheus rules/group.go).
 */
export class RuleGroup {
  readonly name: string
  readonly file: string
  readonly intervalMs: number
  readonly queryOffsetMs: number
  readonly limit: number
  readonly rules: readonly Rule[]
  readonly fingerprint: string
  /** When the last evaluation began; 0: never. */
  lastEvaluationMs = 0
  /** How long it took. */
  evaluationDurationMs = 0
  /** Evaluations that had no time because the one before took too long. */
  missedIterations = 0
  iterations = 0
  /** Of single rules. */
  evaluations = 0
  failures = 0
  /** Samples that the last evaluation gave. */
  lastSamples = 0
  readonly #context: RuleContext
  #restores: boolean
  #written: WrittenByKey[]
  /** Of rules that are no more: to be marked as ended. */
  #stale: readonly WrittenSeries[] = []

  constructor(options: RuleGroupOptions, context: RuleContext) {
    this.name = options.name
    this.file = options.file
    this.intervalMs = options.intervalMs
    this.queryOffsetMs = options.queryOffsetMs
    this.limit = options.limit
    this.rules = options.rules
    this.fingerprint = options.fingerprint
    this.#restores = options.restores
    this.#context = context
    this.#written = options.rules.map(() => new Map())
  }

  /** Evaluates the rules at their times until it is stopped. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#context
    let atMs = this.#slotBefore(clock.now()) + this.intervalMs
    for (let count = 1; ; count++) {
      const waitMs = atMs - clock.now()
      if (waitMs > 0) await clock.sleep(waitMs, signal)
      signal.throwIfAborted()
      await this.evaluate(atMs, signal)
      // The first evaluation may lack what was not scraped yet; alerts are restored after the second.
      if (this.#restores && count >= 2) await this.restore(clock.now())
      const passed = Math.max(1, Math.floor((clock.now() - atMs) / this.intervalMs))
      this.missedIterations += passed - 1
      atMs += passed * this.intervalMs
    }
  }

  /** Evaluates every rule once. */
  async evaluate(atMs: number, signal?: AbortSignal): Promise<void> {
    const { clock } = this.#context
    const startedMs = clock.now()
    this.lastSamples = 0
    for (const [index, rule] of this.rules.entries()) {
      if (signal?.aborted === true) return
      await this.#evaluateRule(rule, index, { atMs, signal })
    }
    await this.#endStaleSeries(atMs)
    this.iterations++
    this.lastEvaluationMs = startedMs
    this.evaluationDurationMs = clock.now() - startedMs
    this.#context.onEvaluated?.(this)
  }

  /** Takes up the alerts of an earlier life. */
  async restore(nowMs: number): Promise<void> {
    const { storage, outageToleranceMs, forGracePeriodMs, log } = this.#context
    this.#restores = false
    for (const rule of this.rules) {
      if (rule.type !== 'alerting') continue
      try {
        await restoreAlerts(rule, { nowMs, storage, outageToleranceMs, forGracePeriodMs })
      } catch (failure) {
        log(`Failed to restore 'for' state of ${rule.name}: ${messageOf(failure)}`)
      }
    }
  }

  /** Takes over alerts and series from the group of the same name in the configuration before. */
  takeOver(from: RuleGroup): void {
    this.lastEvaluationMs = from.lastEvaluationMs
    this.evaluationDurationMs = from.evaluationDurationMs
    this.missedIterations = from.missedIterations
    this.iterations = from.iterations
    this.evaluations = from.evaluations
    this.failures = from.failures
    const left = new Map<string, number[]>()
    for (const [index, rule] of from.rules.entries()) {
      const same = left.get(identityOf(rule))
      if (same === undefined) left.set(identityOf(rule), [index])
      else same.push(index)
    }
    for (const [index, rule] of this.rules.entries()) {
      const fromIndex = left.get(identityOf(rule))?.shift()
      if (fromIndex === undefined) continue
      this.#written[index] = from.#written[fromIndex] ?? new Map()
      const fromRule = from.rules[fromIndex]
      if (rule.type === 'alerting' && fromRule?.type === 'alerting') rule.takeOver(fromRule)
    }
    const orphans = [...left.values()].flat().flatMap((index) => [...(from.#written[index]?.values() ?? [])])
    this.#stale = [...from.#stale, ...orphans]
  }

  /** The group is gone from the configuration: its series end, unless another group has taken them up by then. */
  async end(signal: AbortSignal): Promise<void> {
    const { clock } = this.#context
    const endedMs = clock.now()
    await clock.sleep(2 * this.intervalMs, signal)
    this.#stale = [...this.#stale, ...this.#written.flatMap((series) => [...series.values()])]
    this.#written = this.rules.map(() => new Map())
    await this.#endStaleSeries(endedMs)
  }

  async #evaluateRule(
    rule: Rule,
    index: number,
    { atMs, signal }: { atMs: number; signal: AbortSignal | undefined },
  ): Promise<void> {
    const { clock, query, notify, resendDelayMs, log } = this.#context
    const startedMs = clock.now()
    const { queryOffsetMs, limit } = this
    this.evaluations++
    try {
      const samples = await rule.evaluate({
        atMs,
        queryOffsetMs,
        limit,
        query,
        ...(signal !== undefined && { signal }),
      })
      this.lastSamples += samples.length
      rule.state.health = 'ok'
      rule.state.lastError = ''
      if (rule.type === 'alerting') {
        const alerts = rule.takeAlertsToSend({ nowMs: atMs, resendDelayMs, intervalMs: this.intervalMs })
        if (alerts.length > 0) notify(rule.expr, alerts)
      }
      await this.#write(rule, index, { samples, timestampMs: atMs - queryOffsetMs })
    } catch (failure) {
      if (signal?.aborted === true) return
      this.failures++
      fail(rule, messageOf(failure))
      log(`Evaluating rule ${rule.name} failed: ${messageOf(failure)}`)
    } finally {
      rule.state.evaluatedAtMs = startedMs
      rule.state.durationMs = clock.now() - startedMs
    }
  }

  async #write(
    rule: Rule,
    index: number,
    { samples, timestampMs }: { samples: readonly WrittenSample[]; timestampMs: number },
  ): Promise<void> {
    const before = this.#written[index] ?? new Map<string, WrittenSeries>()
    if (samples.length === 0 && before.size === 0) return
    const appender = this.#context.storage.appender()
    const written = new Map<string, WrittenSeries>()
    for (const sample of samples) {
      const { labels } = sample
      const ref = before.get(labels.key)?.ref ?? 0
      try {
        written.set(labels.key, { labels, ref: append(appender, ref, sample) })
      } catch (failure) {
        if (!(failure instanceof AppendError)) throw failure
        fail(rule, failure.message)
        this.#context.log(`Rule evaluation result discarded: ${failure.message}`)
      }
    }
    for (const [key, series] of before) {
      if (!written.has(key)) this.#appendEnd(appender, series, timestampMs)
    }
    await appender.commit()
    this.#written[index] = written
  }

  async #endStaleSeries(atMs: number): Promise<void> {
    if (this.#stale.length === 0) return
    const appender = this.#context.storage.appender()
    for (const series of this.#stale) this.#appendEnd(appender, series, atMs - this.queryOffsetMs)
    try {
      await appender.commit()
      this.#stale = []
    } catch (failure) {
      // They end with the next evaluation, if there is one.
      this.#context.log(`Stale sample appending for previous configuration failed: ${messageOf(failure)}`)
    }
  }

  #appendEnd(appender: Appender, { ref, labels }: WrittenSeries, timestampMs: number): void {
    try {
      appender.appendStale(ref, labels, timestampMs)
    } catch (failure) {
      if (!(failure instanceof AppendError)) throw failure
      // Another rule writes the series now, and was first.
      if (!EXPECTED_AT_THE_END.has(failure.refusal)) this.#context.log(`Adding stale sample failed: ${failure.message}`)
    }
  }

  /** The group's own time in the interval that began last. */
  #slotBefore(nowMs: number): number {
    const offsetMs = Number(fnv1a64(Buffer.from(`${this.file};${this.name}`)) % BigInt(this.intervalMs))
    return Math.floor((nowMs - offsetMs) / this.intervalMs) * this.intervalMs + offsetMs
  }
}

const EXPECTED_AT_THE_END: ReadonlySet<AppendError['refusal']> = new Set([
  'out of order sample',
  'too old sample',
  'duplicate sample for timestamp',
])

function append(
  appender: Appender,
  ref: SeriesRef,
  { labels, value, histogram, timestampMs }: WrittenSample,
): SeriesRef {
  if (histogram === undefined) return appender.append(ref, labels, { timestampMs, value })
  return appender.appendHistogram(ref, labels, { timestampMs, histogram, isInteger: false })
}

function fail(rule: Rule, message: string): void {
  rule.state.health = 'err'
  rule.state.lastError = message
}

/** Rules of one name and the same labels are the same rule. */
function identityOf(rule: Rule): string {
  return JSON.stringify([rule.name, rule.labels.key])
}

function messageOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure)
}
