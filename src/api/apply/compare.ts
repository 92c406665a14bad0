import { deepEqual } from '../../base/equal.ts'
import { ownField } from '../../base/own-field.ts'
import { added, both, MODIFIED, noChange, removed, type ChangeLink, type Comparison, type Delta } from './delta.ts'
import { NO_FIELDS } from './field-set.ts'
import { elementOf } from './list-item.ts'
import { fieldElement, printPath, type PathElement } from './path-element.ts'
import { treatedAs, type Kind, type ListShape, type MapShape, type Shape } from './shape.ts'
import { asList, asMap, TypedValueError } from './typed-value.ts'
import { wholeNode } from './whole-set.ts'
import { scalarProblem } from './validate.ts'

export type { Comparison }

/**
 * Compares two values of one type. Shared parts cost nothing: values are immutable, so what is the same reference is
 * the same. After structured-merge-diff typed/compare.go. Throws a `TypedValueError` for values that are not valid.
 */
export function compareTyped(left: unknown, right: unknown, shape: Shape): Comparison {
  return (compareValues(left, right, shape, { path: [] }) ?? noChange().result()).comparison
}

interface Walk {
  readonly path: PathElement[]
}

/** Nothing where the values do not differ. */
function compareValues(left: unknown, right: unknown, shape: Shape, walk: Walk): Delta | undefined {
  if (left === right) return undefined
  if (left === undefined) return added(wholeNode(right, shape))
  if (right === undefined) return removed(wholeNode(left, shape))
  const leftKind = treatedAs(shape, left)
  const rightKind = treatedAs(shape, right)
  if (leftKind === rightKind) return compareAs(leftKind, left, right, shape, walk)
  // A value that changes its kind is looked at as both: the old one goes, the new one comes.
  return both(compareAs(leftKind, left, right, shape, walk), compareAs(rightKind, left, right, shape, walk))
}

function compareAs(kind: Kind | undefined, left: unknown, right: unknown, shape: Shape, walk: Walk): Delta | undefined {
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

function compareScalars(left: unknown, right: unknown, { scalar = 'untyped' }: Shape, walk: Walk): Delta | undefined {
  const leftProblem = scalarProblem(left, scalar)
  const rightProblem = scalarProblem(right, scalar)
  if (leftProblem !== undefined && rightProblem !== undefined) {
    const where = walk.path.length === 0 ? '' : `${printPath(walk.path)}: `
    throw new TypedValueError([`${where}lhs: ${leftProblem}`, `${where}rhs: ${rightProblem}`])
  }
  return compareWholes(left, right)
}

function compareWholes(left: unknown, right: unknown): Delta | undefined {
  return deepEqual(left, right) ? undefined : MODIFIED
}

function compareMaps(left: unknown, right: unknown, map: MapShape, walk: Walk): Delta | undefined {
  const lefts = asMap(left)
  const rights = asMap(right)
  // Two empty ones are wholes, which keeps null and empty apart.
  if (map.atomic || (isEmpty(lefts) && isEmpty(rights))) return compareWholes(left, right)
  const none = noChange()
  let changes = none
  for (const key in lefts) changes = compareField(changes, key, lefts[key], ownField(rights, key), map, walk)
  for (const key in rights) {
    if (ownField(lefts, key) === undefined) changes = compareField(changes, key, undefined, rights[key], map, walk)
  }
  return changes === none ? undefined : changes.result()
}

function compareField(
  changes: ChangeLink,
  key: string,
  left: unknown,
  right: unknown,
  map: MapShape,
  walk: Walk,
): ChangeLink {
  if (left === right) return changes
  const field = map.field(key)
  const shape = field?.shape() ?? map.values?.()
  const element = field?.element ?? fieldElement(key)
  if (shape === undefined)
    throw new TypedValueError([`${printPath([...walk.path, element])}: field not declared in schema`])
  return withChange(changes, element, descend(element, left, right, shape, walk))
}

function descend(element: PathElement, left: unknown, right: unknown, shape: Shape, walk: Walk): Delta | undefined {
  walk.path.push(element)
  const delta = compareValues(left, right, shape, walk)
  walk.path.pop()
  return delta
}

function withChange(changes: ChangeLink, element: PathElement, delta: Delta | undefined): ChangeLink {
  return delta === undefined ? changes : changes.next(element, delta)
}

function compareLists(left: unknown, right: unknown, list: ListShape, walk: Walk): Delta | undefined {
  const lefts = asList(left) ?? []
  const rights = asList(right) ?? []
  if (list.atomic || (lefts.length === 0 && rights.length === 0)) return compareWholes(left, right)
  const leftElements = lefts.map((item, index) => identify(list, item, index, walk))
  const rightElements = rights.map((item, index) => identify(list, item, index, walk))
  const none = noChange()
  let changes = none
  if (isAligned(leftElements, rightElements)) {
    for (let index = 0; index < leftElements.length; index++) {
      const element = leftElements[index] as PathElement
      changes = withChange(changes, element, descend(element, lefts[index], rights[index], list.items(), walk))
    }
    return changes === none ? undefined : changes.result()
  }
  const leftItems = itemsByElement(lefts, leftElements)
  const rightItems = itemsByElement(rights, rightElements)
  for (const [element, items] of leftItems) {
    changes = withChange(changes, element, compareItems(element, items, rightItems.get(element) ?? [], list, walk))
  }
  for (const [element, items] of rightItems) {
    if (!leftItems.has(element)) {
      changes = withChange(changes, element, compareItems(element, [], items, list, walk))
    }
  }
  return changes === none ? undefined : changes.result()
}

/** Whether the same items, each there once, stand in the same order: the usual case. */
function isAligned(lefts: readonly PathElement[], rights: readonly PathElement[]): boolean {
  if (lefts.length !== rights.length) return false
  for (let index = 0; index < lefts.length; index++) {
    if (lefts[index] !== rights[index]) return false
  }
  return new Set(lefts).size === lefts.length
}

/** Items that are there more than once are compared as wholes. */
function compareItems(
  element: PathElement,
  lefts: readonly unknown[],
  rights: readonly unknown[],
  list: ListShape,
  walk: Walk,
): Delta | undefined {
  const [left] = lefts
  const [right] = rights
  if (lefts.length <= 1 && rights.length <= 1) return descend(element, left, right, list.items(), walk)
  if (lefts.length >= 2 && rights.length >= 2) return compareWholes(lefts, rights)
  if (lefts.length >= 2) {
    const came = rights.length > 0 ? descend(element, undefined, right, list.items(), walk) : undefined
    return both(came, removed(NO_FIELDS))
  }
  const gone = lefts.length > 0 ? descend(element, left, undefined, list.items(), walk) : undefined
  return both(gone, added(NO_FIELDS))
}

function itemsByElement(
  items: readonly unknown[],
  elements: readonly PathElement[],
): ReadonlyMap<PathElement, readonly unknown[]> {
  const byElement = new Map<PathElement, unknown[]>()
  for (const [index, element] of elements.entries()) {
    const known = byElement.get(element)
    if (known === undefined) byElement.set(element, [items[index]])
    else known.push(items[index])
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
