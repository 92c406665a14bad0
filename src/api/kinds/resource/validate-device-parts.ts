import type { Cause } from '../../errors.ts'
import { duplicate, invalidValue, notSupported, required, tooLong } from '../../errors.ts'
import { validateLabelName, validateLabelValue } from '../../names/labels.ts'
import type { DeviceTaint, DeviceToleration, OpaqueDeviceConfiguration } from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'
import { validateChoice } from '../validation/choices.ts'
import { type Unchecked, unchecked } from '../validation/unchecked.ts'
import { validateList } from './bounded-lists.ts'
import { validateDeviceDriver } from './device-names.ts'

/** What claims, classes and slices have in common: pkg/apis/resource/validation/validation.go. */

const EFFECTS: readonly string[] = ['NoExecute', 'NoSchedule', 'None']
const OPERATORS: readonly string[] = ['Equal', 'Exists']
const PARAMETERS_MAX_BYTES = 10 * 1024
const CONDITION_COUNT_MAX = 4

/** validateDeviceConfiguration. */
export function* validateConfiguration(
  { opaque }: { readonly opaque?: OpaqueDeviceConfiguration },
  field: string,
  { isStored = false }: { readonly isStored?: boolean } = {},
): Generator<Cause> {
  if (opaque === undefined) {
    yield required(`${field}.opaque`, '')
    return
  }
  const { driver = '', parameters } = unchecked(opaque)
  yield* validateDeviceDriver(driver, `${field}.opaque.driver`)
  const sizeMaxBytes = isStored ? Number.POSITIVE_INFINITY : PARAMETERS_MAX_BYTES
  yield* validateRawObject(parameters, `${field}.opaque.parameters`, sizeMaxBytes)
}

/** validateRawExtension: data that only others can read. */
export function* validateRawObject(value: unknown, field: string, sizeMaxBytes: number): Generator<Cause> {
  if (value === undefined || value === null) yield required(field, '')
  else if (Buffer.byteLength(JSON.stringify(value)) > sizeMaxBytes) yield tooLong(field, sizeMaxBytes)
  else if (typeof value !== 'object' || Array.isArray(value)) {
    yield invalidValue(field, '<value omitted>', 'must be a valid JSON object')
  }
}

/** validateDeviceTaint. */
export function* validateDeviceTaint(taint: Unchecked<DeviceTaint>, field: string): Generator<Cause> {
  const { key = '', value = '', effect } = taint
  yield* validateLabelName(key, `${field}.key`)
  if (value !== '') yield* invalidFor(`${field}.value`, value, validateLabelValue(value))
  yield* validateChoice(effect, `${field}.effect`, EFFECTS)
}

/** validateDeviceToleration. */
export function* validateDeviceToleration(toleration: DeviceToleration, field: string): Generator<Cause> {
  const { key = '', operator, value = '', effect = '' } = toleration
  if (key !== '') yield* validateLabelName(key, `${field}.key`)
  if (operator === 'Exists') {
    if (value !== '') yield invalidValue(`${field}.value`, value, 'must be empty for operator `Exists`')
  } else if (operator === 'Equal') yield* invalidFor(`${field}.value`, value, validateLabelValue(value))
  else yield* validateChoice(operator, `${field}.operator`, OPERATORS)
  if (effect !== '' && !EFFECTS.includes(effect)) yield notSupported(`${field}.effect`, effect, EFFECTS)
}

interface Binding {
  readonly bindingConditions?: readonly string[]
  readonly bindingFailureConditions?: readonly string[]
}

/** validateDeviceBindingParameters: what must be true before, and what means that it never will be. */
export function* validateBinding(
  { bindingConditions: wanted = [], bindingFailureConditions: failures = [] }: Binding,
  field: string,
): Generator<Cause> {
  const [wantedField, failureField] = [`${field}.bindingConditions`, `${field}.bindingFailureConditions`]
  yield* validateList(wanted, wantedField, { countMax: CONDITION_COUNT_MAX }, validateLabelName)
  yield* validateList(failures, failureField, { countMax: CONDITION_COUNT_MAX }, validateLabelName)
  for (const [index, condition] of wanted.entries()) {
    if (wanted.indexOf(condition) < index) yield duplicate(`${wantedField}[${index}]`, condition)
  }
  for (const [index, condition] of failures.entries()) {
    const at = `${failureField}[${index}]`
    if (failures.indexOf(condition) < index) yield duplicate(at, condition)
    if (wanted.includes(condition)) {
      yield invalidValue(at, condition, 'bindingFailureConditions must not overlap with bindingConditions')
    }
  }
  if (wanted.length === 0 && failures.length > 0) {
    yield invalidValue(wantedField, null, 'bindingConditions are required to use bindingFailureConditions')
  }
  if (failures.length === 0 && wanted.length > 0) {
    yield invalidValue(failureField, null, 'bindingFailureConditions are required to use bindingConditions')
  }
}
