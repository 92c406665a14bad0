import { compareText } from '../../../base/compare-text.ts'
import type { LabelSet } from '../matchers/alert-matcher.ts'
import { isValidLabelName, type MatcherMode } from '../matchers/parse-matchers.ts'
import { compareLabelSets } from './fingerprint.ts'

/** What somebody told of a condition. Times are in ms since the epoch. */
export interface ReceivedAlert {
  readonly labels: LabelSet
  readonly annotations: LabelSet
  readonly startsAtMs: number
  readonly endsAtMs: number
  readonly generatorUrl: string
  /** When it was told. */
  readonly updatedAtMs: number
  /** Nobody said when it ends: it does when nobody says it again. */
  readonly isTimeout: boolean
  readonly fingerprint: string
}

export function isResolved({ endsAtMs }: Pick<ReceivedAlert, 'endsAtMs'>, nowMs: number): boolean {
  return endsAtMs <= nowMs
}

/** One alert of two tellings: the time they span, with the word of the later one (prometheus/alertmanager alert/alert.go). */
export function mergeAlerts(a: ReceivedAlert, b: ReceivedAlert, nowMs: number): ReceivedAlert {
  if (b.updatedAtMs < a.updatedAtMs) return mergeAlerts(b, a, nowMs)
  const startsAtMs = Math.min(a.startsAtMs, b.startsAtMs)
  const keepsEnd = isResolved(b, nowMs) ? isResolved(a, nowMs) : !a.isTimeout
  return { ...b, startsAtMs, endsAtMs: keepsEnd && a.endsAtMs > b.endsAtMs ? a.endsAtMs : b.endsAtMs }
}

/** Whether the times of two tellings overlap: only then are they of one alert. */
export function overlaps(fresh: ReceivedAlert, old: ReceivedAlert): boolean {
  const endsWithin = fresh.endsAtMs > old.startsAtMs && fresh.endsAtMs < old.endsAtMs
  return endsWithin || (fresh.startsAtMs > old.startsAtMs && fresh.startsAtMs < old.endsAtMs)
}

/** What is wrong with an alert, in upstream's words. */
export function alertProblem(alert: ReceivedAlert, mode: MatcherMode): string | undefined {
  if (alert.endsAtMs < alert.startsAtMs) return 'start time must be before end time'
  if (Object.keys(alert.labels).length === 0) return 'at least one label pair required'
  const labels = labelProblem(alert.labels, mode)
  if (labels !== undefined) return `invalid label set: ${labels}`
  const annotations = labelProblem(alert.annotations, mode)
  return annotations === undefined ? undefined : `invalid annotations: ${annotations}`
}

function labelProblem(labels: LabelSet, mode: MatcherMode): string | undefined {
  for (const [name, value] of Object.entries(labels)) {
    if (!isValidLabelName(name, mode)) return `invalid name ${JSON.stringify(name)}`
    if (!value.isWellFormed()) return `invalid value ${JSON.stringify(value)}`
  }
  return undefined
}

/** In the order in which notifications list them: by job and instance, then by all labels. */
export function compareAlerts(a: ReceivedAlert, b: ReceivedAlert): number {
  for (const name of ['job', 'instance']) {
    const [left, right] = [a.labels[name], b.labels[name]]
    if (left === right) continue
    if (left === undefined) return 1
    if (right === undefined) return -1
    return compareText(left, right)
  }
  return compareLabelSets(a.labels, b.labels)
}
