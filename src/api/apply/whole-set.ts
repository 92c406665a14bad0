import { Chains } from './chain.ts'
import { compose, NO_FIELDS, type FieldSet } from './field-set.ts'
import { intern } from './field-set-text.ts'
import { elementOf } from './list-item.ts'
import { fieldElement, type PathElement } from './path-element.ts'
import { treatedAs, type ListShape, type MapShape, type Shape } from './shape.ts'
import { asList, asMap } from './typed-value.ts'

/**
 * Everything that comes, or goes, with a value: the value itself and all its fields and items, parents included. Values
 * of the same fields have the very same node.
 */
export function wholeNode(value: unknown, shape: Shape): FieldSet {
  if (typeof value !== 'object' || value === null) return NO_FIELDS
  switch (treatedAs(shape, value)) {
    case 'map':
      return shape.map === undefined || shape.map.atomic ? NO_FIELDS : nodeOfMap(value, shape.map)
    case 'list':
      return shape.list === undefined || shape.list.atomic ? NO_FIELDS : nodeOfList(value, shape.list)
    default:
      return NO_FIELDS
  }
}

const LINKS_MAX = 20_000

const nodes = new Chains<FieldSet, FieldSet>({
  linksMax: LINKS_MAX,
  make(links) {
    const children: Record<string, FieldSet> = {}
    for (const { element, child } of links) children[element] = child ?? NO_FIELDS
    return intern(compose(true, children) ?? NO_FIELDS)
  },
})

function nodeOfMap(value: object, map: MapShape): FieldSet {
  const object = asMap(value)
  let node = nodes.start()
  for (const key in object) {
    const inner = object[key]
    if (inner === undefined) continue
    const field = map.field(key)
    const shape = field?.shape() ?? map.values?.()
    if (shape !== undefined) node = node.next(field?.element ?? fieldElement(key), wholeNode(inner, shape))
  }
  return node.result()
}

/** Items that are there twice cannot be told apart, and count as wholes. */
function nodeOfList(value: object, list: ListShape): FieldSet {
  let node = nodes.start()
  const seen = new Set<PathElement>()
  for (const item of asList(value) ?? []) {
    const element = elementOf(list, item)
    node = node.next(element, seen.has(element) ? NO_FIELDS : wholeNode(item, list.items()))
    seen.add(element)
  }
  return node.result()
}
