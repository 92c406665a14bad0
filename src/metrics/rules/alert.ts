import type { Labels } from '../model/labels.ts'

/** `pending` while its condition holds, but not for long enough; `inactive` once it fired and is over. */
export type AlertState = 'inactive' | 'pending' | 'firing'

/** One alert of a rule: the rule's condition holds, or held, for one set of labels. Times are in ms since the epoch. */
export interface Alert {
  readonly state: AlertState
  readonly labels: Labels
  readonly annotations: Labels
  /** What the expression gave at last. */
  readonly value: number
  /** When the condition began to hold. */
  readonly activeAtMs: number
  readonly firedAtMs?: number
  /** When it was over. */
  readonly resolvedAtMs?: number
  readonly lastSentAtMs?: number
  /** Until when what was sent last holds, unless it is sent again. */
  readonly validUntilMs?: number
  /** Since when it fires only because it is told to keep firing. */
  readonly keepFiringSinceMs?: number
}

/** For so long a resolved alert is told again and again, for the sake of Alertmanagers that were away (rules/alerting.go). */
const RESOLVED_RETENTION_MS = 15 * 60_000

/** How many failures to evaluate or to send an alert outlives. */
const SENDS_OUTLIVED = 4

export interface AlertTiming {
  readonly nowMs: number
  readonly forMs: number
  readonly keepFiringForMs: number
}

/**
 * What becomes of an alert at an evaluation (prometheus/prometheus rules/alerting.go, Eval); undefined when it is forgotten.
 * `holds`: the condition still holds for its labels.
 */
export function nextAlert(
  alert: Alert,
  holds: boolean,
  { nowMs, forMs, keepFiringForMs }: AlertTiming,
): Alert | undefined {
  let next = alert
  if (holds) next = without(next, ['keepFiringSinceMs'])
  else {
    const isFiring = next.state === 'firing' && keepFiringForMs > 0
    if (isFiring) next = { ...next, keepFiringSinceMs: next.keepFiringSinceMs ?? nowMs }
    const keepsFiring = isFiring && nowMs - (next.keepFiringSinceMs ?? nowMs) < keepFiringForMs
    if (!keepsFiring) return resolved(next, nowMs)
  }
  const activeForMs = nowMs - next.activeAtMs
  if (next.state === 'pending' && activeForMs >= forMs) return { ...next, state: 'firing', firedAtMs: nowMs }
  if (next.state === 'firing' && activeForMs < forMs) {
    // The rule was changed, and now asks for more patience.
    return { ...without(next, ['firedAtMs', 'lastSentAtMs', 'keepFiringSinceMs']), state: 'pending' }
  }
  return next
}

function resolved(alert: Alert, nowMs: number): Alert | undefined {
  if (alert.state === 'pending') return undefined
  if (alert.resolvedAtMs !== undefined && nowMs - alert.resolvedAtMs > RESOLVED_RETENTION_MS) return undefined
  return alert.state === 'inactive' ? alert : { ...alert, state: 'inactive', resolvedAtMs: nowMs }
}

/** The alert as it is sent now; undefined when nothing is due. */
export function alertToSend(
  alert: Alert,
  { nowMs, resendDelayMs, intervalMs }: { nowMs: number; resendDelayMs: number; intervalMs: number },
): Alert | undefined {
  if (!needsSending(alert, nowMs, resendDelayMs)) return undefined
  const validUntilMs = nowMs + SENDS_OUTLIVED * Math.max(intervalMs, resendDelayMs)
  return { ...alert, lastSentAtMs: nowMs, validUntilMs }
}

function needsSending({ state, resolvedAtMs, lastSentAtMs }: Alert, nowMs: number, resendDelayMs: number): boolean {
  if (state === 'pending') return false
  if (lastSentAtMs === undefined) return true
  if (resolvedAtMs !== undefined && resolvedAtMs > lastSentAtMs) return true
  return lastSentAtMs + resendDelayMs < nowMs
}

function without(alert: Alert, names: readonly (keyof Alert)[]): Alert {
  if (names.every((name) => alert[name] === undefined)) return alert
  const copy: Partial<Record<keyof Alert, unknown>> = { ...alert }
  for (const name of names) delete copy[name]
  return copy as Alert
}
