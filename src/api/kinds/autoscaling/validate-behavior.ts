import type { Cause } from '../../errors.ts'
import { invalidValue, notSupported, required } from '../../errors.ts'
import { QuantityError } from '../../quantity-parse.ts'
import { printQuantity, signOfQuantity } from '../../quantity.ts'
import type { HorizontalPodAutoscalerBehavior, HPAScalingPolicy, HPAScalingRules } from '../../types.generated.ts'
import { NEGATIVE_MESSAGE, NOT_POSITIVE_MESSAGE } from '../validation/numbers.ts'
import { readQuantity } from '../validation/resource-lists.ts'
import { unchecked } from '../validation/unchecked.ts'

const PERIOD_SECONDS_MAX = 1800
const STABILIZATION_WINDOW_SECONDS_MAX = 3600

const SELECT_POLICIES: readonly string[] = ['Disabled', 'Max', 'Min']
const POLICY_TYPES: readonly string[] = ['Percent', 'Pods']

/** pkg/apis/autoscaling/validation/validation.go validateBehavior. */
export function* validateBehavior(behavior: HorizontalPodAutoscalerBehavior, field: string): Generator<Cause> {
  if (behavior.scaleUp !== undefined) yield* validateRules(behavior.scaleUp, `${field}.scaleUp`)
  if (behavior.scaleDown !== undefined) yield* validateRules(behavior.scaleDown, `${field}.scaleDown`)
}

function* validateRules(rules: HPAScalingRules, field: string): Generator<Cause> {
  const { stabilizationWindowSeconds: seconds = 0, selectPolicy, policies = [], tolerance } = rules
  const window = `${field}.stabilizationWindowSeconds`
  if (seconds < 0) yield invalidValue(window, seconds, 'must be greater than or equal to zero')
  if (seconds > STABILIZATION_WINDOW_SECONDS_MAX) {
    yield invalidValue(window, seconds, `must be less than or equal to ${STABILIZATION_WINDOW_SECONDS_MAX}`)
  }
  if (selectPolicy !== undefined && !SELECT_POLICIES.includes(selectPolicy)) {
    yield notSupported(`${field}.selectPolicy`, selectPolicy, SELECT_POLICIES)
  }
  if (policies.length === 0) yield required(`${field}.policies`, 'must specify at least one Policy')
  for (const [index, policy] of policies.entries()) yield* validatePolicy(policy, `${field}.policies[${index}]`)
  if (tolerance !== undefined) yield* validateTolerance(tolerance, `${field}.tolerance`)
}

function* validatePolicy(policy: HPAScalingPolicy, field: string): Generator<Cause> {
  const { type = '', value = 0, periodSeconds = 0 } = unchecked(policy)
  if (!POLICY_TYPES.includes(type)) yield notSupported(`${field}.type`, type, POLICY_TYPES)
  if (value <= 0) yield invalidValue(`${field}.value`, value, NOT_POSITIVE_MESSAGE)
  if (periodSeconds <= 0) yield invalidValue(`${field}.periodSeconds`, periodSeconds, NOT_POSITIVE_MESSAGE)
  if (periodSeconds > PERIOD_SECONDS_MAX) {
    yield invalidValue(`${field}.periodSeconds`, periodSeconds, `must be less than or equal to ${PERIOD_SECONDS_MAX}`)
  }
}

function* validateTolerance(text: string, field: string): Generator<Cause> {
  const value = readQuantity(text)
  if (value instanceof QuantityError) yield invalidValue(field, text, value.message)
  else if (signOfQuantity(value) < 0) yield invalidValue(field, printQuantity(value), NEGATIVE_MESSAGE)
}
