import type { Cause } from '../../errors.ts'

/** `Invalid value`, where upstream does not show the value. */
export function invalidUnshown(field: string, detail: string): Cause {
  return { reason: 'FieldValueInvalid', message: `Invalid value: ${detail}`, field }
}
