import type { Cause } from '../../errors.ts'
import { duplicate, invalidValue, notSupported, required, tooMany } from '../../errors.ts'
import { validateLabelName } from '../../names/labels.ts'
import type {
  JobSpec,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyOnPodConditionsPattern,
  PodFailurePolicyRule,
} from '../../types.generated.ts'
import { invalidUnshown } from '../strategy/bare-causes.ts'
import { unchecked, type Unchecked } from '../validation/unchecked.ts'

const RULES_MAX = 20
const EXIT_CODES_MAX = 255
const CONDITIONS_MAX = 20

const ACTIONS: readonly string[] = ['Count', 'FailIndex', 'FailJob', 'Ignore']
const OPERATORS: readonly string[] = ['In', 'NotIn']
const STATUSES: readonly string[] = ['False', 'True', 'Unknown']

/** pkg/apis/batch/validation/validation.go validatePodFailurePolicy. */
export function* validateFailurePolicy(spec: JobSpec, field: string): Generator<Cause> {
  const { rules = [] } = unchecked(spec.podFailurePolicy ?? { rules: [] })
  if (rules.length > RULES_MAX) yield tooMany(`${field}.rules`, rules.length, RULES_MAX)
  for (const [index, rule] of rules.entries()) yield* validateRule(rule, spec, `${field}.rules[${index}]`)
}

function* validateRule(rule: PodFailurePolicyRule, spec: JobSpec, field: string): Generator<Cause> {
  const { action = '', onExitCodes, onPodConditions = [] } = unchecked(rule)
  if (action === 'FailIndex') {
    if (spec.backoffLimitPerIndex === undefined) {
      yield invalidValue(`${field}.action`, action, 'requires the backoffLimitPerIndex to be set')
    }
  } else yield* validateWord(action, `${field}.action`, ACTIONS)
  if (onExitCodes !== undefined) yield* validateExitCodes(onExitCodes, spec, `${field}.onExitCodes`)
  if (onPodConditions.length > 0) yield* validateConditions(onPodConditions, `${field}.onPodConditions`)
  if (onExitCodes !== undefined && onPodConditions.length > 0) {
    yield invalidUnshown(field, 'specifying both OnExitCodes and OnPodConditions is not supported')
  }
  if (onExitCodes === undefined && onPodConditions.length === 0) {
    yield invalidUnshown(field, 'specifying one of OnExitCodes and OnPodConditions is required')
  }
}

function* validateConditions(
  patterns: readonly PodFailurePolicyOnPodConditionsPattern[],
  field: string,
): Generator<Cause> {
  if (patterns.length > CONDITIONS_MAX) yield tooMany(field, patterns.length, CONDITIONS_MAX)
  for (const [index, { type = '', status = '' }] of patterns.entries()) {
    yield* validateLabelName(type, `${field}[${index}].type`)
    yield* validateWord(status, `${field}[${index}].status`, STATUSES)
  }
}

function* validateExitCodes(
  { operator = '', containerName, values = [] }: Unchecked<PodFailurePolicyOnExitCodesRequirement>,
  { template: { spec } }: JobSpec,
  field: string,
): Generator<Cause> {
  yield* validateWord(operator, `${field}.operator`, OPERATORS)
  const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])]
  if (containerName !== undefined && !containers.some(({ name }) => name === containerName)) {
    const rule = 'must be one of the container or initContainer names in the pod template'
    yield invalidValue(`${field}.containerName`, containerName, rule)
  }
  const place = `${field}.values`
  if (values.length === 0) yield invalidValue(place, null, 'at least one value is required')
  else if (values.length > EXIT_CODES_MAX) yield tooMany(place, values.length, EXIT_CODES_MAX)
  const seen = new Set<number>()
  for (const [index, value] of values.entries()) {
    if (operator === 'In' && value === 0) {
      yield invalidValue(`${place}[${index}]`, value, 'must not be 0 for the In operator')
    }
    if (seen.has(value)) yield duplicate(`${place}[${index}]`, value)
    seen.add(value)
  }
  const isOrdered = values.every((value, index) => index === 0 || (values[index - 1] ?? 0) <= value)
  if (!isOrdered) yield invalidValue(place, values, 'must be ordered')
}

function* validateWord(value: string, field: string, words: readonly string[]): Generator<Cause> {
  if (value === '') yield required(field, `valid values: [${words.map((word) => JSON.stringify(word)).join(' ')}]`)
  else if (!words.includes(value)) yield notSupported(field, value, words)
}
