import type { PodInfo } from '../pod-info.ts'
import { priorityOf } from '../nominator.ts'

/** When a pod started; one that has not is as young as can be. */
export function startTimeMs({ pod }: PodInfo, nowMs: number): number {
  const started = pod.status?.startTime
  return started === undefined ? nowMs : Date.parse(started)
}

/** The more important first: of higher priority, then longer at work (pkg/scheduler/util/utils.go). */
export function byImportance(nowMs: number): (a: PodInfo, b: PodInfo) => number {
  return (a, b) => priorityOf(b) - priorityOf(a) || startTimeMs(a, nowMs) - startTimeMs(b, nowMs)
}
