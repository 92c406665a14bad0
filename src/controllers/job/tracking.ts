import type { Job } from '../../api/kinds/batch/job.ts'
import type { Pod } from '../../api/kinds/core/pod.ts'
import type { JobStatus } from '../../api/types.generated.ts'
import { judgeFailure } from './failure-policy.ts'
import { countOf, includesIndex, type Intervals, printIntervals, withIndexes } from './intervals.ts'
import { completionsOf, hasFailed, indexOf, isIndexed, isTracked } from './job-facts.ts'
import type { Tally } from './tally.ts'
import type { Verdict } from './verdict.ts'

/** How many pods may be noted as ended but not yet counted: the status must stay small. */
const UNCOUNTED_MAX = 500

/** The counts of a status, with the pods that are noted but not counted. */
type Counts = Pick<JobStatus, 'succeeded' | 'failed' | 'uncountedTerminatedPods'>

export interface Tracking {
  /** What to write before finalizers are taken off: a crash in between then counts no pod twice and loses none. */
  readonly counts: Counts & Pick<JobStatus, 'completedIndexes' | 'failedIndexes'>
  /** Pods that have been noted and may go. */
  readonly release: readonly Pod[]
  /** False when more pods ended than one round can note. */
  readonly isAll: boolean
}

/**
 * Counts ended pods in three steps that survive being interrupted: their UIDs go into the status, then their finalizers
 * go, then the UIDs of pods without finalizer move into the counts.
 */
export function track(
  job: Job,
  tally: Tally,
  { verdict, isReleased }: { readonly verdict: Verdict | undefined; readonly isReleased: (pod: Pod) => boolean },
): Tracking {
  const pods = tally.pods.filter((pod) => isTracked(pod) && !isReleased(pod))
  const settled = settle(job.status ?? {}, new Set(pods.map(({ metadata }) => metadata.uid ?? '')))
  const succeeded = [...(settled.uncountedTerminatedPods?.succeeded ?? [])]
  const failed = [...(settled.uncountedTerminatedPods?.failed ?? [])]
  const indexes: number[] = []
  const release: Pod[] = []
  let isAll = true
  for (const pod of inOrder(job, pods)) {
    if (!mayGo(job, pod, { tally, verdict })) continue
    release.push(pod)
    const uid = pod.metadata.uid ?? ''
    const index = indexOf(pod, completionsOf(job))
    if (pod.status?.phase === 'Succeeded' && !failed.includes(uid)) {
      if (!isIndexed(job)) {
        if (!succeeded.includes(uid)) succeeded.push(uid)
      } else if (index !== undefined && !includesIndex(tally.indexes.previous, index)) indexes.push(index)
    } else if (countsAsFailed(job, pod, verdict) && !failed.includes(uid) && (!isIndexed(job) || index !== undefined)) {
      if (judgeFailure(job.spec.podFailurePolicy, pod).counts) failed.push(uid)
    }
    if (indexes.length + succeeded.length + failed.length >= UNCOUNTED_MAX) {
      isAll = false
      break
    }
  }
  const uncountedTerminatedPods = {
    ...(succeeded.length === 0 ? {} : { succeeded }),
    ...(failed.length === 0 ? {} : { failed }),
  }
  const counts = { ...settled, uncountedTerminatedPods }
  if (!isIndexed(job)) return { counts, release, isAll }
  return { counts: { ...counts, ...indexCounts(tally, withIndexes(tally.indexes.succeeded, indexes)) }, release, isAll }
}

function inOrder(job: Job, pods: readonly Pod[]): readonly Pod[] {
  if (!isIndexed(job)) return pods
  const completions = completionsOf(job)
  return pods.toSorted((a, b) => (indexOf(a, completions) ?? -1) - (indexOf(b, completions) ?? -1))
}

function indexCounts({ indexes }: Tally, succeeded: Intervals): Partial<JobStatus> {
  const text = printIntervals(succeeded)
  return {
    succeeded: countOf(succeeded),
    ...(text === '' ? {} : { completedIndexes: text }),
    ...(indexes.failed === undefined ? {} : { failedIndexes: printIntervals(indexes.failed) }),
  }
}

/** Once a Job has failed, pods that have not ended count as failed too. */
function countsAsFailed(job: Job, pod: Pod, verdict: Verdict | undefined): boolean {
  return hasFailed(job, pod) || verdict?.outcome === 'failure'
}

/** Whether a pod need not be kept for counting any longer. */
function mayGo(job: Job, pod: Pod, { tally, verdict }: { tally: Tally; verdict: Verdict | undefined }): boolean {
  if (job.metadata.deletionTimestamp !== undefined || verdict !== undefined) return true
  if (pod.status?.phase === 'Succeeded') return true
  if (!hasFailed(job, pod)) return false
  const index = indexOf(pod, completionsOf(job))
  return index === undefined || tally.indexes.delayed.get(index)?.metadata.uid !== pod.metadata.uid
}

/** Moves noted pods that are not in `tracked` any more into the counts. */
export function settle(counts: Counts, tracked: ReadonlySet<string>): Counts {
  const { succeeded = [], failed = [] } = counts.uncountedTerminatedPods ?? {}
  const leftSucceeded = succeeded.filter((uid) => tracked.has(uid))
  const leftFailed = failed.filter((uid) => tracked.has(uid))
  return {
    succeeded: (counts.succeeded ?? 0) + succeeded.length - leftSucceeded.length,
    failed: (counts.failed ?? 0) + failed.length - leftFailed.length,
    uncountedTerminatedPods: {
      ...(leftSucceeded.length === 0 ? {} : { succeeded: leftSucceeded }),
      ...(leftFailed.length === 0 ? {} : { failed: leftFailed }),
    },
  }
}
