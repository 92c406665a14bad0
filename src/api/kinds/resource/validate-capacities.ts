import type { Cause } from '../../errors.ts'
import { duplicate, forbiddenField, invalidValue, required, tooMany } from '../../errors.ts'
import {
  compareQuantities,
  printQuantity,
  type Quantity,
  addQuantities,
  signOfQuantity,
  valueOf,
} from '../../quantity.ts'
import { quantity } from '../../quantity-cache.ts'
import type { CapacityRequestPolicy, CapacityRequestPolicyRange, DeviceCapacity } from '../../types.generated.ts'
import { unchecked } from '../validation/unchecked.ts'

/** How much of a capacity one request may take: pkg/apis/resource/validation/validation.go validateRequestPolicy. */

const VALUE_COUNT_MAX = 10

export function* validateCapacity(
  { value, requestPolicy }: DeviceCapacity,
  parent: string,
  { isShared }: { readonly isShared: boolean },
): Generator<Cause> {
  if (requestPolicy === undefined) return
  const field = `${parent}.requestPolicy`
  if (!isShared) {
    yield forbiddenField(field, 'allowMultipleAllocations must be true')
    return
  }
  const { validValues = [], validRange }: CapacityRequestPolicy = requestPolicy
  if (validValues.length > 0 && validRange !== undefined) {
    const rule = 'cannot specify "validValues" and "validRange" at the same time'
    yield forbiddenField(field, `exactly one policy can be specified, ${rule}`)
    return
  }
  const kind = validRange === undefined ? 'validValues' : 'validRange'
  if (validValues.length === 0 && validRange === undefined) return
  if (requestPolicy.default === undefined) {
    yield required(`${field}.default`, `required when ${kind} is defined`)
    return
  }
  const [usual, total] = [quantity(requestPolicy.default), quantity(value)]
  if (validRange === undefined) yield* validateValues(validValues.map(quantity), { usual, total }, `${field}.${kind}`)
  else yield* validateRange(validRange, { usual, total }, `${field}.${kind}`)
}

interface Bounds {
  /** What a request gets that does not say how much. */
  readonly usual: Quantity
  readonly total: Quantity
}

function* validateValues(values: readonly Quantity[], { usual, total }: Bounds, field: string): Generator<Cause> {
  for (const [index, value] of values.entries()) {
    const before = values[index - 1]
    if (before !== undefined && compareQuantities(before, value) > 0) {
      yield invalidValue(`${field}[${index}]`, printQuantity(value), 'values must be sorted in ascending order')
    }
  }
  if (values.length > VALUE_COUNT_MAX) yield tooMany(field, values.length, VALUE_COUNT_MAX)
  else {
    for (const [index, value] of values.entries()) {
      if (compareQuantities(value, total) <= 0) continue
      const rule = `option is larger than capacity value: ${printQuantity(total)}`
      yield invalidValue(`${field}[${index}]`, printQuantity(value), rule)
    }
    const seen = new Set<number>()
    for (const [index, value] of values.entries()) {
      const key = valueOf(value)
      if (seen.has(key)) yield duplicate(`${field}[${index}]`, String(key))
      seen.add(key)
    }
  }
  if (!values.some((value) => compareQuantities(value, usual) === 0)) {
    yield invalidValue(field, printQuantity(usual), 'default value is not valid according to the requestPolicy')
  }
}

function* validateRange(range: CapacityRequestPolicyRange, bounds: Bounds, field: string): Generator<Cause> {
  const given = unchecked(range)
  if (given.min === undefined) {
    yield required(`${field}.min`, 'required when validRange is defined')
    return
  }
  const { usual, total } = bounds
  const min = quantity(given.min)
  if (compareQuantities(min, total) > 0) {
    yield invalidValue(`${field}.min`, printQuantity(min), `min is larger than capacity value: ${printQuantity(total)}`)
  }
  if (compareQuantities(usual, min) < 0) {
    yield invalidValue(`${field}.default`, printQuantity(usual), `default is less than min: ${printQuantity(min)}`)
  }
  const max = given.max === undefined ? undefined : quantity(given.max)
  if (max !== undefined) yield* validateMax(max, min, bounds, field)
  if (given.step !== undefined) yield* validateStep(quantity(given.step), { min, max }, bounds, `${field}.step`)
}

function* validateMax(max: Quantity, min: Quantity, { usual, total }: Bounds, field: string): Generator<Cause> {
  if (compareQuantities(min, max) > 0) {
    yield invalidValue(`${field}.max`, printQuantity(min), `min is larger than max: ${printQuantity(max)}`)
  }
  if (compareQuantities(max, total) > 0) {
    yield invalidValue(`${field}.max`, printQuantity(max), `max is larger than capacity value: ${printQuantity(total)}`)
  }
  if (compareQuantities(usual, max) > 0) {
    yield invalidValue(`${field}.default`, printQuantity(usual), `default is more than max: ${printQuantity(max)}`)
  }
}

function* validateStep(
  step: Quantity,
  { min, max }: { readonly min: Quantity; readonly max: Quantity | undefined },
  { usual, total }: Bounds,
  field: string,
): Generator<Cause> {
  if (signOfQuantity(step) <= 0) {
    yield invalidValue(field, printQuantity(step), 'must be greater than zero')
    return
  }
  const first = addQuantities(min, step)
  if (compareQuantities(first, total) > 0) {
    const rule = `one step ${printQuantity(first)} is larger than capacity value: ${printQuantity(total)}`
    yield invalidValue(field, printQuantity(step), rule)
  }
  for (const value of max === undefined ? [usual] : [usual, max]) {
    if ((valueOf(value) - valueOf(min)) % valueOf(step) === 0) continue
    const rule = `value is not a multiple of a given step (${printQuantity(step)}) from (${printQuantity(min)})`
    yield invalidValue(field, printQuantity(value), rule)
  }
}
