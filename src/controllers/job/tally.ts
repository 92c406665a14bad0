import type { Job } from '../../api/kinds/batch/job.ts'
import type { Pod } from '../../api/kinds/core/pod.ts'
import { isActive, isReady, isTerminating } from '../pods/pod-state.ts'
import { finishedAtMs } from './back-off.ts'
import { judgeFailure } from './failure-policy.ts'
import { type Intervals, includesIndex, NONE, parseIntervals, withIndexes } from './intervals.ts'
import {
  completionsOf,
  hasFailed,
  indexFailures,
  indexIgnoredFailures,
  indexOf,
  isIndexed,
  isTracked,
} from './job-facts.ts'

/** What a Job's pods amount to, with what its status remembers of pods that are gone. */
export interface Tally {
  readonly pods: readonly Pod[]
  readonly active: readonly Pod[]
  readonly ready: number
  readonly terminating: number
  /** Ended since the last count. */
  readonly newSucceeded: readonly Pod[]
  readonly newFailed: readonly Pod[]
  /** Of all pods that ever were. */
  readonly succeeded: number
  readonly failed: number
  /** Of Indexed Jobs. */
  readonly indexes: IndexTally
}

export interface IndexTally {
  /** What the status said before. */
  readonly previous: Intervals
  readonly succeeded: Intervals
  /** Only with a back-off limit per index. */
  readonly failed: Intervals | undefined
  /** By index: the last failed pod, kept until its successor has taken over its count of failures. */
  readonly delayed: ReadonlyMap<number, Pod>
}

const NO_INDEXES: IndexTally = { previous: NONE, succeeded: NONE, failed: undefined, delayed: new Map() }

/** `isReleased` tells pods whose finalizer was taken off already although the informer still shows it. */
export function tallyOf(job: Job, pods: readonly Pod[], isReleased: (pod: Pod) => boolean): Tally {
  const active = pods.filter(isActive)
  const { succeeded: uncountedSucceeded = [], failed: uncountedFailed = [] } = job.status?.uncountedTerminatedPods ?? {}
  const pending = pods.filter((pod) => isTracked(pod) && !isReleased(pod) && hasPlace(job, pod))
  const newSucceeded = pending.filter(
    ({ metadata, status }) => status?.phase === 'Succeeded' && !uncountedSucceeded.includes(metadata.uid ?? ''),
  )
  const newFailed = pending.filter((pod) => hasFailed(job, pod) && !uncountedFailed.includes(pod.metadata.uid ?? ''))
  const counted = newFailed.filter((pod) => judgeFailure(job.spec.podFailurePolicy, pod).counts)
  const indexes = isIndexed(job) ? tallyIndexes(job, { pending, pods, active }) : NO_INDEXES
  const succeeded = (job.status?.succeeded ?? 0) + newSucceeded.length + uncountedSucceeded.length
  return {
    pods,
    active,
    ready: active.filter(isReady).length,
    terminating: pods.filter(isTerminating).length,
    newSucceeded,
    newFailed,
    succeeded: isIndexed(job) ? total(indexes.succeeded) : succeeded,
    failed: (job.status?.failed ?? 0) + counted.length + uncountedFailed.length,
    indexes,
  }
}

function total(intervals: Intervals): number {
  return intervals.reduce((sum, { first, last }) => sum + last - first + 1, 0)
}

/** Pods of an Indexed Job without a valid index count for nothing. */
function hasPlace(job: Job, pod: Pod): boolean {
  return !isIndexed(job) || indexOf(pod, completionsOf(job)) !== undefined
}

function tallyIndexes(
  job: Job,
  { pending, pods, active }: { pending: readonly Pod[]; pods: readonly Pod[]; active: readonly Pod[] },
): IndexTally {
  const completions = completionsOf(job)
  const previous = parseIntervals(job.status?.completedIndexes ?? '', completions)
  const done = pods.filter((pod) => pod.status?.phase === 'Succeeded' && isTracked(pod))
  const succeeded = withIndexes(previous, indexesOf(done, completions))
  if (job.spec.backoffLimitPerIndex === undefined) return { ...NO_INDEXES, previous, succeeded }
  const lost = pods.filter((pod) => isTracked(pod) && hasFailedIndex(job, pod))
  const failed = withIndexes(parseIntervals(job.status?.failedIndexes ?? '', completions), indexesOf(lost, completions))
  const running = new Set(indexesOf(active, completions))
  const delayed = new Map<number, Pod>()
  for (const pod of pending) {
    const index = indexOf(pod, completions)
    if (index === undefined || !hasFailed(job, pod) || running.has(index)) continue
    if (includesIndex(succeeded, index) || includesIndex(failed, index)) continue
    const known = delayed.get(index)
    if (known === undefined || isLater(pod, known)) delayed.set(index, pod)
  }
  return { previous, succeeded, failed, delayed }
}

export function indexesOf(pods: readonly Pod[], completions: number): readonly number[] {
  return pods.map((pod) => indexOf(pod, completions)).filter((index) => index !== undefined)
}

function isLater(pod: Pod, known: Pod): boolean {
  const failures = (one: Pod): number => indexFailures(one) + indexIgnoredFailures(one)
  return failures(known) <= failures(pod) && finishedAtMs(pod) >= finishedAtMs(known)
}

/** Whether the failure of this pod uses up its index. */
function hasFailedIndex(job: Job, pod: Pod): boolean {
  if (!hasFailed(job, pod)) return false
  const { counts, action } = judgeFailure(job.spec.podFailurePolicy, pod)
  if (action === 'FailIndex') return true
  return counts && indexFailures(pod) >= (job.spec.backoffLimitPerIndex ?? 0)
}
