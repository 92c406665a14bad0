import { compose, NO_FIELDS, type FieldSet } from './field-set.ts'
import { intern } from './field-set-text.ts'
import { elementOf } from './list-item.ts'
import { fieldElement, type PathElement } from './path-element.ts'
import { shapeBelow, treatedAs, type ListShape, type MapShape, type Shape } from './shape.ts'
import { asList, asMap } from './typed-value.ts'

/**
 * Everything that comes, or goes, with a value: the value itself and all its fields and items, parents included.
 * Remembered by reference, since the pods of one template share their containers.
 */
export function wholeNode(value: unknown, shape: Shape): FieldSet {
  if (typeof value !== 'object' || value === null) return NO_FIELDS
  const byShape = wholes.get(value)
  const known = byShape?.get(shape)
  if (known !== undefined) return known
  const node = intern(makeNode(value, shape))
  if (byShape === undefined) wholes.set(value, new WeakMap([[shape, node]]))
  else byShape.set(shape, node)
  return node
}

const wholes = new WeakMap<object, WeakMap<Shape, FieldSet>>()

function makeNode(value: object, shape: Shape): FieldSet {
  switch (treatedAs(shape, value)) {
    case 'map':
      return shape.map === undefined || shape.map.atomic ? NO_FIELDS : nodeOfMap(value, shape.map)
    case 'list':
      return shape.list === undefined || shape.list.atomic ? NO_FIELDS : nodeOfList(value, shape.list)
    default:
      return NO_FIELDS
  }
}

function nodeOfMap(value: object, map: MapShape): FieldSet {
  const children: Record<string, FieldSet> = {}
  for (const [key, inner] of Object.entries(asMap(value) ?? {})) {
    const shape = shapeBelow(map, key)
    if (inner !== undefined && shape !== undefined) children[fieldElement(key)] = wholeNode(inner, shape)
  }
  return compose(true, children) ?? NO_FIELDS
}

/** Items that are there twice cannot be told apart, and count as wholes. */
function nodeOfList(value: object, list: ListShape): FieldSet {
  const children: Record<string, FieldSet> = {}
  const seen = new Set<PathElement>()
  for (const item of asList(value) ?? []) {
    const element = elementOf(list, item)
    children[element] = seen.has(element) ? NO_FIELDS : wholeNode(item, list.items())
    seen.add(element)
  }
  return compose(true, children) ?? NO_FIELDS
}
