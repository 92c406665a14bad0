import { deepEqual } from '../../base/equal.ts'
import { ownField, setOwnField } from '../../base/own-field.ts'
import { elementOf } from './list-item.ts'
import { fieldElement, printPath, type PathElement } from './path-element.ts'
import { shapeBelow, treatedAs, type Kind, type ListShape, type MapShape, type Shape } from './shape.ts'
import { asList, asMap, TypedValueError, type JsonObject } from './typed-value.ts'
import { scalarProblem } from './validate.ts'

/**
 * Merges `right` over `left`: nothing goes, leaves are the right one's, and lists come in the left one's order unless the
 * right one demands another. What does not change is shared with `left`.
 * After structured-merge-diff typed/merge.go. Throws a `TypedValueError` for values that are not valid.
 */
export function mergeTyped(left: unknown, right: unknown, shape: Shape): unknown {
  return mergeValues(left, right, shape, [])
}

type Elements = readonly PathElement[]

function mergeValues(left: unknown, right: unknown, shape: Shape, path: Elements): unknown {
  if (left === right || right === undefined) return left
  const leftKind = treatedAs(shape, left)
  const rightKind = treatedAs(shape, right)
  // Only says whether the old value is valid where its kind is not that of the new one.
  if (left !== undefined && leftKind !== rightKind) mergeAs(leftKind, left, right, shape, path)
  return mergeAs(rightKind, left, right, shape, path)
}

function mergeAs(kind: Kind | undefined, left: unknown, right: unknown, shape: Shape, path: Elements): unknown {
  switch (kind) {
    case 'map':
      return shape.map === undefined ? right : mergeMaps(left, right, shape.map, path)
    case 'list':
      return shape.list === undefined ? right : mergeLists(left, right, shape.list, path)
    case 'scalar':
      return mergeScalars(left, right, shape, path)
    default:
      throw new TypedValueError([at(path, 'schema error: invalid atom: inlined')])
  }
}

function mergeScalars(left: unknown, right: unknown, { scalar = 'untyped' }: Shape, path: Elements): unknown {
  const leftProblem = scalarProblem(left, scalar)
  const rightProblem = scalarProblem(right, scalar)
  if (leftProblem !== undefined && rightProblem !== undefined) {
    throw new TypedValueError([at(path, `lhs: ${leftProblem}`), at(path, `rhs: ${rightProblem}`)])
  }
  return keep(left, right)
}

function mergeMaps(left: unknown, right: unknown, map: MapShape, path: Elements): unknown {
  const lefts = asMap(left)
  const rights = asMap(right)
  if (map.atomic || (isEmpty(lefts) && isEmpty(rights))) return keep(left, right)
  let merged: Record<string, unknown> | undefined = lefts === undefined ? {} : undefined
  for (const key in rights) {
    if (rights[key] === undefined) continue
    const shape = shapeBelow(map, key)
    const element = fieldElement(key)
    if (shape === undefined) throw new TypedValueError([at([...path, element], 'field not declared in schema')])
    const before = ownField(lefts, key)
    const value = mergeValues(before, rights[key], shape, [...path, element])
    if (value !== before) setOwnField((merged ??= { ...lefts }), key, value)
  }
  return merged ?? left
}

function mergeLists(left: unknown, right: unknown, list: ListShape, path: Elements): unknown {
  const lefts = asList(left) ?? []
  const rights = asList(right) ?? []
  if (list.atomic || (lefts.length === 0 && rights.length === 0)) return keep(left, right)
  const merged = mergeItems(lefts, rights, list, path)
  if (lefts.length === merged.length && merged.every((item, index) => item === lefts[index])) return left
  return merged
}

/**
 * Walks both lists. The right one's items come in its order; between them stand the left one's own items, each as early
 * as the shared items around it allow.
 */
function mergeItems(lefts: readonly unknown[], rights: readonly unknown[], list: ListShape, path: Elements): unknown[] {
  const left = index(lefts, list, { path, allowDuplicates: true })
  const right = index(rights, list, { path, allowDuplicates: false })
  const merge = (element: PathElement, before: unknown): unknown =>
    mergeValues(before, right.byElement.get(element), list.items(), [...path, element])
  const shared = right.elements.filter((element) => left.byElement.has(element))
  const taken = new Set<PathElement>()
  const merged: unknown[] = []
  let [leftAt, rightAt, sharedAt] = [0, 0, 0]
  while (leftAt < left.elements.length || rightAt < right.elements.length) {
    const mine = left.elements[leftAt]
    const other = right.elements[rightAt]
    if (mine !== undefined && other !== undefined) {
      if (mine === other) {
        taken.add(mine)
        merged.push(merge(mine, left.byElement.get(mine)))
        leftAt++
        rightAt++
        sharedAt++
        continue
      }
      // A shared item whose turn has not come.
      const turn = shared[sharedAt]
      if (right.byElement.has(mine) && turn !== undefined && turn !== mine) {
        leftAt++
        continue
      }
    }
    if (mine !== undefined) {
      if (!right.byElement.has(mine)) {
        merged.push(lefts[leftAt])
        leftAt++
        continue
      }
      if (taken.has(mine)) leftAt++
    }
    if (other !== undefined) {
      taken.add(other)
      merged.push(merge(other, left.byElement.get(other)))
      rightAt++
      if (shared[sharedAt] === other) sharedAt++
    }
  }
  return merged
}

interface Index {
  readonly elements: Elements
  /** Items that are there twice are not merged with anything: they are undefined here. */
  readonly byElement: ReadonlyMap<PathElement, unknown>
}

function index(
  items: readonly unknown[],
  list: ListShape,
  { path, allowDuplicates }: { path: Elements; allowDuplicates: boolean },
): Index {
  const elements: PathElement[] = []
  const byElement = new Map<PathElement, unknown>()
  for (const [position, item] of items.entries()) {
    const element = identify(list, item, at(path, `element ${position}`))
    const isDuplicate = byElement.has(element)
    if (isDuplicate && !allowDuplicates) {
      throw new TypedValueError([at(path, `duplicate entries for key ${printPath([element])}`)])
    }
    byElement.set(element, isDuplicate ? undefined : item)
    elements.push(element)
  }
  return { elements, byElement }
}

function identify(list: ListShape, item: unknown, where: string): PathElement {
  try {
    return elementOf(list, item)
  } catch (failure) {
    if (failure instanceof TypedValueError) throw new TypedValueError([`${where}: ${failure.message}`])
    throw failure
  }
}

function keep(left: unknown, right: unknown): unknown {
  if (right === undefined) return left
  return left !== undefined && deepEqual(left, right) ? left : right
}

function isEmpty(object: JsonObject | undefined): boolean {
  for (const key in object) if (object[key] !== undefined) return false
  return true
}

function at(path: Elements, problem: string): string {
  return path.length === 0 ? problem : `${printPath(path)}: ${problem}`
}
