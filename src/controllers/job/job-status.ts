import type { Job } from '../../api/kinds/batch/job.ts'
import type { JobCondition, JobStatus } from '../../api/types.generated.ts'
import { printTime } from '../../world/clock.ts'
import { omitZeroes } from '../omit-zeroes.ts'
import { isSuspended } from './job-facts.ts'
import { withCondition } from './verdict.ts'

/** The numbers of pods that run, after what this round has done to them. */
export interface Running {
  readonly active: number
  readonly ready: number
  readonly terminating: number
}

/** A status from its parts; zeroes of counters are left out, `ready` and `terminating` always stand. */
export function renderStatus(
  base: JobStatus,
  { active, ready, terminating }: Running,
  conditions: readonly JobCondition[],
): JobStatus {
  const { succeeded = 0, failed = 0, active: _active, conditions: _conditions, ...rest } = base
  return {
    ...rest,
    ...omitZeroes({ active, succeeded, failed }),
    ready,
    terminating,
    uncountedTerminatedPods: base.uncountedTerminatedPods ?? {},
    ...(conditions.length === 0 ? {} : { conditions }),
  }
}

/** A Job's clock starts when it is first seen unsuspended. */
export function started(job: Job, nowMs: number): Job {
  if (job.status?.startTime !== undefined || isSuspended(job)) return job
  return { ...job, status: { ...job.status, startTime: printTime(nowMs) } }
}

/** Tells in the conditions whether a Job that goes on is suspended; `conditions` itself when that is known. */
export function withSuspension(
  conditions: readonly JobCondition[],
  { job, nowMs }: { readonly job: Job; readonly nowMs: number },
): readonly JobCondition[] {
  const type = 'Suspended'
  const statement = isSuspended(job)
    ? ({ type, status: 'True', reason: 'JobSuspended', message: 'Job suspended' } as const)
    : ({ type, status: 'False', reason: 'JobResumed', message: 'Job resumed' } as const)
  return withCondition(conditions, statement, nowMs)
}
