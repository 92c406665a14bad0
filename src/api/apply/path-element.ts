/**
 * One step of a path into an object, in the form that managedFields has:
 *
 *     f:name             the field `name`
 *     k:{"name":"web"}   the item of a list whose keys have these values
 *     v:"a"              the item of a set
 *     i:0                the item at an index
 *
 * The text is canonical (keys sorted, no spaces), so that two steps are the same if and only if their texts are.
 * After sigs.k8s.io/structured-merge-diff fieldpath/serialize-pe.go.
 */
export type PathElement = `f:${string}` | `k:${string}` | `v:${string}` | `i:${number}`

export type Path = readonly PathElement[]

/** A path element cannot be read. */
export class PathElementError extends Error {
  override readonly name = 'PathElementError'
}

export function fieldElement(name: string): PathElement {
  const known = fieldElements.get(name)
  if (known !== undefined) return known
  if (fieldElements.size >= REMEMBERED_MAX) fieldElements.clear()
  const element = `f:${name}` as const
  fieldElements.set(name, element)
  return element
}

/** `keys` holds names and values, in any order. */
export function keyElement(keys: Readonly<Record<string, unknown>>): PathElement {
  return `k:${printJson(keys)}`
}

/** The usual key: one name and a text. */
export function textKeyElement(name: string, value: string): PathElement {
  let byValue = keyElements.get(name)
  if (byValue === undefined) keyElements.set(name, (byValue = new Map()))
  const known = byValue.get(value)
  if (known !== undefined) return known
  if (byValue.size >= REMEMBERED_MAX) byValue.clear()
  const element = keyElement({ [name]: value })
  byValue.set(value, element)
  return element
}

export function valueElement(value: unknown): PathElement {
  return `v:${printJson(value)}`
}

export function indexElement(index: number): PathElement {
  return `i:${index}`
}

/** The name of a field, or nothing for the other kinds of elements. */
export function fieldOf(element: string): string | undefined {
  return element.startsWith('f:') ? element.slice(2) : undefined
}

/** The names and values of a key element. */
export function keysOf(element: string): Readonly<Record<string, unknown>> | undefined {
  if (!element.startsWith('k:')) return undefined
  const known = parsedKeys.get(element)
  if (known !== undefined) return known
  if (parsedKeys.size >= REMEMBERED_MAX) parsedKeys.clear()
  const parsed = parseJson(element.slice(2))
  const keys = isRecord(parsed) ? parsed : {}
  parsedKeys.set(element, keys)
  return keys
}

/** The value of an element of a set. */
function valueOfElement(element: string): unknown {
  return parseJson(element.slice(2))
}

/**
 * The canonical form of an element that came from elsewhere. Nothing for kinds that a later version may have invented,
 * which are to be passed over. Throws a `PathElementError`.
 */
export function parsePathElement(text: string): PathElement | undefined {
  if (text.length < 2) throw new PathElementError('key must be 2 characters long:')
  if (text[1] !== ':') throw new PathElementError(`missing colon: ${text}`)
  const content = text.slice(2)
  switch (text[0]) {
    case 'f':
      return fieldElement(content)
    case 'v':
      return valueElement(parseJson(content))
    case 'k': {
      const keys = parseJson(content)
      if (!isRecord(keys)) throw new PathElementError(`expected an object of keys: ${text}`)
      return keyElement(keys)
    }
    case 'i':
      if (!/^[+-]?[0-9]+$/.test(content)) throw new PathElementError(`not an index: ${text}`)
      return indexElement(Number(content))
    default:
      return undefined
  }
}

/** For people: `.spec.containers[name="web"].image`. */
export function printPath(path: readonly string[]): string {
  return path.map(printElement).join('')
}

/** Fields come first, then keys, values and indices; each kind in its own order. */
export function comparePathElements(left: string, right: string): number {
  if (left.startsWith('f:') && right.startsWith('f:')) return compareText(left, right)
  const kind = (KINDS[left[0] ?? ''] ?? 0) - (KINDS[right[0] ?? ''] ?? 0)
  if (kind !== 0) return kind
  switch (left[0]) {
    case 'k':
      return compareKeys(keysOf(left) ?? {}, keysOf(right) ?? {})
    case 'v':
      return compareValues(valueOfElement(left), valueOfElement(right))
    default:
      return Number(left.slice(2)) - Number(right.slice(2))
  }
}

