import { type Cause, forbiddenField, invalidValue, notSupported, required } from '../../errors.ts'
import { childPath, propertyPath } from '../../schema/traverse.ts'
import type { JSONSchemaProps } from '../../types.generated.ts'
import { isSchemaList } from './schema-search.ts'

export interface ListRules {
  readonly requireAtomicSets: boolean
  readonly requireSoundMapLists: boolean
}

/** What is wrong with how a schema says that lists and maps are merged and compared. */
export function* validateListAndMapType(schema: JSONSchemaProps, path: string, rules: ListRules): Generator<Cause> {
  const mapType = schema['x-kubernetes-map-type']
  const listType = schema['x-kubernetes-list-type']
  if (mapType !== undefined) {
    yield* validateOwner(schema, path, { extension: 'x-kubernetes-map-type', type: 'object' })
    if (mapType !== 'atomic' && mapType !== 'granular') {
      yield notSupported(childPath(path, 'x-kubernetes-map-type'), mapType, ['atomic', 'granular'])
    }
  }
  if (listType !== undefined && schema.type !== 'array') {
    yield* validateOwner(schema, path, { extension: 'x-kubernetes-list-type', type: 'array' })
  } else if (rules.requireAtomicSets && isNonAtomicSet(schema)) yield nonAtomicSet(schema, path)
  if (listType !== undefined && !['atomic', 'set', 'map'].includes(listType)) {
    yield notSupported(childPath(path, 'x-kubernetes-list-type'), listType, ['atomic', 'set', 'map'])
  }
  yield* validateMapKeys(schema, path)
  if (rules.requireSoundMapLists) yield* mapListProblems(schema, path)
}

function* validateOwner(
  { type = '' }: JSONSchemaProps,
  path: string,
  wanted: { readonly extension: string; readonly type: string },
): Generator<Cause> {
  if (type === wanted.type) return
  const field = childPath(path, 'type')
  const rule = `must be ${wanted.type} if ${wanted.extension} is specified`
  yield type === '' ? required(field, rule) : invalidValue(field, type, rule)
}

/** The schema of a list's items, where there is exactly one. */
function itemsOf({ items }: JSONSchemaProps): JSONSchemaProps | undefined {
  return isSchemaList(items) ? undefined : items
}

/** Whether a set has items of which parts can be owned by different managers. */
export function isNonAtomicSet(schema: JSONSchemaProps): boolean {
  const items = itemsOf(schema)
  if (schema['x-kubernetes-list-type'] !== 'set' || items === undefined) return false
  if (items.type === 'array') return (items['x-kubernetes-list-type'] ?? 'atomic') !== 'atomic'
  return items.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic'
}

function nonAtomicSet(schema: JSONSchemaProps, path: string): Cause {
  const items = itemsOf(schema)
  const extension = items?.type === 'array' ? 'x-kubernetes-list-type' : 'x-kubernetes-map-type'
  const field = childPath(childPath(path, 'items'), extension)
  const rule = 'must be atomic as item of a list with x-kubernetes-list-type=set'
  return invalidValue(field, items?.['x-kubernetes-list-type'], rule)
}

function* validateMapKeys(schema: JSONSchemaProps, path: string): Generator<Cause> {
  const listType = schema['x-kubernetes-list-type']
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  const listTypePath = childPath(path, 'x-kubernetes-list-type')
  const keysPath = childPath(path, 'x-kubernetes-list-map-keys')
  if (keys.length > 0 && listType !== 'map') {
    const rule = 'must be map if x-kubernetes-list-map-keys is non-empty'
    yield listType === undefined ? required(listTypePath, rule) : invalidValue(listTypePath, listType, rule)
  }
  if (listType !== 'map') return
  if (keys.length === 0) yield required(keysPath, 'must not be empty if x-kubernetes-list-type is map')
  const itemsPath = childPath(path, 'items')
  const items = itemsOf(schema)
  if (schema.items === undefined) {
    yield required(itemsPath, 'must have a schema if x-kubernetes-list-type is map')
  } else if (items === undefined) {
    yield invalidValue(itemsPath, schema.items, 'must only have a single schema if x-kubernetes-list-type is map')
  } else if (items.type !== 'object') {
    const rule = "must be object if parent array's x-kubernetes-list-type is map"
    yield invalidValue(childPath(itemsPath, 'type'), items.type ?? '', rule)
  } else yield* validateKeys(keys, items, { itemsPath, keysPath })
}

function* validateKeys(
  keys: readonly string[],
  items: JSONSchemaProps,
  { itemsPath, keysPath }: { readonly itemsPath: string; readonly keysPath: string },
): Generator<Cause> {
  for (const [index, key] of keys.entries()) {
    const property = propertyOf(items, key)
    if (property === undefined) {
      yield invalidValue(keysPath, keys, 'entries must all be names of item properties')
    } else if (property.type === 'array' || property.type === 'object') {
      const rule = "must be a scalar type if parent array's x-kubernetes-list-type is map"
      yield invalidValue(childPath(propertyPath(itemsPath, key), 'type'), items.type, rule)
    }
    if (keys.indexOf(key) < index) yield invalidValue(keysPath, keys, 'must not contain duplicate entries')
  }
}

function propertyOf({ properties = {} }: JSONSchemaProps, name: string): JSONSchemaProps | undefined {
  return Object.hasOwn(properties, name) ? properties[name] : undefined
}

/** Items of sets and maps are there, and those of maps have each of their keys. */
export function* mapListProblems(schema: JSONSchemaProps, path: string): Generator<Cause> {
  const items = itemsOf(schema)
  const listType = schema['x-kubernetes-list-type']
  if (items === undefined || (listType !== 'set' && listType !== 'map')) return
  const itemsPath = childPath(path, 'items')
  if (items.nullable === true) {
    const rule = `cannot be nullable when x-kubernetes-list-type is ${listType}`
    yield forbiddenField(childPath(itemsPath, 'nullable'), rule)
  }
  if (listType !== 'map') return
  for (const key of schema['x-kubernetes-list-map-keys'] ?? []) {
    const property = propertyOf(items, key)
    if (property === undefined) continue
    const at = propertyPath(itemsPath, key)
    const rule = 'this property is in x-kubernetes-list-map-keys, so it'
    if (items.required?.includes(key) !== true && property.default === undefined) {
      yield required(childPath(at, 'default'), `${rule} must have a default or be a required property`)
    }
    if (property.nullable === true) yield forbiddenField(childPath(at, 'nullable'), `${rule} cannot be nullable`)
  }
}
