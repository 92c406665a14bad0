import type { CronJob } from '../../api/kinds/batch/cron-job.ts'
import { ScheduleError } from '../../api/cron/cron-fields.ts'
import type { Schedule } from '../../api/cron/schedule.ts'

/** More missed times than this are worth a warning (kubernetes pkg/controller/cronjob/utils.go). */
const MISSED_MANY = 100
/** Looks again a little after the next time, so as not to come early. */
const NEXT_DELTA_MS = 100
const SECOND_MS = 1_000

export interface DueTime {
  /** The last time at which a Job should have been started and was not. */
  readonly dueMs: number | undefined
  readonly isManyMissed: boolean
}

/** What has become due since the last Job, or since the CronJob was made; not further back than the starting deadline. */
export function dueTime(cronJob: CronJob, schedule: Schedule, nowMs: number): DueTime {
  const { startingDeadlineSeconds } = cronJob.spec
  const sinceMs = lastStartMs(cronJob)
  const oldestMs = startingDeadlineSeconds === undefined ? sinceMs : nowMs - startingDeadlineSeconds * SECOND_MS
  return mostRecent(schedule, Math.max(sinceMs, oldestMs), nowMs)
}

/** How long until the schedule has to be looked at again. */
export function untilNextMs(cronJob: CronJob, schedule: Schedule, nowMs: number): number | undefined {
  const sinceMs = lastStartMs(cronJob)
  const { dueMs, missed } = mostRecent(schedule, sinceMs, nowMs)
  const next = schedule.next(dueMs ?? (missed === 0 ? sinceMs : nowMs))
  return next === undefined ? undefined : Math.max(0, next + NEXT_DELTA_MS - nowMs)
}

function lastStartMs({ metadata, status }: CronJob): number {
  return Date.parse(status?.lastScheduleTime ?? metadata.creationTimestamp ?? '')
}

function mostRecent(schedule: Schedule, sinceMs: number, nowMs: number): DueTime & { readonly missed: number } {
  const firstMs = schedule.next(sinceMs)
  const secondMs = firstMs === undefined ? undefined : schedule.next(firstMs)
  if (firstMs === undefined || firstMs > nowMs) return { dueMs: undefined, isManyMissed: false, missed: 0 }
  if (secondMs === undefined || nowMs < secondMs) return { dueMs: firstMs, isManyMissed: false, missed: 0 }
  const periodMs = Math.round((secondMs - firstMs) / SECOND_MS) * SECOND_MS
  if (periodMs < SECOND_MS) throw new ScheduleError('time difference between two schedules is less than 1 second')
  const missed = Math.floor((nowMs - firstMs) / periodMs) + 1
  // Starts near the end instead of walking through everything missed, and in step with an `@every` schedule.
  let dueMs: number | undefined
  let timeMs = schedule.next(firstMs + (missed - 2) * periodMs)
  while (timeMs !== undefined && timeMs <= nowMs) {
    dueMs = timeMs
    timeMs = schedule.next(timeMs)
  }
  return { dueMs, isManyMissed: missed > MISSED_MANY, missed }
}