/** Names of fields and of items come again and again: joining them to elements each time would cost more than all else. */
const REMEMBERED_MAX = 10_000
const fieldElements = new Map<string, PathElement>()
const parsedKeys = new Map<string, Readonly<Record<string, unknown>>>()
const keyElements = new Map<string, Map<string, PathElement>>()

const KINDS: Readonly<Record<string, number>> = { f: 0, k: 1, v: 2, i: 3 }

function printElement(element: string): string {
  const content = element.slice(2)
  switch (element[0]) {
    case 'f':
      return `.${content}`
    case 'k': {
      const keys = Object.entries(keysOf(element) ?? {})
      return `[${keys.map(([name, value]) => `${name}=${printValue(value)}`).join(',')}]`
    }
    case 'v':
      return `[=${printValue(valueOfElement(element))}]`
    default:
      return `[${content}]`
  }
}

function printValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(printValue).join(',')}]`
  if (!isRecord(value)) return printJson(value)
  return Object.entries(value)
    .map(([name, inner]) => `${name}=${printValue(inner)}`)
    .join('')
}

/** With sorted keys; whole numbers beyond 2^53, which are bigint, keep their digits. */
function printJson(value: unknown): string {
  if (typeof value === 'bigint') return value.toString()
  if (Array.isArray(value)) return `[${value.map(printJson).join(',')}]`
  if (!isRecord(value)) return JSON.stringify(value)
  const names = Object.keys(value)
  const sorted = names.length > 1 ? names.toSorted(compareText) : names
  return `{${sorted.map((name) => `${JSON.stringify(name)}:${printJson(value[name])}`).join(',')}}`
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text, (_key, value: unknown, context?: { readonly source: string }) => {
      if (typeof value !== 'number' || Number.isSafeInteger(value) || context === undefined) return value
      return /^-?[0-9]+$/.test(context.source) ? BigInt(context.source) : value
    })
  } catch (failure) {
    if (failure instanceof SyntaxError) throw new PathElementError(failure.message)
    throw failure
  }
}

function compareKeys(left: Readonly<Record<string, unknown>>, right: Readonly<Record<string, unknown>>): number {
  const lefts = Object.entries(left)
  const rights = Object.entries(right)
  for (const [index, [name, value]] of lefts.entries()) {
    const other = rights[index]
    if (other === undefined) return 1
    const order = compareText(name, other[0]) || compareValues(value, other[1])
    if (order !== 0) return order
  }
  return lefts.length - rights.length
}

/** Numbers, texts, booleans, lists, objects, null. */
function compareValues(left: unknown, right: unknown): number {
  const rank = rankOf(left) - rankOf(right)
  if (rank !== 0) return rank
  if (typeof left === 'string' && typeof right === 'string') return compareText(left, right)
  if (Array.isArray(left) && Array.isArray(right)) return compareLists(left, right)
  if (isRecord(left) && isRecord(right)) return compareKeys(sortedKeys(left), sortedKeys(right))
  const [first, second] = [Number(left), Number(right)]
  return first < second ? -1 : first > second ? 1 : 0
}

function compareLists(left: readonly unknown[], right: readonly unknown[]): number {
  for (const [index, item] of left.entries()) {
    if (index >= right.length) return 1
    const order = compareValues(item, right[index])
    if (order !== 0) return order
  }
  return left.length - right.length
}

function rankOf(value: unknown): number {
  if (typeof value === 'number' || typeof value === 'bigint') return 0
  if (typeof value === 'string') return 1
  if (typeof value === 'boolean') return 2
  if (Array.isArray(value)) return 3
  return value === null ? 5 : 4
}

function sortedKeys(value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(value).toSorted(([left], [right]) => compareText(left, right)))
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}
