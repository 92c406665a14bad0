import type { Cause } from '../../errors.ts'
import { forbiddenField, invalidValue, notSupported, required } from '../../errors.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import type {
  Deployment,
  DeploymentSpec,
  DeploymentStatus,
  DeploymentStrategy,
  RollingUpdateDeployment,
} from '../../types.generated.ts'
import { amountOf, validateNotMoreThan100Percent, validatePositiveIntOrPercent } from '../strategy/int-or-percent.ts'
import { validateSameSelector } from '../strategy/selectors.ts'
import { validateCounts, validateNotDecremented, validatePartsOfReplicas } from '../strategy/status-numbers.ts'
import { validateNonNegative } from '../validation/numbers.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'
import { validateReplicatedTemplate, validateWorkloadSelector } from './validate-replicated-template.ts'

/** pkg/apis/apps/validation/validation.go ValidateDeployment and ValidateDeploymentUpdate. */
export function* validateDeployment(deployment: Deployment, old: Deployment | undefined): Generator<Cause> {
  if (old === undefined) yield* validateObjectMeta(deployment.metadata, { namespaced: true, name: nameIsDnsSubdomain })
  else yield* validateObjectMetaUpdate(deployment.metadata, old.metadata)
  if (old !== undefined && deployment.spec === old.spec) return
  yield* validateSpec(deployment.spec)
  if (old !== undefined) yield* validateSameSelector(deployment.spec.selector, old.spec.selector)
}

/** ValidateDeploymentStatusUpdate. */
export function* validateDeploymentStatus({ status = {} }: Deployment, old: Deployment): Generator<Cause> {
  yield* validateStatus(status)
  yield* validateNotDecremented(status.collisionCount, old.status?.collisionCount, 'status.collisionCount')
}

function* validateSpec(spec: DeploymentSpec): Generator<Cause> {
  yield* validateNonNegative(spec.replicas, 'spec.replicas')
  yield* validateWorkloadSelector(spec.selector, 'empty selector is invalid for deployment')
  yield* validateReplicatedTemplate(spec.template, spec.selector)
  yield* validateStrategy(spec.strategy ?? {}, 'spec.strategy')
  yield* validateCounts(spec, ['minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds'], 'spec')
  const { progressDeadlineSeconds, minReadySeconds = 0 } = spec
  if (progressDeadlineSeconds !== undefined && progressDeadlineSeconds <= minReadySeconds) {
    const rule = 'must be greater than minReadySeconds'
    yield invalidValue('spec.progressDeadlineSeconds', progressDeadlineSeconds, rule)
  }
}

const STRATEGY_TYPES: readonly string[] = ['Recreate', 'RollingUpdate']

function* validateStrategy({ type = '', rollingUpdate }: DeploymentStrategy, field: string): Generator<Cause> {
  const place = `${field}.rollingUpdate`
  if (type === 'RollingUpdate') {
    if (rollingUpdate === undefined) yield required(place, 'this should be defaulted and never be nil')
    else yield* validateRollingUpdate(rollingUpdate, place)
  } else if (type !== 'Recreate') {
    // Upstream shows its own form of the strategy, whose fields are capitalized.
    yield notSupported(field, { Type: type, RollingUpdate: capitalized(rollingUpdate) }, STRATEGY_TYPES)
  } else if (rollingUpdate !== undefined) {
    yield forbiddenField(place, "may not be specified when strategy `type` is 'Recreate'")
  }
}

function capitalized(update: RollingUpdateDeployment | undefined): object | null {
  if (update === undefined) return null
  return { MaxUnavailable: update.maxUnavailable ?? 0, MaxSurge: update.maxSurge ?? 0 }
}

function* validateRollingUpdate(
  { maxUnavailable = 0, maxSurge = 0 }: RollingUpdateDeployment,
  field: string,
): Generator<Cause> {
  const place = `${field}.maxUnavailable`
  yield* validatePositiveIntOrPercent(maxUnavailable, place)
  yield* validatePositiveIntOrPercent(maxSurge, `${field}.maxSurge`)
  if (amountOf(maxUnavailable) === 0 && amountOf(maxSurge) === 0) {
    yield invalidValue(place, maxUnavailable, 'may not be 0 when `maxSurge` is 0')
  }
  yield* validateNotMoreThan100Percent(maxUnavailable, place)
}

function* validateStatus(status: DeploymentStatus): Generator<Cause> {
  const counts = [
    'observedGeneration',
    'replicas',
    'updatedReplicas',
    'readyReplicas',
    'availableReplicas',
    'unavailableReplicas',
    'terminatingReplicas',
    'collisionCount',
  ] as const
  yield* validateCounts(status, counts, 'status')
  yield* validatePartsOfReplicas(status, ['updatedReplicas', 'readyReplicas', 'availableReplicas'])
  const { availableReplicas = 0, readyReplicas = 0 } = status
  if (availableReplicas > readyReplicas) {
    yield invalidValue('status.availableReplicas', availableReplicas, 'cannot be greater than readyReplicas')
  }
}
