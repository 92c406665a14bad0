import { scaledIntOrPercent } from '../../api/int-or-string.ts'
import type { Deployment } from '../../api/kinds/apps/deployment.ts'
import type { ReplicaSet } from '../../api/kinds/apps/replica-set.ts'
import type { PodTemplateSpec } from '../../api/types.generated.ts'
import { deepEqual } from '../../base/equal.ts'

export const HASH_LABEL = 'pod-template-hash'

export type ReplicaSets = readonly ReplicaSet[]

export function replicasOf({ spec }: Deployment | ReplicaSet): number {
  return spec.replicas ?? 1
}

export function isRolling({ spec }: Deployment): boolean {
  return (spec.strategy?.type ?? 'RollingUpdate') === 'RollingUpdate'
}

export function isActiveSet(set: ReplicaSet): boolean {
  return replicasOf(set) > 0
}

export function sum(sets: ReplicaSets, count: (set: ReplicaSet) => number): number {
  return sets.reduce((total, set) => total + count(set), 0)
}

/** Pods that the sets ask for. */
export function wantedPods(sets: ReplicaSets): number {
  return sum(sets, replicasOf)
}

export function availablePods(sets: ReplicaSets): number {
  return sum(sets, ({ status }) => status?.availableReplicas ?? 0)
}

/** How many pods a rolling update may have above, and how many unavailable below, the number asked for. */
export function fences(deployment: Deployment): { readonly maxSurge: number; readonly maxUnavailable: number } {
  if (!isRolling(deployment)) return { maxSurge: 0, maxUnavailable: 0 }
  const replicas = replicasOf(deployment)
  const { maxSurge = '25%', maxUnavailable = '25%' } = deployment.spec.strategy?.rollingUpdate ?? {}
  const surge = scaledIntOrPercent(maxSurge, replicas, { roundUp: true })
  const unavailable = scaledIntOrPercent(maxUnavailable, replicas, { roundUp: false })
  // Both rounded to nothing would leave an update no way forward.
  const allowed = surge === 0 && unavailable === 0 ? 1 : unavailable
  return { maxSurge: surge, maxUnavailable: Math.min(allowed, replicas) }
}

/** The set made from the Deployment's present template; the oldest, should there be several. */
export function newestSet(deployment: Deployment, sets: ReplicaSets): ReplicaSet | undefined {
  return sets.toSorted(olderFirst).find(({ spec }) => hasTemplate(spec.template, deployment.spec.template))
}

/** Whether two templates are the same but for the hash label that ReplicaSets add. */
export function hasTemplate(template: PodTemplateSpec | undefined, wanted: PodTemplateSpec): boolean {
  if (template === undefined || !deepEqual(template.spec, wanted.spec)) return false
  return deepEqual(withoutHash(template), withoutHash(wanted))
}

function withoutHash({ metadata }: PodTemplateSpec): unknown {
  const { [HASH_LABEL]: _hash, ...labels } = metadata?.labels ?? {}
  return { ...metadata, labels, annotations: metadata?.annotations ?? {} }
}

export function olderFirst(a: ReplicaSet, b: ReplicaSet): number {
  const left = a.metadata.creationTimestamp ?? ''
  const right = b.metadata.creationTimestamp ?? ''
  return compareText(left, right) || compareText(a.metadata.name, b.metadata.name)
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
