import type { LogEntry } from './notification-log.ts'

/** Why a notification is due, in upstream's words. */
export type NotifyReason =
  | 'first notification'
  | 'new alerts added'
  | 'some alerts resolved'
  | 'all alerts resolved'
  | 'repeat interval elapsed'

export interface DedupInput {
  /** What was told last. */
  readonly last: Pick<LogEntry, 'sentAtMs' | 'firing' | 'resolved'> | undefined
  readonly firing: ReadonlySet<string>
  readonly resolved: ReadonlySet<string>
  readonly sendResolved: boolean
  readonly repeatIntervalMs: number
  readonly nowMs: number
}

/** Whether there is anything to tell (prometheus/alertmanager notify/dedup_stage.go); undefined: no. */
export function notifyReason({
  last,
  firing,
  resolved,
  sendResolved,
  repeatIntervalMs,
  nowMs,
}: DedupInput): NotifyReason | undefined {
  if (last === undefined) return firing.size > 0 ? 'first notification' : undefined
  if (!isSubset(firing, last.firing)) return last.firing.length === 0 ? 'first notification' : 'new alerts added'
  if (firing.size === 0) {
    // Told even where resolved alerts are not: so that the log forgets what fired.
    return last.firing.length > 0 ? 'all alerts resolved' : undefined
  }
  if (sendResolved && !isSubset(resolved, last.resolved)) return 'some alerts resolved'
  return last.sentAtMs < nowMs - repeatIntervalMs ? 'repeat interval elapsed' : undefined
}

function isSubset(subset: ReadonlySet<string>, list: readonly string[]): boolean {
  const known = new Set(list)
  return [...subset].every((item) => known.has(item))
}
