import type { Cause } from '../../errors.ts'
import { invalidValue } from '../../errors.ts'
import { type IntOrString } from '../../int-or-string.ts'
import { validatePercent } from '../../names/words.ts'
import { invalidFor } from '../validation/causes.ts'
import { validateNonNegative } from '../validation/numbers.ts'

/** pkg/apis/apps/validation/validation.go ValidatePositiveIntOrPercent. */
export function* validatePositiveIntOrPercent(value: IntOrString, field: string): Generator<Cause> {
  if (typeof value === 'number') yield* validateNonNegative(value, field)
  else yield* invalidFor(field, value, validatePercent(value))
}

/** IsNotMoreThan100Percent. */
export function* validateNotMoreThan100Percent(value: IntOrString, field: string): Generator<Cause> {
  const percent = percentOf(value)
  if (percent !== undefined && percent > 100) yield invalidValue(field, value, 'must not be greater than 100%')
}

/** The number in a percentage, or the plain number; a text that is neither counts as its leading number does in Go: 0. */
export function amountOf(value: IntOrString): number {
  if (typeof value === 'number') return value
  return percentOf(value) ?? (/^[+-]?\d+$/.test(value) ? Number(value) : 0)
}

function percentOf(value: IntOrString): number | undefined {
  if (typeof value === 'number' || validatePercent(value).length > 0) return undefined
  return Number(value.slice(0, -1))
}
