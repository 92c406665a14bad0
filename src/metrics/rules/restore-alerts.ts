import { METRIC_NAME } from '../model/labels.ts'
import type { Matcher } from '../model/matcher.ts'
import type { Queryable, StoredSeries } from '../model/storage.ts'
import type { Alert } from './alert.ts'
import type { AlertingRule } from './alerting-rule.ts'

export interface RestoreOptions {
  readonly nowMs: number
  readonly storage: Queryable
  /** What was not seen for longer is not taken up again. */
  readonly outageToleranceMs: number
  /** An alert that was pending waits at least so long after a restart. Rules of less patience are not restored. */
  readonly forGracePeriodMs: number
}

const NAME_ONLY = new Set([METRIC_NAME])

/** Takes up the beginnings of a rule's alerts where an earlier life left them (prometheus/prometheus rules/group.go). */
export async function restoreAlerts(rule: AlertingRule, options: RestoreOptions): Promise<void> {
  const { nowMs, storage, outageToleranceMs, forGracePeriodMs } = options
  try {
    if (rule.forMs < forGracePeriodMs) return
    const matchers = [...rule.seriesLabels].map(([name, value]) => equals(name, value))
    const found = await storage.select({ matchers, minMs: nowMs - outageToleranceMs, maxMs: nowMs })
    const byLabels = new Map(found.map((series) => [series.labels.without(NAME_ONLY).key, series]))
    rule.restore((alert) => {
      const series = byLabels.get(alert.labels.key)
      const last = series === undefined ? undefined : lastSample(series)
      return last === undefined ? alert : restored(alert, last, rule, options)
    })
  } finally {
    // Without what was there before, it is better to fire late than never.
    rule.isRestored = true
  }
}

interface LastSample {
  readonly timestampMs: number
  readonly value: number
}

/** Undefined when the series ended: the alert was over. */
function lastSample(series: StoredSeries): LastSample | undefined {
  const { length, timestamps, values, stale } = series.samples()
  const index = length - 1
  const timestampMs = timestamps[index]
  const value = values[index]
  if (timestampMs === undefined || value === undefined || stale?.[index] === 1) return undefined
  return { timestampMs, value }
}

function restored(
  alert: Alert,
  last: LastSample,
  rule: AlertingRule,
  { nowMs, forGracePeriodMs }: RestoreOptions,
): Alert {
  const activeAtMs = Math.trunc(last.value) * 1_000
  const downAtMs = Math.trunc(last.timestampMs / 1_000) * 1_000
  const remainingMs = rule.forMs - (downAtMs - activeAtMs)
  // It was firing: the next evaluation says so again, from the beginning that was restored.
  if (remainingMs <= 0) return { ...alert, activeAtMs }
  if (remainingMs < forGracePeriodMs) return { ...alert, activeAtMs: nowMs + forGracePeriodMs - rule.forMs }
  return { ...alert, activeAtMs: activeAtMs + (nowMs - downAtMs) }
}

function equals(name: string, value: string): Matcher {
  return { name, op: '=', value, matches: (text) => text === value, only: [value] }
}
