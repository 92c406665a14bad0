import type { CronJob } from '../../api/kinds/batch/cron-job.ts'
import type { Job } from '../../api/kinds/batch/job.ts'
import type { CronJobStatus, ObjectReference } from '../../api/types.generated.ts'
import type { EventNote } from '../../client/events.ts'
import { finishedCondition } from '../job/job-facts.ts'
import { ScheduleError } from '../../api/cron/cron-fields.ts'
import { dueTime, untilNextMs } from './due-time.ts'
import { jobName } from './job-template.ts'
import { parseSchedule, type Schedule } from '../../api/cron/schedule.ts'
import { Zone } from '../../api/cron/zoned-time.ts'

export interface CronPlan {
  /** When the Job is due that is to be started now, in milliseconds since the epoch. */
  readonly startMs?: number
  /** Jobs that are to make room for it. */
  readonly replace: readonly ObjectReference[]
  readonly notes: readonly EventNote[]
  readonly waitMs?: number | undefined
}

/** Whether to start a Job now, and when to look again. */
export function plan(cronJob: CronJob, status: CronJobStatus, nowMs: number): CronPlan {
  const { suspend = false, schedule: text } = cronJob.spec
  const badZone = zoneProblem(cronJob)
  if (badZone !== undefined) return idle([badZone])
  if (suspend) return idle([])
  let schedule: Schedule
  try {
    schedule = parseSchedule(text, cronJob.spec.timeZone)
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error
    return idle([warning('UnparseableSchedule', `unparseable schedule: "${text}" : ${error.message}`)])
  }
  return planStart({ ...cronJob, status }, schedule, nowMs)
}

function planStart(cronJob: CronJob, schedule: Schedule, nowMs: number): CronPlan {
  const { schedule: text, startingDeadlineSeconds, concurrencyPolicy } = cronJob.spec
  const notes: EventNote[] = []
  const active = cronJob.status?.active ?? []
  try {
    const { dueMs, isManyMissed } = dueTime(cronJob, schedule, nowMs)
    const waitMs = untilNextMs(cronJob, schedule, nowMs)
    if (dueMs === undefined) return { replace: [], notes, waitMs }
    if (isManyMissed) notes.push(warning('TooManyMissedTimes', TOO_MANY))
    if (startingDeadlineSeconds !== undefined && dueMs + startingDeadlineSeconds * 1_000 < nowMs) {
      notes.push(warning('MissSchedule', `Missed scheduled time to start a job: ${printRfc1123(dueMs)}`))
      return { replace: [], notes, waitMs }
    }
    const isKnown = active.some(({ name }) => name === jobName(cronJob, dueMs))
    if (isKnown || Date.parse(cronJob.status?.lastScheduleTime ?? '') === dueMs) return { replace: [], notes, waitMs }
    if (concurrencyPolicy === 'Forbid' && active.length > 0) {
      notes.push({ type: 'Normal', reason: 'JobAlreadyActive', message: STILL_RUNNING })
      return { replace: [], notes, waitMs }
    }
    return { startMs: dueMs, replace: concurrencyPolicy === 'Replace' ? active : [], notes, waitMs }
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error
    return idle([warning('InvalidSchedule', `invalid schedule: ${text} : ${error.message}`)])
  }
}

const TOO_MANY = 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew'
const STILL_RUNNING = 'Not starting job because prior execution is running and concurrency policy is Forbid'

function zoneProblem({ spec }: CronJob): EventNote | undefined {
  if (spec.timeZone === undefined) return undefined
  try {
    new Zone(spec.timeZone)
    return undefined
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    const { timeZone } = spec
    return warning('UnknownTimeZone', `invalid timeZone: "${timeZone}": unknown time zone ${timeZone}`)
  }
}

function idle(notes: readonly EventNote[]): CronPlan {
  return { replace: [], notes }
}

function warning(reason: string, message: string): EventNote {
  return { type: 'Warning', reason, message }
}

/** `Mon, 02 Jan 2006 15:04:05 UTC` */
function printRfc1123(timeMs: number): string {
  return new Date(timeMs).toUTCString().replace('GMT', 'UTC')
}

/** What the status becomes in the light of the Jobs that there are. `missing` are active Jobs that are gone. */
export function observeJobs(
  { status = {} }: CronJob,
  jobs: readonly Job[],
  missing: readonly ObjectReference[],
): { readonly status: CronJobStatus; readonly notes: readonly EventNote[] } {
  const notes: EventNote[] = []
  let active = status.active ?? []
  let lastSuccessfulTime = status.lastSuccessfulTime
  for (const job of jobs) {
    const { uid, name } = job.metadata
    const isKnown = active.some((reference) => reference.uid === uid)
    const end = finishedCondition(job)
    if (!isKnown && end === undefined) {
      notes.push(warning('UnexpectedJob', `Saw a job that the controller did not create or forgot: ${name}`))
    } else if (isKnown && end !== undefined) {
      active = active.filter((reference) => reference.uid !== uid)
      const message = `Saw completed job: ${name}, condition: ${end.type}`
      notes.push({ type: 'Normal', reason: 'SawCompletedJob', message })
    }
    if (end?.type === 'Complete') lastSuccessfulTime = later(lastSuccessfulTime, job.status?.completionTime)
  }
  for (const { uid, name } of missing) {
    active = active.filter((reference) => reference.uid !== uid)
    notes.push({ type: 'Normal', reason: 'MissingJob', message: `Active job went missing: ${name}` })
  }
  return { status: withActive({ ...status, ...(lastSuccessfulTime && { lastSuccessfulTime }) }, active), notes }
}

export function withActive(
  { active: _active, ...rest }: CronJobStatus,
  active: readonly ObjectReference[],
): CronJobStatus {
  return { ...rest, ...(active.length === 0 ? {} : { active }) }
}

function later(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return Date.parse(b) > Date.parse(a) ? b : a
}

/** Finished Jobs beyond what the history keeps, the oldest first. */
export function excessJobs({ spec }: CronJob, jobs: readonly Job[]): readonly Job[] {
  const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = spec
  const ended = (type: string): readonly Job[] => jobs.filter((job) => finishedCondition(job)?.type === type)
  return [...oldest(ended('Complete'), successfulJobsHistoryLimit), ...oldest(ended('Failed'), failedJobsHistoryLimit)]
}

function oldest(jobs: readonly Job[], limit: number | undefined): readonly Job[] {
  if (limit === undefined || jobs.length <= limit) return []
  return jobs.toSorted(byStart).slice(0, jobs.length - limit)
}

/** Jobs that never started come last. */
function byStart(a: Job, b: Job): number {
  const left = a.status?.startTime ?? '~'
  const right = b.status?.startTime ?? '~'
  if (left !== right) return left < right ? -1 : 1
  return a.metadata.name < b.metadata.name ? -1 : 1
}
