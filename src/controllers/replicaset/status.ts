import type { Pod } from '../../api/kinds/core/pod.ts'
import type { ReplicaSetCondition, ReplicaSetStatus } from '../../api/types.generated.ts'
import { printTime } from '../../world/clock.ts'
import { isAvailable, isReady } from '../pods/pod-state.ts'
import { replicasOf, type Replicated } from './replicated.ts'

const FAILURE = 'ReplicaFailure'

export interface Observed {
  readonly active: readonly Pod[]
  readonly terminating: number
  /** Why pods could not be created or deleted. */
  readonly failure: Error | undefined
  readonly nowMs: number
}

/** The status that an owner's pods amount to, counted before this round's changes. */
export function statusOf(owner: Replicated, observed: Observed): ReplicaSetStatus {
  const { active, nowMs } = observed
  const minReadySeconds = owner.spec.minReadySeconds ?? 0
  const wanted = Object.entries(owner.spec.template?.metadata?.labels ?? {})
  let fullyLabeledReplicas = 0
  let readyReplicas = 0
  let availableReplicas = 0
  for (const pod of active) {
    if (hasLabels(pod, wanted, owner)) fullyLabeledReplicas++
    if (!isReady(pod)) continue
    readyReplicas++
    if (isAvailable(pod, { minReadySeconds, nowMs })) availableReplicas++
  }
  const conditions = conditionsOf(owner, observed)
  return {
    replicas: active.length,
    // Zeroes are left out, as upstream's encoding does.
    ...(fullyLabeledReplicas === 0 ? {} : { fullyLabeledReplicas }),
    ...(readyReplicas === 0 ? {} : { readyReplicas }),
    ...(availableReplicas === 0 ? {} : { availableReplicas }),
    ...(owner.kind === 'ReplicaSet' ? { terminatingReplicas: observed.terminating } : {}),
    ...(owner.metadata.generation === undefined ? {} : { observedGeneration: owner.metadata.generation }),
    ...(conditions.length === 0 ? {} : { conditions }),
  }
}

function hasLabels(pod: Pod, wanted: readonly [string, string][], owner: Replicated): boolean {
  const { labels } = pod.metadata
  if (labels === owner.spec.template?.metadata?.labels) return true
  return wanted.every(([key, value]) => labels?.[key] === value)
}

/** The failure is told once: while it lasts its first words stay. */
function conditionsOf(owner: Replicated, { active, failure, nowMs }: Observed): readonly ReplicaSetCondition[] {
  const conditions = owner.status?.conditions ?? []
  const known = conditions.some(({ type }) => type === FAILURE)
  if (failure === undefined) return known ? conditions.filter(({ type }) => type !== FAILURE) : conditions
  if (known) return conditions
  const excess = active.length - replicasOf(owner)
  const reason = excess < 0 ? 'FailedCreate' : 'FailedDelete'
  const message = failure.message
  return [...conditions, { type: FAILURE, status: 'True', lastTransitionTime: printTime(nowMs), reason, message }]
}
