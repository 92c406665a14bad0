import type { Deployment } from '../../api/kinds/apps/deployment.ts'
import type { ReplicaSet } from '../../api/kinds/apps/replica-set.ts'
import type { DeploymentCondition } from '../../api/types.generated.ts'
import { printTime } from '../../world/clock.ts'

export type Conditions = readonly DeploymentCondition[]

/** What a condition says, without its times. */
export interface Statement {
  readonly type: 'Progressing' | 'Available' | 'ReplicaFailure'
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: string
  readonly message: string
}

export function conditionOf(deployment: Deployment, type: Statement['type']): DeploymentCondition | undefined {
  return deployment.status?.conditions?.find((condition) => condition.type === type)
}

/** States a condition. One with the same status and reason stays as it is; the time of transition survives a new reason. */
export function withCondition(conditions: Conditions, statement: Statement, nowMs: number): Conditions {
  const present = conditions.find(({ type }) => type === statement.type)
  if (present?.status === statement.status && present.reason === statement.reason) return conditions
  const now = printTime(nowMs)
  const lastTransitionTime = present?.status === statement.status ? (present.lastTransitionTime ?? now) : now
  return [...without(conditions, statement.type), { ...statement, lastUpdateTime: now, lastTransitionTime }]
}

/** The same list when there is no such condition. */
export function without(conditions: Conditions, type: Statement['type']): Conditions {
  return conditions.some((one) => one.type === type) ? conditions.filter((one) => one.type !== type) : conditions
}

/** States that there is progress, now: unlike other conditions the same words again renew the time of update. */
export function withProgress(conditions: Conditions, statement: Statement, nowMs: number): Conditions {
  const present = conditions.find(({ type }) => type === statement.type)
  if (present?.status !== 'True') return withCondition(without(conditions, 'Progressing'), statement, nowMs)
  const now = printTime(nowMs)
  const lastTransitionTime = present.lastTransitionTime ?? now
  return [...without(conditions, 'Progressing'), { ...statement, lastUpdateTime: now, lastTransitionTime }]
}

/** The failure of a ReplicaSet to create or delete pods, as the Deployment's own; the newest set's goes first. */
export function replicaFailure(sets: readonly ReplicaSet[], newest: ReplicaSet | undefined): DeploymentCondition[] {
  const ordered = newest === undefined ? sets : [newest, ...sets]
  for (const { status } of ordered) {
    const failure = status?.conditions?.find(({ type }) => type === 'ReplicaFailure')
    if (failure === undefined) continue
    const { lastTransitionTime } = failure
    return [{ ...failure, ...(lastTransitionTime === undefined ? {} : { lastUpdateTime: lastTransitionTime }) }]
  }
  return []
}
