import type { Job } from '../../api/kinds/batch/job.ts'
import type { Pod } from '../../api/kinds/core/pod.ts'
import type { JobCondition } from '../../api/types.generated.ts'
import { printTime } from '../../world/clock.ts'
import { judgeFailure } from './failure-policy.ts'
import { countOf } from './intervals.ts'
import { backoffLimitOf, completionsOf, conditionOf, hasFailed, isIndexed, isSuspended } from './job-facts.ts'
import { judgeSuccess } from './success-policy.ts'
import type { Tally } from './tally.ts'

/** What has been decided about a Job, before it can be told: pods have to end and to be counted first. */
export interface Verdict {
  readonly outcome: 'success' | 'failure'
  readonly reason: string
  readonly message: string
}

/** Why a Job is over although pods may still run; `undefined` while it goes on. What was decided once stays. */
export function verdictOf(job: Job, tally: Tally, nowMs: number): Verdict | undefined {
  const success = conditionOf(job, 'SuccessCriteriaMet')
  if (success !== undefined) return decided('success', success)
  const failure = conditionOf(job, 'FailureTarget')
  if (failure !== undefined) return decided('failure', failure)
  const message = failingPod(job, tally.pods)
  if (message !== undefined) return { outcome: 'failure', reason: 'PodFailurePolicy', message }
  return overLimits(job, tally, nowMs) ?? (isIndexed(job) ? overIndexes(job, tally) : undefined)
}

function decided(outcome: Verdict['outcome'], { reason = '', message = '' }: JobCondition): Verdict {
  return { outcome, reason, message }
}

function failingPod(job: Job, pods: readonly Pod[]): string | undefined {
  const policy = job.spec.podFailurePolicy
  if (policy === undefined) return undefined
  for (const pod of pods) {
    const message = hasFailed(job, pod) ? judgeFailure(policy, pod).failJob : undefined
    if (message !== undefined) return message
  }
  return undefined
}

function overLimits(job: Job, { failed, pods }: Tally, nowMs: number): Verdict | undefined {
  if (failed > backoffLimitOf(job) || restartsTooOften(job, pods)) {
    return failure('BackoffLimitExceeded', 'Job has reached the specified backoff limit')
  }
  const deadline = deadlineMs(job)
  if (deadline === undefined || deadline > nowMs) return undefined
  return failure('DeadlineExceeded', 'Job was active longer than specified deadline')
}

function overIndexes(job: Job, { indexes }: Tally): Verdict | undefined {
  const completions = completionsOf(job)
  const { succeeded, failed } = indexes
  const lost = failed === undefined ? 0 : countOf(failed)
  const { maxFailedIndexes, successPolicy } = job.spec
  if (maxFailedIndexes !== undefined && lost > maxFailedIndexes) {
    const message = 'Job has exceeded the specified maximal number of failed indexes'
    return failure('MaxFailedIndexesExceeded', message)
  }
  if (lost > 0 && lost + countOf(succeeded) >= completions) return failure('FailedIndexes', 'Job has failed indexes')
  const message = judgeSuccess(successPolicy, { succeeded, completions })
  return message === undefined ? undefined : { outcome: 'success', reason: 'SuccessPolicy', message }
}

function failure(reason: string, message: string): Verdict {
  return { outcome: 'failure', reason, message }
}

/** Where containers are restarted in place, restarts count as failures. */
function restartsTooOften(job: Job, pods: readonly Pod[]): boolean {
  if (job.spec.template.spec?.restartPolicy !== 'OnFailure') return false
  let restarts = 0
  for (const { status } of pods) {
    if (status?.phase !== 'Running' && status?.phase !== 'Pending') continue
    for (const { restartCount } of status.initContainerStatuses ?? []) restarts += restartCount
    for (const { restartCount } of status.containerStatuses ?? []) restarts += restartCount
  }
  const limit = backoffLimitOf(job)
  return limit === 0 ? restarts > 0 : restarts >= limit
}

/** When an active Job has used up its time, in milliseconds since the epoch. */
export function deadlineMs(job: Job): number | undefined {
  const seconds = job.spec.activeDeadlineSeconds
  const startTime = job.status?.startTime
  if (seconds === undefined || startTime === undefined || isSuspended(job)) return undefined
  return Date.parse(startTime) + seconds * 1_000
}

/** Whether enough pods have succeeded and none is left. */
export function isComplete(job: Job, { succeeded }: Tally, active: number): boolean {
  if (active > 0) return false
  return job.spec.completions === undefined ? succeeded > 0 : succeeded >= job.spec.completions
}

export const COMPLETED: Verdict = {
  outcome: 'success',
  reason: 'CompletionsReached',
  message: 'Reached expected number of succeeded pods',
}

export interface Statement {
  readonly type: string
  readonly status: 'True' | 'False'
  readonly reason: string
  readonly message: string
}

/** States a condition; the same list when it already says so. From nothing to false is nothing to tell. */
export function withCondition(
  conditions: readonly JobCondition[],
  statement: Statement,
  nowMs: number,
): readonly JobCondition[] {
  const { type, status, reason, message } = statement
  const present = conditions.find((condition) => condition.type === type)
  if (present === undefined && status === 'False') return conditions
  if (present?.status === status && (present.reason ?? '') === reason && (present.message ?? '') === message) {
    return conditions
  }
  const now = printTime(nowMs)
  const condition: JobCondition = { type, status, lastProbeTime: now, lastTransitionTime: now, reason, message }
  return present === undefined
    ? [...conditions, condition]
    : conditions.map((one) => (one === present ? condition : one))
}

/** The condition that announces a verdict, and the one that concludes it. */
export function interim({ outcome, reason, message }: Verdict): Statement {
  return { type: outcome === 'success' ? 'SuccessCriteriaMet' : 'FailureTarget', status: 'True', reason, message }
}

export function final({ outcome, reason, message }: Verdict): Statement {
  return { type: outcome === 'success' ? 'Complete' : 'Failed', status: 'True', reason, message }
}
