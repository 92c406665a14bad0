import { assert } from '../../base/assert.ts'
import type { PodInfo } from '../pod-info.ts'
import { priorityOf } from '../nominator.ts'
import { startTimeMs } from './importance.ts'
import type { Victims } from './select-victims.ts'

/** Added to each priority so that of two lists of negative ones the shorter counts less. */
const PRIORITY_SHIFT = 2 ** 31

/**
 * The node where preemption does the least harm: fewest broken budgets, then the least important highest victim, the
 * smallest sum of priorities, fewest victims, the youngest among the highest; then the first
 * (pkg/scheduler/framework/preemption pickOneNodeForPreemption).
 */
export function pickVictims(candidates: readonly Victims[], nowMs: number): Victims | undefined {
  const criteria: ((victims: Victims) => number)[] = [
    ({ violations }) => violations,
    ({ pods }) => highestPriority(pods),
    ({ pods }) => pods.reduce((sum, pod) => sum + priorityOf(pod) + PRIORITY_SHIFT, 0),
    ({ pods }) => pods.length,
    ({ pods }) => -earliestStart(pods, nowMs),
  ]
  let left = candidates
  for (const criterion of criteria) {
    if (left.length <= 1) break
    const least = left.reduce((best, victims) => Math.min(best, criterion(victims)), Number.POSITIVE_INFINITY)
    left = left.filter((victims) => criterion(victims) === least)
  }
  return left[0]
}

function highestPriority(pods: readonly PodInfo[]): number {
  const [first] = pods
  assert(first !== undefined, 'a candidate for preemption has victims')
  return priorityOf(first)
}

/** Of the victims of the highest priority. */
function earliestStart(pods: readonly PodInfo[], nowMs: number): number {
  const highest = highestPriority(pods)
  const starts = pods.filter((pod) => priorityOf(pod) === highest).map((pod) => startTimeMs(pod, nowMs))
  return Math.min(...starts)
}
