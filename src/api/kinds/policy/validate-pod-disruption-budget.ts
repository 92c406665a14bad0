import type { Cause } from '../../errors.ts'
import { invalidValue, notSupported } from '../../errors.ts'
import { nameIsPathSegment } from '../../names/object-names.ts'
import { validateLabelSelector } from '../../selectors/label-selector.ts'
import type { PodDisruptionBudget, PodDisruptionBudgetSpec } from '../../types.generated.ts'
import { validateConditions } from '../strategy/conditions.ts'
import { validateNotMoreThan100Percent, validatePositiveIntOrPercent } from '../strategy/int-or-percent.ts'
import { sortedSelector } from '../strategy/sorted-map.ts'
import { validateCounts } from '../strategy/status-numbers.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'

const EVICTION_POLICIES: readonly string[] = ['AlwaysAllow', 'IfHealthyBudget']

/** pkg/apis/policy/validation/validation.go ValidatePodDisruptionBudget. */
export function* validatePodDisruptionBudget(
  { metadata, spec }: PodDisruptionBudget,
  old: PodDisruptionBudget | undefined,
): Generator<Cause> {
  if (old === undefined) yield* validateObjectMeta(metadata, { namespaced: true, name: nameIsPathSegment })
  else yield* validateObjectMetaUpdate(metadata, old.metadata)
  if (spec !== old?.spec) yield* validateSpec(spec)
}

/** ValidatePodDisruptionBudgetStatusUpdate. */
export function* validatePodDisruptionBudgetStatus({ status = {} }: PodDisruptionBudget): Generator<Cause> {
  yield* validateConditions(status.conditions ?? [], 'status.conditions')
  const counts = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const
  yield* validateCounts(status, counts, 'status')
}

function* validateSpec(spec: PodDisruptionBudgetSpec): Generator<Cause> {
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy: policy } = spec
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    // Upstream shows its own form of the spec, whose fields are capitalized.
    const shown = {
      MinAvailable: minAvailable,
      Selector: sortedSelector(selector),
      MaxUnavailable: maxUnavailable,
      UnhealthyPodEvictionPolicy: policy ?? null,
    }
    yield invalidValue('spec', shown, 'minAvailable and maxUnavailable cannot be both set')
  }
  for (const [name, value] of Object.entries({ minAvailable, maxUnavailable })) {
    if (value === undefined) continue
    yield* validatePositiveIntOrPercent(value, `spec.${name}`)
    yield* validateNotMoreThan100Percent(value, `spec.${name}`)
  }
  yield* validateLabelSelector(selector, 'spec.selector')
  if (policy !== undefined && !EVICTION_POLICIES.includes(policy)) {
    yield notSupported('spec.unhealthyPodEvictionPolicy', policy, EVICTION_POLICIES)
  }
}
