import type { Cause } from '../../errors.ts'
import { invalidValue } from '../../errors.ts'
import { validateNonNegative } from '../validation/numbers.ts'

/** Each of these fields of `source` counts something. */
export function* validateCounts<T extends object>(
  source: T,
  names: readonly (keyof T & string)[],
  field: string,
): Generator<Cause> {
  for (const name of names) {
    const value = source[name]
    if (typeof value === 'number') yield* validateNonNegative(value, `${field}.${name}`)
  }
}

/** No part of the replicas is more than all of them. */
export function* validatePartsOfReplicas<T extends { readonly replicas?: number }>(
  status: T,
  names: readonly (keyof T & string)[],
): Generator<Cause> {
  const { replicas = 0 } = status
  for (const name of names) {
    const value = status[name] ?? 0
    if (typeof value === 'number' && value > replicas) {
      yield invalidValue(`status.${name}`, value, 'cannot be greater than status.replicas')
    }
  }
}

export function* validateNotDecremented(
  value: number | undefined,
  old: number | undefined,
  field: string,
): Generator<Cause> {
  if (old !== undefined && (value === undefined || value < old)) {
    yield invalidValue(field, value ?? 0, 'cannot be decremented')
  }
}
