import type { Path, PathElement } from './path-element.ts'

/**
 * A set of paths into an object: what somebody owns of it. It is a tree that looks as managedFields show it, so that
 * nothing has to be converted, and equal sets can be one object in memory:
 *
 *     { 'f:spec': { 'f:replicas': {}, 'f:template': { '.': {}, 'f:metadata': {} } } }
 *
 * holds .spec.replicas, .spec.template and .spec.template.metadata, but not .spec.
 *
 * Invariants:
 *  1. A node without children is a member. A node with children is a member if it has the child `.`.
 *  2. Nothing but `{}` stands at `.`, and the root has none: nobody owns a whole object.
 *  3. Elements are canonical, see path-element.ts.
 *  4. A set is never changed. What an operation leaves alone is shared with its operands.
 *
 * After sigs.k8s.io/structured-merge-diff fieldpath/set.go.
 */
export interface FieldSet {
  readonly [element: string]: FieldSet
}

export const NO_FIELDS: FieldSet = Object.freeze({})

export function isEmptySet(set: FieldSet): boolean {
  for (const _ in set) return false
  return true
}

export function fieldSetOf(paths: Iterable<Path>): FieldSet {
  const builder = new FieldSetBuilder()
  for (const path of paths) builder.insert(path)
  return builder.build()
}

/** Every path of the set, parents before children. */
export function* pathsOf(set: FieldSet, prefix: readonly string[] = []): Generator<readonly string[]> {
  for (const element in set) {
    if (element === '.') continue
    const node = set[element] ?? NO_FIELDS
    const path = [...prefix, element]
    if (isMember(node)) yield path
    yield* pathsOf(node, path)
  }
}

export function hasPath(set: FieldSet, path: readonly string[]): boolean {
  let node: FieldSet | undefined = set
  for (const element of path) {
    node = childOf(node, element)
    if (node === undefined) return false
  }
  return path.length > 0 && isMember(node)
}

/** Whether `element` itself is in the set, children aside. */
export function hasMember(set: FieldSet, element: PathElement): boolean {
  const node = childOf(set, element)
  return node !== undefined && isMember(node)
}

/** What of the set lies below `element`. */
export function below(set: FieldSet, element: PathElement): FieldSet {
  const node = childOf(set, element)
  if (node === undefined) return NO_FIELDS
  return withoutSelf(node)
}

export function sameFields(left: FieldSet, right: FieldSet): boolean {
  if (left === right) return true
  let count = 0
  for (const element in left) {
    const other = childOf(right, element)
    if (other === undefined || !sameFields(left[element] ?? NO_FIELDS, other)) return false
    count++
  }
  for (const _ in right) count--
  return count === 0
}

export function union(left: FieldSet, right: FieldSet): FieldSet {
  if (left === right || isEmptySet(right)) return left
  if (isEmptySet(left)) return right
  return uniteChildren(left, right)
}

/** What both have; a parent is no child's equal. */
export function intersection(left: FieldSet, right: FieldSet): FieldSet {
  if (left === right) return left
  const common: Record<string, FieldSet> = {}
  for (const element in right) {
    const mine = childOf(left, element)
    const other = right[element]
    if (element === '.' || mine === undefined || other === undefined) continue
    const node = intersectNodes(mine, other)
    if (node !== undefined) common[element] = node
  }
  return common
}

/** Takes the paths of `right` away, and nothing below or above them. */
export function difference(left: FieldSet, right: FieldSet): FieldSet {
  return subtract(left, right, (mine, other) => {
    const isTaken = isMember(other)
    if (isEmptySet(mine)) return isTaken ? undefined : mine
    const rest = difference(mine, other)
    const isMarked = Object.hasOwn(mine, '.')
    if (rest === mine && !(isMarked && isTaken)) return mine
    return compose(isMarked && !isTaken, withoutSelf(rest))
  })
}

