import { childOf, isEmptySet, NO_FIELDS, type FieldSet } from './field-set.ts'
import { comparePathElements, parsePathElement, PathElementError } from './path-element.ts'

/**
 * The set that a managedFields entry holds. Foreign entries are brought into canonical form once; those that this
 * process wrote are so already. Throws a `PathElementError`.
 */
export function readFieldSet(fields: Readonly<Record<string, unknown>>): FieldSet {
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
  const elements = Object.keys(set)
  const sorted = isSorted(elements) ? elements : elements.toSorted(compareElements)
  const node: Record<string, FieldSet> = {}
  let signature = ''
  for (const element of sorted) {
    const child = intern(childOf(set, element) ?? NO_FIELDS)
    node[element] = child
    signature += `${element}\0${interned.get(child) ?? 0}\0`
  }
  const known = nodes.get(signature)
  if (known !== undefined) return known
  if (nodes.size >= NODES_MAX) nodes.clear()
  nodes.set(signature, node)
  interned.set(node, ++lastId)
  return node
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

/** More nodes than this are those of a cluster that is changing its shape; the old ones are then forgotten. */
const NODES_MAX = 100_000

const readBefore = new WeakMap<object, FieldSet>()
/** Of every node in its final form, the number that stands for it in the signatures of others. */
const interned = new WeakMap<FieldSet, number>([[NO_FIELDS, 0]])
const nodes = new Map<string, FieldSet>()
let lastId = 0

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

function isSorted(elements: readonly string[]): boolean {
  for (let index = 1; index < elements.length; index++) {
    if (compareElements(elements[index - 1] ?? '', elements[index] ?? '') > 0) return false
  }
  return true
}

function compareElements(left: string, right: string): number {
  if (left === '.') return -1
  if (right === '.') return 1
  return comparePathElements(left, right)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
