import { deepEqual } from '../../base/equal.ts'
import { FieldSetBuilder, type FieldSet } from './field-set.ts'
import { elementOf } from './list-item.ts'
import { fieldElement, printPath, type PathElement } from './path-element.ts'
import { shapeBelow, treatedAs, type Kind, type ListShape, type MapShape, type Shape } from './shape.ts'
import { asList, asMap, TypedValueError } from './typed-value.ts'
import { wholeNode } from './whole-set.ts'
import { scalarProblem } from './validate.ts'

/** What led from one object to another. No path is in two of the sets. */
export interface Comparison {
  readonly removed: FieldSet
  readonly modified: FieldSet
  readonly added: FieldSet
}

/**
 * Compares two values of one type. Shared parts cost nothing: values are immutable, so what is the same reference is
 * the same. After structured-merge-diff typed/compare.go. Throws a `TypedValueError` for values that are not valid.
 */
export function compareTyped(left: unknown, right: unknown, shape: Shape): Comparison {
  const walk: Walk = {
    path: [],
    removed: new FieldSetBuilder(),
    modified: new FieldSetBuilder(),
    added: new FieldSetBuilder(),
  }
  compareValues(left, right, shape, walk)
  return { removed: walk.removed.build(), modified: walk.modified.build(), added: walk.added.build() }
}

interface Walk {
  readonly path: PathElement[]
  readonly removed: FieldSetBuilder
  readonly modified: FieldSetBuilder
  readonly added: FieldSetBuilder
}

function compareValues(left: unknown, right: unknown, shape: Shape, walk: Walk): void {
  if (left === right) return
  if (left === undefined) return walk.added.graft(walk.path, wholeNode(right, shape))
  if (right === undefined) return walk.removed.graft(walk.path, wholeNode(left, shape))
  const leftKind = treatedAs(shape, left)
  const rightKind = treatedAs(shape, right)
  // A value that changes its kind is looked at as both: the old one goes, the new one comes.
  if (leftKind !== rightKind) compareAs(leftKind, left, right, shape, walk)
  compareAs(rightKind, left, right, shape, walk)
}

function compareAs(kind: Kind | undefined, left: unknown, right: unknown, shape: Shape, walk: Walk): void {
  switch (kind) {
    case 'map':
      return shape.map && compareMaps(left, right, shape.map, walk)
    case 'list':
      return shape.list && compareLists(left, right, shape.list, walk)
    case 'scalar':
      return compareScalars(left, right, shape, walk)
    default:
      throw new TypedValueError([`${printPath(walk.path)}: schema error: invalid atom: inlined`])
  }
}

function compareScalars(left: unknown, right: unknown, { scalar = 'untyped' }: Shape, walk: Walk): void {
  const leftProblem = scalarProblem(left, scalar)
  const rightProblem = scalarProblem(right, scalar)
  if (leftProblem !== undefined && rightProblem !== undefined) {
    const where = walk.path.length === 0 ? '' : `${printPath(walk.path)}: `
    throw new TypedValueError([`${where}lhs: ${leftProblem}`, `${where}rhs: ${rightProblem}`])
  }
  compareWholes(left, right, walk)
}

function compareWholes(left: unknown, right: unknown, walk: Walk): void {
  if (!deepEqual(left, right)) walk.modified.insert(walk.path)
}

function compareMaps(left: unknown, right: unknown, map: MapShape, walk: Walk): void {
  const lefts = asMap(left)
  const rights = asMap(right)
  // Two empty ones are wholes, which keeps null and empty apart.
  if (map.atomic || (isEmpty(lefts) && isEmpty(rights))) {
    return compareWholes(left, right, walk)
  }
  for (const key in lefts) compareField(key, lefts[key], rights?.[key], map, walk)
  for (const key in rights) if (lefts?.[key] === undefined) compareField(key, undefined, rights[key], map, walk)
}

function compareField(key: string, left: unknown, right: unknown, map: MapShape, walk: Walk): void {
  if (left === right) return
  const shape = shapeBelow(map, key)
  if (shape === undefined)
    throw new TypedValueError([`${printPath([...walk.path, fieldElement(key)])}: field not declared in schema`])
  descend(fieldElement(key), left, right, shape, walk)
}

function descend(element: PathElement, left: unknown, right: unknown, shape: Shape, walk: Walk): void {
  walk.path.push(element)
  compareValues(left, right, shape, walk)
  walk.path.pop()
}

function compareLists(left: unknown, right: unknown, list: ListShape, walk: Walk): void {
  const lefts = asList(left) ?? []
  const rights = asList(right) ?? []
  if (list.atomic || (lefts.length === 0 && rights.length === 0)) {
    return compareWholes(left, right, walk)
  }
  const leftItems = itemsByElement(lefts, list, walk)
  const rightItems = itemsByElement(rights, list, walk)
  for (const [element, items] of leftItems) compareItems(element, items, rightItems.get(element) ?? [], list, walk)
  for (const [element, items] of rightItems) {
    if (!leftItems.has(element)) compareItems(element, [], items, list, walk)
  }
}

/** Items that are there more than once are compared as wholes. */
function compareItems(
  element: PathElement,
  lefts: readonly unknown[],
  rights: readonly unknown[],
  list: ListShape,
  walk: Walk,
): void {
  const [left] = lefts
  const [right] = rights
  const path = [...walk.path, element]
  if (lefts.length <= 1 && rights.length <= 1) return descend(element, left, right, list.items(), walk)
  if (lefts.length >= 2 && rights.length >= 2) {
    if (!deepEqual(lefts, rights)) walk.modified.insert(path)
  } else if (lefts.length >= 2) {
    if (rights.length > 0) descend(element, undefined, right, list.items(), walk)
    walk.removed.insert(path)
  } else {
    if (lefts.length > 0) descend(element, left, undefined, list.items(), walk)
    walk.added.insert(path)
  }
}

function itemsByElement(items: readonly unknown[], list: ListShape, walk: Walk): Map<PathElement, unknown[]> {
  const byElement = new Map<PathElement, unknown[]>()
  for (const [index, item] of items.entries()) {
    const element = identify(list, item, index, walk)
    const known = byElement.get(element)
    if (known === undefined) byElement.set(element, [item])
    else known.push(item)
  }
  return byElement
}

function identify(list: ListShape, item: unknown, index: number, walk: Walk): PathElement {
  try {
    return elementOf(list, item)
  } catch (failure) {
    if (!(failure instanceof TypedValueError)) throw failure
    throw new TypedValueError([`${printPath(walk.path)}: element ${index}: ${failure.message}`])
  }
}

function isEmpty(object: Readonly<Record<string, unknown>> | undefined): boolean {
  for (const key in object) if (object[key] !== undefined) return false
  return true
}
