import type { Cause } from '../../errors.ts'
import { duplicate, tooMany } from '../../errors.ts'

/** pkg/apis/resource/validation/validation.go validateSlice: what is too long is not looked at any further. */
export function* validateList<T>(
  items: readonly T[],
  field: string,
  { countMax }: { readonly countMax: number },
  validateItem: (item: T, field: string) => Iterable<Cause>,
): Generator<Cause> {
  if (items.length > countMax) {
    yield tooMany(field, items.length, countMax)
    return
  }
  for (const [index, item] of items.entries()) yield* validateItem(item, `${field}[${index}]`)
}

/** validateSet: as `validateList`, and no two items have the same key. `printKey` is how a message shows it. */
export function* validateDistinct<T>(
  items: readonly T[],
  field: string,
  { countMax = Number.POSITIVE_INFINITY, keyOf }: { readonly countMax?: number; readonly keyOf: (item: T) => unknown },
  validateItem: (item: T, field: string) => Iterable<Cause>,
): Generator<Cause> {
  yield* validateList(items, field, { countMax }, validateItem)
  if (items.length > countMax) return
  const keys = new Set<string>()
  for (const [index, item] of items.entries()) {
    const key = keyOf(item)
    const text = JSON.stringify(key) ?? ''
    if (keys.has(text)) yield duplicate(`${field}[${index}]`, key)
    keys.add(text)
  }
}
