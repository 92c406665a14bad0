import type { Cause } from '../../errors.ts'
import { invalidValue } from '../../errors.ts'

export const NEGATIVE_MESSAGE = 'must be greater than or equal to 0'
export const NOT_POSITIVE_MESSAGE = 'must be greater than zero'

/** k8s.io/apimachinery pkg/api/validation/generic.go ValidateNonnegativeField. */
export function* validateNonNegative(value: number | undefined, field: string): Generator<Cause> {
  if (value !== undefined && value < 0) yield invalidValue(field, value, NEGATIVE_MESSAGE)
}

const FILE_MODE_MAX = 0o777

export function* validateFileMode(mode: number | undefined, field: string): Generator<Cause> {
  if (mode === undefined || (mode >= 0 && mode <= FILE_MODE_MAX)) return
  yield invalidValue(field, mode, 'must be a number between 0 and 0777 (octal), both inclusive')
}
