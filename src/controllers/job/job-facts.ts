import type { Job } from '../../api/kinds/batch/job.ts'
import type { Pod } from '../../api/kinds/core/pod.ts'
import type { JobCondition } from '../../api/types.generated.ts'

/** Keeps a pod until its end has been counted. */
export const TRACKING_FINALIZER = 'batch.kubernetes.io/job-tracking'
export const COMPLETION_INDEX = 'batch.kubernetes.io/job-completion-index'
export const INDEX_FAILURES = 'batch.kubernetes.io/job-index-failure-count'
export const INDEX_IGNORED_FAILURES = 'batch.kubernetes.io/job-index-ignored-failure-count'
const OWN_NAME = 'kubernetes.io/job-controller'

/** `backoffLimit` where a limit per index stands in its stead (math.MaxInt32). */
const UNLIMITED = 2 ** 31 - 1
const BACKOFF_LIMIT_DEFAULT = 6

export function isIndexed({ spec }: Job): boolean {
  return spec.completionMode === 'Indexed'
}

export function isSuspended({ spec }: Job): boolean {
  return spec.suspend === true
}

/** Whether another controller has been named to look after the Job. */
export function isManagedElsewhere({ spec }: Job): boolean {
  return spec.managedBy !== undefined && spec.managedBy !== OWN_NAME
}

export function parallelismOf({ spec }: Job): number {
  return spec.parallelism ?? 1
}

export function backoffLimitOf({ spec }: Job): number {
  return spec.backoffLimit ?? (spec.backoffLimitPerIndex === undefined ? BACKOFF_LIMIT_DEFAULT : UNLIMITED)
}

/** Indexed Jobs always have a number of completions. */
export function completionsOf({ spec }: Job): number {
  return spec.completions ?? 0
}

export function conditionOf({ status }: Job, type: string): JobCondition | undefined {
  return status?.conditions?.find((condition) => condition.type === type && condition.status === 'True')
}

export function finishedCondition(job: Job): JobCondition | undefined {
  return conditionOf(job, 'Complete') ?? conditionOf(job, 'Failed')
}

/** Whether a pod is replaced only once it has failed for good, not already when it is told to go. */
export function replacesOnlyFailed({ spec }: Job): boolean {
  if (spec.podReplacementPolicy !== undefined) return spec.podReplacementPolicy === 'Failed'
  return spec.podFailurePolicy !== undefined
}

/** Deleted pods count as failures: they may never get to say so themselves. */
export function hasFailed(job: Job, { metadata, status }: Pod): boolean {
  if (status?.phase === 'Failed') return true
  if (replacesOnlyFailed(job)) return false
  return metadata.deletionTimestamp !== undefined && status?.phase !== 'Succeeded'
}

export function isTracked({ metadata }: Pod): boolean {
  return metadata.finalizers?.includes(TRACKING_FINALIZER) === true
}

/** The index that a pod works on, if it has a valid one. */
export function indexOf({ metadata }: Pod, completions: number): number | undefined {
  const text = metadata.annotations?.[COMPLETION_INDEX]
  if (text === undefined || !/^[0-9]+$/.test(text)) return undefined
  const index = Number(text)
  return index < completions ? index : undefined
}

/** How often the index failed before this pod took it. */
export function indexFailures(pod: Pod): number {
  return parseCount(pod.metadata.annotations?.[INDEX_FAILURES])
}

export function indexIgnoredFailures(pod: Pod): number {
  return parseCount(pod.metadata.annotations?.[INDEX_IGNORED_FAILURES])
}

function parseCount(text: string | undefined): number {
  if (text === undefined || !/^[0-9]+$/.test(text)) return 0
  const count = Number(text)
  return count > UNLIMITED ? 0 : count
}
