import { keyElement, textKeyElement, valueElement, type PathElement } from './path-element.ts'
import type { ListShape } from './shape.ts'
import { asMap, TypedValueError } from './typed-value.ts'

/** What tells an item of a list from the others. Throws a `TypedValueError` where nothing does. */
export function elementOf(list: ListShape, item: unknown): PathElement {
  if (list.atomic) throw new TypedValueError(['invalid indexing of non-associative list'])
  return list.keys.length > 0 ? elementByKeys(list, item) : elementByValue(item)
}

function elementByKeys(list: ListShape, item: unknown): PathElement {
  if (item === null || item === undefined) {
    throw new TypedValueError(['associative list with keys may not have a null element'])
  }
  const object = asMap(item)
  if (object === undefined) throw new TypedValueError(['associative list with keys may not have non-map elements'])
  const [only] = list.keys
  const text = only === undefined || list.keys.length > 1 ? undefined : object[only]
  if (only !== undefined && typeof text === 'string') return textKeyElement(only, text)
  const keys: Record<string, unknown> = {}
  let count = 0
  for (const key of list.keys) {
    const value = object[key] === undefined ? defaultOf(list, key) : object[key]
    if (value === undefined) continue
    keys[key] = value
    count++
  }
  if (count > 0) return keyElement(keys)
  const names = `[${list.keys.map((key) => JSON.stringify(key)).join(' ')}]`
  throw new TypedValueError([
    `associative list with keys has an element that omits all key fields ${names} (and doesn't have default values for any key fields)`,
  ])
}

function defaultOf(list: ListShape, key: string): unknown {
  const { map } = list.items()
  if (map === undefined) {
    throw new TypedValueError([`couldn't find default value for ${key}: associative list may not have non-map types`])
  }
  return map.field(key)?.default ?? undefined
}

function elementByValue(item: unknown): PathElement {
  if (item === null || item === undefined) {
    throw new TypedValueError(["associative list without keys has an element that's an explicit null"])
  }
  if (Array.isArray(item)) throw new TypedValueError(['not supported: associative list with lists as elements'])
  if (typeof item === 'object') {
    throw new TypedValueError(["associative list without keys has an element that's a map type"])
  }
  return valueElement(item)
}