/** Takes the paths of `right` away with everything below them. */
export function recursiveDifference(left: FieldSet, right: FieldSet): FieldSet {
  return subtract(left, right, (mine, other) => {
    if (isMember(other)) return undefined
    const rest = recursiveDifference(mine, other)
    return rest === mine ? mine : compose(Object.hasOwn(mine, '.'), withoutSelf(rest))
  })
}

/** Only the paths that are nobody's parents. */
export function leavesOf(set: FieldSet): FieldSet {
  const leaves: Record<string, FieldSet> = {}
  for (const element in set) if (element !== '.') leaves[element] = leavesOf(set[element] ?? NO_FIELDS)
  return leaves
}

/** A member, or only on the way to members. */
export function isMember(node: FieldSet): boolean {
  return isEmptySet(node) || Object.hasOwn(node, '.')
}

export function childOf(set: FieldSet, element: string): FieldSet | undefined {
  return Object.hasOwn(set, element) ? set[element] : undefined
}

/** A node from its parts; nothing where it would neither be a member nor lead to one. */
export function compose(member: boolean, children: FieldSet): FieldSet | undefined {
  if (isEmptySet(children)) return member ? NO_FIELDS : undefined
  return member ? { '.': NO_FIELDS, ...children } : children
}

export function withoutSelf(node: FieldSet): FieldSet {
  if (!Object.hasOwn(node, '.')) return node
  const { '.': _, ...children } = node
  return children
}

/** Collects paths. */
export class FieldSetBuilder {
  readonly #root: MutableNode = {}

  insert(path: readonly string[]): void {
    let node = this.#root
    for (let index = 0; index < path.length - 1; index++) node = this.#descend(node, path[index] ?? '')
    const last = path.at(-1)
    if (last === undefined) return
    const known = node[last]
    if (known === undefined) node[last] = {}
    else if (!isMember(known)) known['.'] = {}
  }

  build(): FieldSet {
    return this.#root
  }

  #descend(node: MutableNode, element: string): MutableNode {
    const known = node[element]
    if (known === undefined) return (node[element] = {})
    // A member gets children, and so needs a mark of its own.
    if (isEmptySet(known)) known['.'] = {}
    return known
  }
}

interface MutableNode {
  [element: string]: MutableNode
}

function uniteChildren(left: FieldSet, right: FieldSet): FieldSet {
  let united: Record<string, FieldSet> | undefined
  for (const element in right) {
    const other = right[element]
    if (element === '.' || other === undefined) continue
    const mine = childOf(left, element)
    const node = mine === undefined ? other : uniteNodes(mine, other)
    if (node !== mine) (united ??= { ...left })[element] = node
  }
  return united ?? left
}

/** The same for two nodes at one path. */
export function uniteNodes(left: FieldSet, right: FieldSet): FieldSet {
  if (left === right) return left
  if (isEmptySet(left)) return isMember(right) ? right : { '.': NO_FIELDS, ...right }
  const united = uniteChildren(left, right)
  return !isMember(right) || Object.hasOwn(united, '.') ? united : { '.': NO_FIELDS, ...united }
}

function intersectNodes(left: FieldSet, right: FieldSet): FieldSet | undefined {
  if (left === right) return left
  return compose(isMember(left) && isMember(right), intersection(left, right))
}

/** `remainder` gives back the very node of which nothing was taken. */
function subtract(
  left: FieldSet,
  right: FieldSet,
  remainder: (mine: FieldSet, other: FieldSet) => FieldSet | undefined,
): FieldSet {
  let changed: Map<string, FieldSet | undefined> | undefined
  for (const element in right) {
    const mine = childOf(left, element)
    const other = right[element]
    if (element === '.' || mine === undefined || other === undefined) continue
    const node = remainder(mine, other)
    if (node !== mine) (changed ??= new Map()).set(element, node)
  }
  if (changed === undefined) return left
  // Built anew rather than deleted from: V8 keeps objects fast that only ever grew.
  const rest: Record<string, FieldSet> = {}
  for (const element in left) {
    const node = changed.has(element) ? changed.get(element) : left[element]
    if (node !== undefined) rest[element] = node
  }
  return rest
}
