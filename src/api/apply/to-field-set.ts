import { compose, NO_FIELDS, type FieldSet } from './field-set.ts'
import { elementOf } from './list-item.ts'
import { fieldElement, type PathElement } from './path-element.ts'
import { shapeBelow, treatedAs, type ListShape, type MapShape, type Shape } from './shape.ts'
import { asList, asMap } from './typed-value.ts'

/**
 * What a manager owns who sets exactly this value: its leaves, the items of its lists, and the keys of its maps that
 * were not declared. The value must be valid. After structured-merge-diff typed/tofieldset.go.
 */
export function toFieldSet(value: unknown, shape: Shape): FieldSet {
  return ownedBelow(value, shape).children
}

interface Owned {
  /** Whether the value itself is a leaf. */
  readonly self: boolean
  readonly children: FieldSet
}

const LEAF: Owned = { self: true, children: NO_FIELDS }
const NOTHING_OWNED: Owned = { self: false, children: NO_FIELDS }

function ownedBelow(value: unknown, shape: Shape): Owned {
  switch (treatedAs(shape, value)) {
    case 'map':
      return shape.map === undefined || shape.map.atomic ? LEAF : ownedOfMap(value, shape.map)
    case 'list':
      return shape.list === undefined || shape.list.atomic ? LEAF : ownedOfList(value, shape.list)
    default:
      return LEAF
  }
}

function ownedOfMap(value: unknown, map: MapShape): Owned {
  const object = asMap(value)
  if (object === undefined) return NOTHING_OWNED
  const children: Record<string, FieldSet> = {}
  for (const key in object) {
    const inner = object[key]
    const shape = shapeBelow(map, key)
    if (inner === undefined || shape === undefined) continue
    const owned = ownedBelow(inner, shape)
    const self = owned.self || isEmpty(inner) || map.field(key) === undefined
    const node = compose(self, owned.children)
    if (node !== undefined) children[fieldElement(key)] = node
  }
  return { self: false, children }
}

/** Items that are there twice are owned as a whole, since they cannot be told apart. */
function ownedOfList(value: unknown, list: ListShape): Owned {
  const children: Record<string, FieldSet> = {}
  const seen = new Set<PathElement>()
  for (const item of asList(value) ?? []) {
    const element = elementOf(list, item)
    children[element] = seen.has(element)
      ? NO_FIELDS
      : (compose(true, ownedBelow(item, list.items()).children) ?? NO_FIELDS)
    seen.add(element)
  }
  return { self: false, children }
}

function isEmpty(value: unknown): boolean {
  if (value === null) return true
  const object = asMap(value)
  return object !== undefined && Object.keys(object).length === 0
}
