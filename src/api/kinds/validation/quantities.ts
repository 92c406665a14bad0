import type { Cause } from '../../errors.ts'
import { invalidValue } from '../../errors.ts'
import { QuantityError } from '../../quantity-parse.ts'
import { printQuantity, signOfQuantity, milliValueOf, type Quantity } from '../../quantity.ts'
import { NEGATIVE_MESSAGE, NOT_POSITIVE_MESSAGE } from './numbers.ts'
import { readQuantity } from './resource-lists.ts'
import { isIntegerResource } from './resource-names.ts'

/** pkg/apis/core/validation/validation.go ValidateResourceQuantityValue. */
export function* validateResourceQuantity(resource: string, text: string, field: string): Generator<Cause> {
  const value = readQuantity(text)
  if (value instanceof QuantityError) {
    yield invalidValue(field, text, value.message)
    return
  }
  if (signOfQuantity(value) < 0) yield invalidValue(field, printQuantity(value), NEGATIVE_MESSAGE)
  if (isIntegerResource(resource) && milliValueOf(value) % 1000 !== 0) {
    yield invalidValue(field, printQuantity(value), 'must be an integer')
  }
}

export function* validatePositiveQuantity(value: Quantity, field: string): Generator<Cause> {
  if (signOfQuantity(value) <= 0) yield invalidValue(field, printQuantity(value), NOT_POSITIVE_MESSAGE)
}
