import { type Cause, duplicate, invalidValue } from '../errors.ts'
import { isJsonObject } from './json.ts'
import type { Schema } from './schema.ts'
import { childPath, indexPath, keyPath } from './traverse.ts'

/**
 * Items that stand twice in lists which must not have any twice. An item that stands there more often is still reported
 * once. After k8s.io/apiextensions-apiserver pkg/apiserver/schema/listtype.
 */
export function* validateListTypes(value: unknown, schema: Schema | undefined, path = ''): Generator<Cause> {
  if (schema === undefined || !hasListTypes(schema)) return
  if (Array.isArray(value)) {
    if (schema['x-kubernetes-list-type'] === 'set') yield* duplicatesIn(value, path)
    if (schema['x-kubernetes-list-type'] === 'map') yield* validateMapList(value, schema, path)
    for (const [index, item] of value.entries()) yield* validateListTypes(item, schema.items, indexPath(path, index))
    return
  }
  if (!isJsonObject(value)) return
  const { properties = {}, additionalProperties } = schema
  for (const [key, inner] of Object.entries(value)) {
    if (typeof additionalProperties === 'object') {
      yield* validateListTypes(inner, additionalProperties, keyPath(path, key))
    }
    if (Object.hasOwn(properties, key)) yield* validateListTypes(inner, properties[key], childPath(path, key))
  }
}

function* validateMapList(list: readonly unknown[], schema: Schema, path: string): Generator<Cause> {
  const stranger = list.findIndex((item) => item !== null && !isJsonObject(item))
  if (stranger >= 0) {
    yield invalidValue(indexPath(path, stranger), list[stranger], 'must be an object for an array of list-type map')
    return
  }
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  const identities = list.map((item) => {
    const known = isJsonObject(item) ? keys.filter((key) => Object.hasOwn(item, key)) : []
    return Object.fromEntries(known.map((key) => [key, (item as Readonly<Record<string, unknown>>)[key]]))
  })
  yield* duplicatesIn(identities, path)
}

function* duplicatesIn(items: readonly unknown[], path: string): Generator<Cause> {
  if (items.length < 2) return
  const counts = new Map<string, number>()
  for (const [index, item] of items.entries()) {
    const identity = canonical(item)
    const count = counts.get(identity) ?? 0
    counts.set(identity, count + 1)
    if (count === 1) yield duplicate(indexPath(path, index), item)
  }
}

/** Text that is the same for the same value, whatever the order of its keys. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (typeof value === 'bigint') return value.toString()
  if (!isJsonObject(value)) return JSON.stringify(value)
  const fields = Object.keys(value).sort()
  return `{${fields.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join()}}`
}

const withListTypes = new WeakMap<Schema, boolean>()

/** Most values have nothing to look for in most of their parts. */
function hasListTypes(schema: Schema): boolean {
  const known = withListTypes.get(schema)
  if (known !== undefined) return known
  const listType = schema['x-kubernetes-list-type']
  const isUnique = listType === 'set' || listType === 'map'
  // A schema that contains itself has what the rest of it has.
  withListTypes.set(schema, isUnique)
  const { properties = {}, additionalProperties, items } = schema
  const children = [...Object.values(properties), additionalProperties, items]
  const found = isUnique || children.some((child) => typeof child === 'object' && hasListTypes(child))
  withListTypes.set(schema, found)
  return found
}
