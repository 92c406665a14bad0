import type { Cause } from '../../errors.ts'
import { duplicate, invalidValue, notSupported } from '../../errors.ts'
import { validateLabelName, validateLabelValue } from '../../names/labels.ts'
import type { Taint, Toleration } from '../../types.generated.ts'
import { explained } from './causes.ts'
import { validateChoice } from './choices.ts'
import { unchecked } from './unchecked.ts'

const EFFECTS: readonly string[] = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

/** pkg/apis/core/validation/validation.go ValidateTolerations. */
export function* validateTolerations(tolerations: readonly Toleration[], field: string): Generator<Cause> {
  for (const [index, toleration] of tolerations.entries()) {
    yield* validateToleration(toleration, `${field}[${index}]`)
  }
}

/** validateNodeTaints. */
export function* validateTaints(taints: readonly Taint[], field: string): Generator<Cause> {
  const seen = new Set<string>()
  for (const [index, taint] of taints.entries()) {
    const place = `${field}[${index}]`
    const { key = '', value = '', effect = '' } = unchecked(taint)
    yield* validateLabelName(key, `${place}.key`)
    const problems = validateLabelValue(value)
    if (problems.length > 0) yield invalidValue(`${place}.value`, value, problems.join(';'))
    yield* validateChoice(effect, `${place}.effect`, EFFECTS)
    if (seen.has(`${effect} ${key}`)) {
      // Upstream prints its own form of the taint, whose fields are capitalized.
      const printed = { Key: key, Value: value, Effect: effect, TimeAdded: taint.timeAdded ?? null }
      yield explained(duplicate(place, printed), 'taints must be unique by key and effect pair')
    }
    seen.add(`${effect} ${key}`)
  }
}

function* validateToleration(
  { key = '', operator = '', value = '', effect = '', tolerationSeconds }: Toleration,
  field: string,
): Generator<Cause> {
  if (key !== '') yield* validateLabelName(key, `${field}.key`)
  else if (operator !== 'Exists') {
    const rule = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
    yield invalidValue(`${field}.operator`, operator, rule)
  }
  if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
    yield invalidValue(`${field}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set")
  }
  if (operator === '' || operator === 'Equal') {
    const problems = validateLabelValue(value)
    if (problems.length > 0) yield invalidValue(`${field}.operator`, value, problems.join(';'))
  } else if (operator === 'Exists') {
    if (value !== '') yield invalidValue(`${field}.operator`, value, "value must be empty when `operator` is 'Exists'")
  } else yield notSupported(`${field}.operator`, operator, ['Equal', 'Exists'])
  if (effect !== '') yield* validateChoice(effect, `${field}.effect`, EFFECTS)
}
