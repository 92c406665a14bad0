/** What JSON text reads as. Integers that a double cannot hold may come as bigint. */
export type JsonObject = Readonly<Record<string, unknown>>

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Says of `rewriteObject` that a field is to go. */
export const DROP = Symbol('drop')

/** The object with each field replaced by what `rewrite` makes of it; the same object when that changes nothing. */
export function rewriteObject(object: JsonObject, rewrite: (value: unknown, key: string) => unknown): JsonObject {
  let entries: [string, unknown][] | undefined
  const keys = Object.keys(object)
  for (const [index, key] of keys.entries()) {
    const before = object[key]
    const after = rewrite(before, key)
    if (after !== before) entries ??= keys.slice(0, index).map((known) => [known, object[known]])
    if (after !== DROP) entries?.push([key, after])
  }
  return entries === undefined ? object : Object.fromEntries(entries)
}

export function rewriteArray(
  array: readonly unknown[],
  rewrite: (value: unknown, index: number) => unknown,
): readonly unknown[] {
  let copy: unknown[] | undefined
  for (let index = 0; index < array.length; index++) {
    const before = array[index]
    const after = rewrite(before, index)
    if (after === before) continue
    copy ??= [...array]
    copy[index] = after
  }
  return copy ?? array
}

/** Equality of JSON values, whatever the order of keys. */
export function sameJson(left: unknown, right: unknown): boolean {
  if (left === right) return true
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) {
    return isNumeric(left) && isNumeric(right) && left == right
  }
  if (Array.isArray(left) || Array.isArray(right)) {
    if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false
    return left.every((item, index) => sameJson(item, right[index]))
  }
  return sameObjects(left as JsonObject, right as JsonObject)
}

function sameObjects(left: JsonObject, right: JsonObject): boolean {
  const keys = Object.keys(left)
  if (keys.length !== Object.keys(right).length) return false
  return keys.every((key) => Object.hasOwn(right, key) && sameJson(left[key], right[key]))
}

function isNumeric(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}
