import type { Cause } from '../../errors.ts'
import { duplicate, invalidValue, notSupported, required, tooLong } from '../../errors.ts'
import { validateLabelName } from '../../names/labels.ts'
import { patternMessage } from '../../names/messages.ts'
import type { Condition } from '../../types.generated.ts'
import { type Unchecked, unchecked } from '../validation/unchecked.ts'

const STATUSES: readonly string[] = ['False', 'True', 'Unknown']
const REASON_SIZE_BYTES_MAX = 1024
const MESSAGE_SIZE_BYTES_MAX = 32 * 1024

const REASON = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?'
const REASON_REGEXP = new RegExp(`^${REASON}$`)
const REASON_RULE =
  "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'"
const REASON_EXAMPLES = ['my_name', 'MY_NAME', 'MyName', 'ReasonA,ReasonB', 'ReasonA:ReasonB']

/** k8s.io/apimachinery pkg/apis/meta/v1/validation/validation.go ValidateConditions: conditions of the common type. */
export function* validateConditions(conditions: readonly Condition[], field: string): Generator<Cause> {
  const types = new Set<string>()
  for (const [index, condition] of conditions.entries()) {
    const { type = '' } = unchecked(condition)
    if (types.has(type)) yield duplicate(`${field}[${index}]`, type)
    types.add(type)
    yield* validateCondition(condition, `${field}[${index}]`)
  }
}

function* validateCondition(condition: Unchecked<Condition>, field: string): Generator<Cause> {
  const { type = '', status = '', reason = '', message = '', observedGeneration = 0 } = condition
  if (type === '') yield required(`${field}.type`, 'is required')
  else yield* validateLabelName(type, `${field}.type`)
  if (status === '') yield required(`${field}.status`, '')
  else if (!STATUSES.includes(status)) yield notSupported(`${field}.status`, status, STATUSES)
  if (observedGeneration < 0) {
    yield invalidValue(`${field}.observedGeneration`, observedGeneration, 'must be greater than or equal to zero')
  }
  if ((condition.lastTransitionTime ?? '') === '') yield required(`${field}.lastTransitionTime`, '')
  if (reason === '') yield required(`${field}.reason`, '')
  else {
    if (!REASON_REGEXP.test(reason)) {
      yield invalidValue(`${field}.reason`, reason, patternMessage(REASON_RULE, REASON, ...REASON_EXAMPLES))
    }
    if (Buffer.byteLength(reason) > REASON_SIZE_BYTES_MAX) yield tooLong(`${field}.reason`, REASON_SIZE_BYTES_MAX)
  }
  if (Buffer.byteLength(message) > MESSAGE_SIZE_BYTES_MAX) yield tooLong(`${field}.message`, MESSAGE_SIZE_BYTES_MAX)
}
