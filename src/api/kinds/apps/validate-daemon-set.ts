import type { Cause } from '../../errors.ts'
import { invalidValue, notSupported, required } from '../../errors.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import { validateLabelSelector } from '../../selectors/label-selector.ts'
import type {
  DaemonSet,
  DaemonSetSpec,
  DaemonSetStatus,
  DaemonSetUpdateStrategy,
  RollingUpdateDaemonSet,
} from '../../types.generated.ts'
import { validatePodTemplate } from '../pod-spec/validate-pod-template.ts'
import { amountOf, validateNotMoreThan100Percent, validatePositiveIntOrPercent } from '../strategy/int-or-percent.ts'
import {
  isEmptySelector,
  readSelector,
  validateSameSelector,
  validateTemplateIsSelected,
} from '../strategy/selectors.ts'
import { validateCounts, validateNotDecremented } from '../strategy/status-numbers.ts'
import { validateNonNegative } from '../validation/numbers.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'
import { validateLastingTemplate } from './validate-replicated-template.ts'

/** pkg/apis/apps/validation/validation.go ValidateDaemonSet and ValidateDaemonSetUpdate. */
export function* validateDaemonSet(set: DaemonSet, old: DaemonSet | undefined): Generator<Cause> {
  if (old === undefined) yield* validateObjectMeta(set.metadata, { namespaced: true, name: nameIsDnsSubdomain })
  else yield* validateObjectMetaUpdate(set.metadata, old.metadata)
  if (old !== undefined && set.spec === old.spec) return
  yield* validateSpec(set.spec)
  if (old !== undefined) yield* validateSameSelector(set.spec.selector, old.spec.selector)
}

const NO_STATUS: DaemonSetStatus = {
  currentNumberScheduled: 0,
  numberMisscheduled: 0,
  desiredNumberScheduled: 0,
  numberReady: 0,
}

/** ValidateDaemonSetStatusUpdate. */
export function* validateDaemonSetStatus({ status = NO_STATUS }: DaemonSet, old: DaemonSet): Generator<Cause> {
  const counts = [
    'currentNumberScheduled',
    'numberMisscheduled',
    'desiredNumberScheduled',
    'numberReady',
    'observedGeneration',
    'updatedNumberScheduled',
    'numberAvailable',
    'numberUnavailable',
    'collisionCount',
  ] as const
  yield* validateCounts(status, counts, 'status')
  yield* validateNotDecremented(status.collisionCount, old.status?.collisionCount, 'status.collisionCount')
}

function* validateSpec(spec: DaemonSetSpec): Generator<Cause> {
  const { selector, template } = spec
  yield* validateLabelSelector(selector, 'spec.selector')
  const matcher = readSelector(selector)
  if (matcher !== undefined) yield* validateTemplateIsSelected(template, matcher, 'spec.template')
  if (selector !== undefined && isEmptySelector(selector)) {
    yield invalidValue('spec.selector', {}, 'empty selector is invalid for daemonset')
  }
  yield* validatePodTemplate(template, 'spec.template')
  yield* validateLastingTemplate(template, 'activeDeadlineSeconds in DaemonSet is not Supported')
  yield* validateNonNegative(spec.minReadySeconds, 'spec.minReadySeconds')
  yield* validateUpdateStrategy(spec.updateStrategy ?? {}, 'spec.updateStrategy')
  yield* validateNonNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit')
}

const UPDATE_STRATEGIES: readonly string[] = ['RollingUpdate', 'OnDelete']

function* validateUpdateStrategy(
  { type = '', rollingUpdate }: DaemonSetUpdateStrategy,
  field: string,
): Generator<Cause> {
  if (type === 'RollingUpdate') {
    if (rollingUpdate === undefined) yield required(`${field}.rollingUpdate`, '')
    else yield* validateRollingUpdate(rollingUpdate, `${field}.rollingUpdate`)
  } else if (type !== 'OnDelete') {
    // Upstream shows its own form of the strategy, whose fields are capitalized.
    const { maxUnavailable = 0, maxSurge = 0 } = rollingUpdate ?? {}
    const shown = rollingUpdate === undefined ? null : { MaxUnavailable: maxUnavailable, MaxSurge: maxSurge }
    yield notSupported(field, { Type: type, RollingUpdate: shown }, UPDATE_STRATEGIES)
  }
}

function* validateRollingUpdate(
  { maxUnavailable = 0, maxSurge = 0 }: RollingUpdateDaemonSet,
  field: string,
): Generator<Cause> {
  yield* validatePositiveIntOrPercent(maxUnavailable, `${field}.maxUnavailable`)
  yield* validatePositiveIntOrPercent(maxSurge, `${field}.maxSurge`)
  yield* validateNotMoreThan100Percent(maxUnavailable, `${field}.maxUnavailable`)
  yield* validateNotMoreThan100Percent(maxSurge, `${field}.maxSurge`)
  const hasUnavailable = amountOf(maxUnavailable) !== 0
  const hasSurge = amountOf(maxSurge) !== 0
  if (hasUnavailable && hasSurge) {
    yield invalidValue(`${field}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero')
  } else if (!hasUnavailable && !hasSurge) {
    yield required(`${field}.maxUnavailable`, 'cannot be 0 when maxSurge is 0')
  }
}
