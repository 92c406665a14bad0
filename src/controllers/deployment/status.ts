import type { Deployment } from '../../api/kinds/apps/deployment.ts'
import type { ReplicaSet } from '../../api/kinds/apps/replica-set.ts'
import type { DeploymentStatus } from '../../api/types.generated.ts'
import { omitZeroes } from '../omit-zeroes.ts'
import {
  conditionOf,
  type Conditions,
  replicaFailure,
  type Statement,
  withCondition,
  without,
  withProgress,
} from './conditions.ts'
import { availablePods, fences, type ReplicaSets, replicasOf, sum, wantedPods } from './replica-sets.ts'

/** A deadline or history limit of this size means none (math.MaxInt32). */
const NONE = 2 ** 31 - 1

export interface Observed {
  /** All sets of the Deployment, the newest included. */
  readonly sets: ReplicaSets
  readonly newest: ReplicaSet | undefined
  readonly nowMs: number
}

/** The counts and availability that the sets amount to. */
export function statusOf(deployment: Deployment, { sets, newest, nowMs }: Observed): DeploymentStatus {
  const { status, metadata } = deployment
  const availableReplicas = availablePods(sets)
  const replicas = sum(sets, (set) => set.status?.replicas ?? 0)
  const conditions = withCondition(
    status?.conditions ?? [],
    availability(availableReplicas >= replicasOf(deployment) - fences(deployment).maxUnavailable),
    nowMs,
  )
  const collisionCount = status?.collisionCount
  return {
    ...omitZeroes({
      observedGeneration: metadata.generation ?? 0,
      replicas,
      updatedReplicas: newest?.status?.replicas ?? 0,
      readyReplicas: sum(sets, (set) => set.status?.readyReplicas ?? 0),
      availableReplicas,
      unavailableReplicas: Math.max(0, wantedPods(sets) - availableReplicas),
    }),
    ...terminating(sets),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    conditions,
  }
}

/** Known only when every set tells. */
function terminating(sets: ReplicaSets): { readonly terminatingReplicas?: number } {
  if (sets.some(({ status }) => status?.terminatingReplicas === undefined)) return {}
  return { terminatingReplicas: sum(sets, ({ status }) => status?.terminatingReplicas ?? 0) }
}

function availability(isAvailable: boolean): Statement {
  return isAvailable
    ? {
        type: 'Available',
        status: 'True',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      }
    : {
        type: 'Available',
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      }
}

/** The same, with what can be said of the progress of a rollout. */
export function rolloutStatusOf(deployment: Deployment, observed: Observed): DeploymentStatus {
  const status = statusOf(deployment, observed)
  let conditions = progressOf(deployment, status, observed)
  const [failure] = replicaFailure(observed.sets, observed.newest)
  if (failure === undefined) conditions = without(conditions, 'ReplicaFailure')
  else {
    const present = conditions.find(({ type }) => type === 'ReplicaFailure')
    if (present?.status !== failure.status || present.reason !== failure.reason) {
      conditions = [...without(conditions, 'ReplicaFailure'), failure]
    }
  }
  return { ...status, conditions }
}

function progressOf(deployment: Deployment, status: DeploymentStatus, { newest, nowMs }: Observed): Conditions {
  const conditions = status.conditions ?? []
  if (!hasDeadline(deployment)) return without(conditions, 'Progressing')
  const present = conditionOf(deployment, 'Progressing')
  const isSettled = present?.reason === 'NewReplicaSetAvailable'
  if (isSettled && (status.replicas ?? 0) === (status.updatedReplicas ?? 0)) return conditions
  const who = newest === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${newest.metadata.name}"`
  const type = 'Progressing'
  if (isComplete(deployment, status)) {
    const message = `${who} has successfully progressed.`
    return withCondition(conditions, { type, status: 'True', reason: 'NewReplicaSetAvailable', message }, nowMs)
  }
  if (hasProgressed(deployment, status)) {
    const message = `${who} is progressing.`
    return withProgress(conditions, { type, status: 'True', reason: 'ReplicaSetUpdated', message }, nowMs)
  }
  if (isTimedOut(deployment, nowMs)) {
    const message = `${who} has timed out progressing.`
    return withCondition(conditions, { type, status: 'False', reason: 'ProgressDeadlineExceeded', message }, nowMs)
  }
  return conditions
}

/** Whether all replicas are updated and available, and nothing else is left. */
export function isComplete(deployment: Deployment, status: DeploymentStatus | undefined): boolean {
  const replicas = replicasOf(deployment)
  return (
    (status?.updatedReplicas ?? 0) === replicas &&
    (status?.replicas ?? 0) === replicas &&
    (status?.availableReplicas ?? 0) === replicas &&
    (status?.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  )
}

function hasProgressed({ status: before }: Deployment, status: DeploymentStatus): boolean {
  const old = (one: DeploymentStatus | undefined): number => (one?.replicas ?? 0) - (one?.updatedReplicas ?? 0)
  return (
    (status.updatedReplicas ?? 0) > (before?.updatedReplicas ?? 0) ||
    old(status) < old(before) ||
    (status.readyReplicas ?? 0) > (before?.readyReplicas ?? 0) ||
    (status.availableReplicas ?? 0) > (before?.availableReplicas ?? 0)
  )
}

export function hasDeadline({ spec }: Deployment): boolean {
  return spec.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds !== NONE
}

export function historyLimitOf({ spec }: Deployment): number | undefined {
  return spec.revisionHistoryLimit === NONE ? undefined : spec.revisionHistoryLimit
}

/** When the rollout is given up unless something moves, in milliseconds since the epoch. */
function deadlineMs(deployment: Deployment): number | undefined {
  const progress = conditionOf(deployment, 'Progressing')
  if (!hasDeadline(deployment) || progress?.lastUpdateTime === undefined) return undefined
  if (progress.reason === 'NewReplicaSetAvailable') return undefined
  return Date.parse(progress.lastUpdateTime) + (deployment.spec.progressDeadlineSeconds ?? 0) * 1_000
}

function isTimedOut(deployment: Deployment, nowMs: number): boolean {
  if (conditionOf(deployment, 'Progressing')?.reason === 'ProgressDeadlineExceeded') return true
  const at = deadlineMs(deployment)
  return at !== undefined && at < nowMs
}

/** How long until a rollout without progress has to be looked at again; `undefined` when it need not be. */
export function nextCheckMs(deployment: Deployment, nowMs: number): number | undefined {
  if (isComplete(deployment, deployment.status)) return undefined
  if (conditionOf(deployment, 'Progressing')?.reason === 'ProgressDeadlineExceeded') return undefined
  const at = deadlineMs(deployment)
  // A second more: times are written in whole seconds.
  return at === undefined ? undefined : Math.max(0, at - nowMs) + 1_000
}
