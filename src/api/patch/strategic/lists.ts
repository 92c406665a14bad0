import { goTypeOf, isList, isObject, printGo, type JsonObject } from '../json-value.ts'
import { PatchError } from '../patch-error.ts'
import { noMergeKey, PATCH_DIRECTIVE } from './directives.ts'

export type List = readonly unknown[]

/**
 * Go's type of the items of all these lists together; strategic merge patches know no lists of lists, and no lists of
 * several types.
 */
export function itemTypeOf(...lists: List[]): string {
  let type: string | undefined
  for (const item of lists.flat()) {
    const itemType = goTypeOf(item)
    if (isList(item)) throw new PatchError('lists of lists are not supported', 'unprocessable')
    type ??= itemType
    if (type !== itemType) throw new PatchError(`list element types are not identical: ${printGo(lists)}`)
  }
  if (type === undefined) throw new PatchError('no elements in any of the given slices')
  return type
}

export function holdsObjects(...lists: List[]): boolean {
  return itemTypeOf(...lists) === goTypeOf({})
}

export function asObject(item: unknown): JsonObject {
  if (!isObject(item)) throw wrongType({}, item)
  return item
}

export function asList(value: unknown): List {
  if (!isList(value)) throw wrongType([], value)
  return value
}

/** What identifies an item: itself, or the value of its merge key, which it must have. */
export function identityOf(item: unknown, mergeKey: string): unknown {
  if (mergeKey === '') return item
  const object = asObject(item)
  if (!Object.hasOwn(object, mergeKey)) throw noMergeKey(object, mergeKey)
  return object[mergeKey]
}

/**
 * Brings the items that a patch knows into the patch's order, the others into the server's, and interleaves the two:
 * both orders hold, and an item of the server's stands before those that it preceded on the server.
 */
export function arrange(
  items: List,
  { patchOrder, serverOrder, mergeKey }: { patchOrder: List; serverOrder: List; mergeKey: string },
): List {
  const patchIndex = indexOf(patchOrder, mergeKey)
  const serverIndex = indexOf(serverOrder, mergeKey)
  const known: unknown[] = []
  const others: unknown[] = []
  for (const item of items) (patchIndex.has(identityOf(item, mergeKey)) ? known : others).push(item)
  return interleave(sortBy(others, serverIndex, mergeKey), sortBy(known, patchIndex, mergeKey), serverIndex, mergeKey)
}

/** By `order`; items that are to be deleted come last. */
export function sortLike(items: List, order: List, mergeKey: string): List {
  return sortBy(items, indexOf(order, mergeKey), mergeKey)
}

export function isDeletion(item: unknown): boolean {
  return isObject(item) && item[PATCH_DIRECTIVE] === 'delete'
}

export function withoutDuplicates(items: List): List {
  return [...new Set(items)]
}

/** As text, which is how strategic merge patches compare scalars of unknown type. */
export function sortScalars(items: List): List {
  return items.toSorted((left, right) => compareText(printGo(left), printGo(right)))
}

export function sortByKey(items: readonly JsonObject[], mergeKey: string): readonly JsonObject[] {
  return items.toSorted((left, right) => compareText(printGo(left[mergeKey]), printGo(right[mergeKey])))
}

function indexOf(order: List, mergeKey: string): ReadonlyMap<unknown, number> {
  const index = new Map<unknown, number>()
  for (const [position, item] of order.entries()) {
    const identity = identityOf(item, mergeKey)
    if (!index.has(identity)) index.set(identity, position)
  }
  return index
}

function sortBy(items: List, index: ReadonlyMap<unknown, number>, mergeKey: string): List {
  const position = (item: unknown): number => index.get(identityOf(item, mergeKey)) ?? -1
  const sorted = items.filter((item) => !isDeletion(item)).toSorted((left, right) => position(left) - position(right))
  return [...sorted, ...items.filter(isDeletion)]
}

function interleave(left: List, right: List, index: ReadonlyMap<unknown, number>, mergeKey: string): List {
  const all: unknown[] = []
  let leftAt = 0
  for (const item of right) {
    const rightPosition = index.get(identityOf(item, mergeKey))
    while (leftAt < left.length && precedes(index.get(identityOf(left[leftAt], mergeKey)), rightPosition)) {
      all.push(left[leftAt++])
    }
    all.push(item)
  }
  return [...all, ...left.slice(leftAt)]
}

function precedes(left: number | undefined, right: number | undefined): boolean {
  return left !== undefined && right !== undefined && left < right
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}

function wrongType(expected: unknown, actual: unknown): PatchError {
  return new PatchError(`expected a ${goTypeOf(expected)}, but received a ${goTypeOf(actual)}`)
}
