import { ownField, setOwnField } from '../../base/own-field.ts'
import { below, hasMember, isEmptySet, union, FieldSetBuilder, pathsOf, hasPath, type FieldSet } from './field-set.ts'
import { elementOf } from './list-item.ts'
import { fieldElement, keysOf } from './path-element.ts'
import { shapeBelow, treatedAs, type ListShape, type MapShape, type Shape } from './shape.ts'
import { toFieldSet } from './to-field-set.ts'
import { asList, asMap } from './typed-value.ts'

/**
 * `value` without the fields and items of `paths`. What would be left empty becomes null, as upstream has it.
 * After structured-merge-diff typed/remove.go.
 */
export function removeItems(value: unknown, paths: FieldSet, shape: Shape): unknown {
  return isEmptySet(paths) ? value : walk(value, paths, shape, false)
}

/** Only the fields and items of `paths`. */
export function extractItems(
  value: unknown,
  paths: FieldSet,
  shape: Shape,
  { withKeys = false }: { readonly withKeys?: boolean } = {},
): unknown {
  return walk(value, withKeys ? union(paths, keyFieldsOf(value, paths, shape)) : paths, shape, true)
}

/** The fields that make up the keys of the items that `paths` lead through. */
function keyFieldsOf(value: unknown, paths: FieldSet, shape: Shape): FieldSet {
  const owned = toFieldSet(value, shape)
  const keyFields = new FieldSetBuilder()
  for (const path of pathsOf(paths)) {
    if (!hasPath(owned, path)) continue
    for (const [depth, element] of path.entries()) {
      for (const name of Object.keys(keysOf(element) ?? {})) {
        keyFields.insert([...path.slice(0, depth + 1), fieldElement(name)])
      }
    }
  }
  return keyFields.build()
}

function walk(value: unknown, paths: FieldSet, shape: Shape, extracts: boolean): unknown {
  switch (treatedAs(shape, value)) {
    case 'map':
      return shape.map === undefined ? null : walkMap(value, paths, shape.map, extracts)
    case 'list':
      return shape.list === undefined ? null : walkList(value, paths, shape.list, extracts)
    case 'scalar':
      return value
    default:
      return null
  }
}

function walkMap(value: unknown, paths: FieldSet, map: MapShape, extracts: boolean): unknown {
  const object = asMap(value)
  if (object === undefined) return null
  const keys = Object.keys(object).filter((key) => object[key] !== undefined)
  if (keys.length === 0 || map.atomic) return extracts ? value : null
  const kept: Record<string, unknown> = {}
  let changed = false
  for (const key of keys) {
    const inner = object[key]
    const shape = shapeBelow(map, key) ?? {}
    const element = fieldElement(key)
    const deeper = below(paths, element)
    if (hasMember(paths, element)) {
      if (extracts) setOwnField(kept, key, walk(inner, paths, shape, true))
    } else if (!isEmptySet(deeper)) setOwnField(kept, key, walk(inner, deeper, shape, extracts))
    else if (!extracts) setOwnField(kept, key, inner)
    changed ||= ownField(kept, key) !== inner
  }
  if (!changed) return value
  return Object.keys(kept).length > 0 ? kept : null
}

function walkList(value: unknown, paths: FieldSet, list: ListShape, extracts: boolean): unknown {
  const items = asList(value)
  if (items === undefined) return null
  if (items.length === 0 || list.atomic) return extracts ? value : null
  const kept: unknown[] = []
  for (const item of items) {
    const element = elementOf(list, item)
    const deeper = below(paths, element)
    const isNamed = hasMember(paths, element)
    const isOnTheWay = !isEmptySet(deeper)
    if (extracts ? !isNamed && !isOnTheWay : isNamed) continue
    kept.push(isOnTheWay ? walk(item, deeper, list.items(), extracts) : item)
  }
  if (kept.length === items.length && kept.every((item, index) => item === items[index])) return value
  return kept.length > 0 ? kept : null
}
