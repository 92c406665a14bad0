import type { Condition, PodDisruptionBudgetStatus } from '../../types.generated.ts'

const TYPE = 'DisruptionAllowed'

/**
 * The conditions of a budget with what follows from how many disruptions it allows
 * (k8s.io/component-helpers apps/poddisruptionbudget).
 */
export function withDisruptionAllowed(status: PodDisruptionBudgetStatus, now: string): readonly Condition[] {
  const isAllowed = (status.disruptionsAllowed ?? 0) > 0
  return withVerdict(status, now, {
    status: isAllowed ? 'True' : 'False',
    reason: isAllowed ? 'SufficientPods' : 'InsufficientPods',
    message: '',
  })
}

/** The conditions of a budget that could not be counted: it allows no disruption until it can. */
export function withSyncFailed(status: PodDisruptionBudgetStatus, now: string, message: string): readonly Condition[] {
  return withVerdict(status, now, { status: 'False', reason: 'SyncFailed', message })
}

function withVerdict(
  { conditions = [], observedGeneration }: PodDisruptionBudgetStatus,
  now: string,
  verdict: { status: 'True' | 'False'; reason: string; message: string },
): readonly Condition[] {
  const before = conditions.find(({ type }) => type === TYPE)
  const condition: Condition = {
    type: TYPE,
    ...verdict,
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
    lastTransitionTime: before?.status === verdict.status ? before.lastTransitionTime : now,
  }
  return before === undefined ? [...conditions, condition] : conditions.map((one) => (one === before ? condition : one))
}
