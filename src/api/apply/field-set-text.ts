import { Chains } from './chain.ts'
import { isEmptySet, NO_FIELDS, type FieldSet } from './field-set.ts'
import { comparePathElements, parsePathElement, PathElementError } from './path-element.ts'

/**
 * The set that a managedFields entry holds. Foreign entries are brought into canonical form once; those that this
 * process wrote are so already. Throws a `PathElementError`.
 */
export function readFieldSet(fields: Readonly<Record<string, unknown>>): FieldSet {
  if (isFinal(fields)) return fields
  const known = readBefore.get(fields)
  if (known !== undefined) return known
  const set = intern(readNode(fields))
  readBefore.set(fields, set)
  return set
}

/**
 * The set in its final form: sorted as upstream writes it, and the one object in this process for its content where
 * there is room to remember it. Pods of one template then share one set, whoever writes them.
 */
export function intern(set: FieldSet): FieldSet {
  if (isEmptySet(set)) return NO_FIELDS
  if (interned.has(set)) return set
  let link = nodes.start()
  let last = ''
  for (const element in set) {
    if (last !== '' && compareElements(last, element) > 0) return intern(sorted(set))
    link = link.next(element, intern(set[element] ?? NO_FIELDS))
    last = element
  }
  return link.result()
}

/** JSON text, sorted. */
export function printFieldSet(set: FieldSet): string {
  return JSON.stringify(intern(set))
}

/** Throws a `PathElementError` or a `SyntaxError`. */
export function parseFieldSet(text: string): FieldSet {
  const fields: unknown = JSON.parse(text)
  if (!isRecord(fields)) throw new PathElementError('expected an object of fields')
  return readFieldSet(fields)
}

/** More than these are those of a cluster that is changing its shape; the old ones are then forgotten. */
const LINKS_MAX = 50_000

const readBefore = new WeakMap<object, FieldSet>()
/** The nodes that are in their final form. */
const interned = new WeakSet<object>([NO_FIELDS])
const nodes = new Chains<FieldSet, FieldSet>({
  linksMax: LINKS_MAX,
  make(links) {
    const node: Record<string, FieldSet> = {}
    for (const { element, child } of links) node[element] = child ?? NO_FIELDS
    interned.add(node)
    return node
  },
})

function isFinal(fields: object): fields is FieldSet {
  return interned.has(fields)
}

function readNode(fields: Readonly<Record<string, unknown>>): FieldSet {
  const node: Record<string, FieldSet> = {}
  for (const [text, value] of Object.entries(fields)) {
    if (!isRecord(value)) throw new PathElementError(`expected an object of fields at ${text}`)
    if (text === '.') continue
    const element = parsePathElement(text)
    if (element !== undefined) node[element] = readChild(value)
  }
  return node
}

function readChild(fields: Readonly<Record<string, unknown>>): FieldSet {
  const children = readNode(fields)
  return Object.hasOwn(fields, '.') && !isEmptySet(children) ? { '.': NO_FIELDS, ...children } : children
}

function sorted(set: FieldSet): FieldSet {
  const inOrder: Record<string, FieldSet> = {}
  for (const element of Object.keys(set).toSorted(compareElements)) inOrder[element] = set[element] ?? NO_FIELDS
  return inOrder
}

function compareElements(left: string, right: string): number {
  if (left === '.') return -1
  if (right === '.') return 1
  return comparePathElements(left, right)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
