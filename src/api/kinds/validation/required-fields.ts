import type { Cause } from '../../errors.ts'
import { required } from '../../errors.ts'

/** Each of `names` must be there and not empty. */
export function* requireFields<T extends object>(
  source: T,
  field: string,
  names: readonly (keyof T & string)[],
): Generator<Cause> {
  for (const name of names) {
    const value: unknown = source[name]
    const isEmpty = value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
    if (isEmpty) yield required(`${field}.${name}`, '')
  }
}
