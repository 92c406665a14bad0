import type { Job } from '../../api/kinds/batch/job.ts'
import type { Pod } from '../../api/kinds/core/pod.ts'
import { chooseForDeletion } from '../pods/ranking.ts'
import { isTerminating } from '../pods/pod-state.ts'
import { type BackOff, remainingForIndexMs, remainingMs } from './back-off.ts'
import { firstFree, merge, NONE, withIndexes } from './intervals.ts'
import { completionsOf, indexOf, isIndexed, isSuspended, parallelismOf, replacesOnlyFailed } from './job-facts.ts'
import { indexesOf, type Tally } from './tally.ts'

/** How many pods one reconcile creates or deletes at most (pkg/controller/job/job_controller.go). */
const BURST_MAX = 500

export interface PodPlan {
  readonly remove: readonly Pod[]
  /** One entry for each pod: its index, or -1 where the Job has none. */
  readonly create: readonly number[]
  /** Pods are missing, but it is too early to make them. */
  readonly waitMs?: number
}

const NOTHING: PodPlan = { remove: [], create: [] }
const NO_INDEX = -1

/** What brings the number of active pods to what the Job wants. Never deletes and creates at once. */
export function planPods(
  job: Job,
  tally: Tally,
  { backOff, nowMs }: { readonly backOff: BackOff; readonly nowMs: number },
): PodPlan {
  const { active } = tally
  if (isSuspended(job)) return { ...NOTHING, remove: active }
  const wanted = wantedActive(job, tally)
  const remove = surplus(job, active, { count: Math.max(0, active.length - wanted), nowMs })
  if (remove.length > 0) return { ...NOTHING, remove: remove.slice(0, BURST_MAX) }
  const terminating = replacesOnlyFailed(job) ? tally.terminating : 0
  const missing = Math.min(wanted - terminating - active.length, BURST_MAX)
  if (missing <= 0) return NOTHING
  if (isIndexed(job) && job.spec.backoffLimitPerIndex !== undefined) return planIndexes(job, tally, { missing, nowMs })
  const waitMs = remainingMs(backOff, nowMs)
  if (waitMs > 0) return { ...NOTHING, waitMs }
  const create = isIndexed(job) ? pendingIndexes(job, tally, missing) : Array.from({ length: missing }, () => NO_INDEX)
  return { ...NOTHING, create }
}

function wantedActive(job: Job, { succeeded, active }: Tally): number {
  const { completions } = job.spec
  if (completions === undefined) return succeeded > 0 ? active.length : parallelismOf(job)
  return Math.max(0, Math.min(completions - succeeded, parallelismOf(job)))
}

/** Where limits are per index, so is the waiting: indexes that may go on do so. */
function planIndexes(
  job: Job,
  tally: Tally,
  { missing, nowMs }: { readonly missing: number; readonly nowMs: number },
): PodPlan {
  const indexes = pendingIndexes(job, tally, missing)
  const waits = indexes.map((index) => remainingForIndexMs(tally.indexes.delayed.get(index), nowMs))
  const create = indexes.filter((_, position) => waits[position] === 0)
  const later = waits.filter((wait) => wait > 0)
  return later.length === 0 ? { ...NOTHING, create } : { ...NOTHING, create, waitMs: Math.min(...later) }
}

/** The lowest indexes that nobody works on and that have not ended. */
function pendingIndexes(job: Job, { active, pods, indexes }: Tally, count: number): readonly number[] {
  const completions = completionsOf(job)
  let taken = withIndexes(indexes.succeeded, indexesOf(active, completions))
  if (replacesOnlyFailed(job)) taken = withIndexes(taken, indexesOf(pods.filter(isTerminating), completions))
  return firstFree(merge(taken, indexes.failed ?? NONE), { count, completions })
}

/** Pods to remove: of an Indexed Job those without a valid index and all but one of an index, then as many as needed. */
function surplus(
  job: Job,
  active: readonly Pod[],
  { count, nowMs }: { readonly count: number; readonly nowMs: number },
): readonly Pod[] {
  const ranking = { related: [], nowMs }
  const misplaced: Pod[] = isIndexed(job) ? misplacedPods(job, active, nowMs) : []
  if (misplaced.length >= count) return misplaced
  const rest = active.filter((pod) => !misplaced.includes(pod))
  return [...misplaced, ...chooseForDeletion(rest, count - misplaced.length, ranking)]
}

function misplacedPods(job: Job, active: readonly Pod[], nowMs: number): Pod[] {
  const byIndex = new Map<number | undefined, Pod[]>()
  for (const pod of active) {
    const index = indexOf(pod, completionsOf(job))
    const same = byIndex.get(index)
    if (same === undefined) byIndex.set(index, [pod])
    else same.push(pod)
  }
  return [...byIndex].flatMap(([index, pods]) =>
    index === undefined
      ? pods
      : pods.length === 1
        ? []
        : chooseForDeletion(pods, pods.length - 1, { related: [], nowMs }),
  )
}
