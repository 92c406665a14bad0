import type { Pod } from '../../api/kinds/core/pod.ts'
import { indexFailures, indexIgnoredFailures } from './job-facts.ts'

/** First and longest wait before a failed pod is replaced (pkg/controller/job/job_controller.go). */
const FIRST_MS = 10_000
const MAX_MS = 600_000

/** Failures in a row, and when the last one happened. */
export interface BackOff {
  readonly failures: number
  readonly lastFailureMs: number
}

export const NO_BACK_OFF: BackOff = { failures: 0, lastFailureMs: 0 }

/** The back-off after some pods ended: a success starts it anew, with the failures that came after that. */
export function nextBackOff(present: BackOff, succeeded: readonly Pod[], failed: readonly Pod[]): BackOff {
  const failureTimes = failed.map(finishedAtMs)
  const lastFailureMs = Math.max(...failureTimes)
  if (succeeded.length === 0) {
    return failed.length === 0 ? present : { failures: present.failures + failed.length, lastFailureMs }
  }
  const lastSuccessMs = Math.max(...succeeded.map(finishedAtMs))
  const failures = failureTimes.filter((time) => time > lastSuccessMs).length
  return failures === 0 ? NO_BACK_OFF : { failures, lastFailureMs }
}

export function remainingMs({ failures, lastFailureMs }: BackOff, nowMs: number): number {
  if (failures === 0) return 0
  const waitMs = Math.min(FIRST_MS * 2 ** (failures - 1), MAX_MS)
  return Math.max(0, lastFailureMs + waitMs - nowMs)
}

/** The same for one index, told by the last pod that failed on it. */
export function remainingForIndexMs(lastFailed: Pod | undefined, nowMs: number): number {
  if (lastFailed === undefined) return 0
  const failures = indexFailures(lastFailed) + indexIgnoredFailures(lastFailed) + 1
  return remainingMs({ failures, lastFailureMs: finishedAtMs(lastFailed) }, nowMs)
}

/** When a pod ended, by the best sign there is: its containers, its readiness, its deletion, else its creation. */
export function finishedAtMs(pod: Pod): number {
  return containersEndMs(pod) ?? readinessEndMs(pod) ?? deletionMs(pod) ?? parse(pod.metadata.creationTimestamp ?? '')
}

function containersEndMs({ status }: Pod): number | undefined {
  const ends = (status?.containerStatuses ?? []).map(({ state }) => state?.terminated?.finishedAt)
  if (ends.length === 0) return undefined
  const times = ends.filter((end) => end !== undefined)
  return times.length < ends.length ? undefined : Math.max(...times.map(parse))
}

function readinessEndMs({ status }: Pod): number | undefined {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')
  return ready?.status === 'False' && ready.lastTransitionTime !== undefined
    ? parse(ready.lastTransitionTime)
    : undefined
}

function deletionMs({ metadata }: Pod): number | undefined {
  if (metadata.deletionTimestamp === undefined) return undefined
  return parse(metadata.deletionTimestamp) - (metadata.deletionGracePeriodSeconds ?? 0) * 1_000
}

function parse(time: string): number {
  const parsed = Date.parse(time)
  return Number.isNaN(parsed) ? 0 : parsed
}
