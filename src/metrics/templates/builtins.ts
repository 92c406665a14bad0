import { escapeHtml } from './html-escapes.ts'
import { printAll, printPlain } from './print.ts'
import { sprintf } from './printf.ts'
import { compareText } from '../../base/compare-text.ts'
import { type GoFunction, GoError, isTrue, typeName, type Value, textOf } from './values.ts'

/** The functions that every template may call, save `and` and `or`, which are part of the evaluation. */
export const BUILTIN_FUNCTIONS: Readonly<Record<string, GoFunction>> = {
  not: { parameters: ['any'], call: ([value]) => !isTrue(value) },
  len: { parameters: ['any'], call: ([value]) => lengthOf(value) },
  index: { parameters: ['any'], variadic: 'any', call: ([item, ...indexes]) => indexes.reduce(indexInto, item) },
  slice: { parameters: ['any'], variadic: 'any', call: ([item, ...indexes]) => slice(item, indexes) },
  call: { parameters: ['any'], variadic: 'any', call: ([called]) => notCallable(called) },
  print: { parameters: [], variadic: 'any', call: printAll },
  println: { parameters: [], variadic: 'any', call: (values) => `${values.map(printPlain).join(' ')}\n` },
  printf: { parameters: ['string'], variadic: 'any', call: ([format, ...values]) => sprintf(textOf(format), values) },
  html: { parameters: [], variadic: 'any', call: (values) => escapeHtml(shown(values)) },
  js: { parameters: [], variadic: 'any', call: (values) => escapeJavaScript(shown(values)) },
  urlquery: { parameters: [], variadic: 'any', call: (values) => escapeQuery(shown(values)) },
  eq: { parameters: ['any'], variadic: 'any', call: ([value, ...others]) => equalsAny(value, others) },
  ne: { parameters: ['any', 'any'], call: ([left, right]) => !areEqual(left, right) },
  lt: { parameters: ['any', 'any'], call: ([left, right]) => isLess(left, right) },
  le: { parameters: ['any', 'any'], call: ([left, right]) => isLess(left, right) || areEqual(left, right) },
  gt: { parameters: ['any', 'any'], call: ([left, right]) => !isLess(left, right) && !areEqual(left, right) },
  ge: { parameters: ['any', 'any'], call: ([left, right]) => !isLess(left, right) },
}

/** Text for the query of a URL, a space as `+` (net/url.QueryEscape). */
export function escapeQuery(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
}

function shown(values: readonly Value[]): string {
  return printAll(values)
}

function lengthOf(value: Value): bigint {
  if (typeof value === 'string') return BigInt(Buffer.byteLength(value))
  if (typeof value === 'object' && value.kind === 'list') return BigInt(value.items.length)
  if (typeof value === 'object' && value.kind === 'map') return BigInt(value.entries.size)
  throw new GoError(value === undefined ? 'len of nil pointer' : `len of type ${typeName(value)}`)
}

function indexInto(item: Value, index: Value): Value {
  if (item === undefined) throw new GoError('index of untyped nil')
  if (typeof item === 'object' && item.kind === 'map') {
    if (typeof index !== 'string') throw new GoError(`value has type ${typeName(index)}; should be string`)
    return item.entries.has(index) ? item.entries.get(index) : item.zero
  }
  if (typeof item === 'object' && item.kind === 'list') return item.items[positionIn(index, item.items.length)]
  if (typeof item === 'string') {
    const bytes = Buffer.from(item)
    return { kind: 'uint', value: BigInt(bytes[positionIn(index, bytes.length)] ?? 0) }
  }
  throw new GoError(`can't index item of type ${typeName(item)}`)
}

function positionIn(index: Value, length: number): number {
  const position = wholeNumber(index)
  if (position < 0n || position >= BigInt(length)) throw new GoError(`index out of range: ${position}`)
  return Number(position)
}

function wholeNumber(index: Value): bigint {
  if (typeof index === 'bigint') return index
  if (typeof index === 'object' && index.kind === 'uint') return index.value
  if (index === undefined) throw new GoError('cannot index slice/array with nil')
  throw new GoError(`cannot index slice/array with type ${typeName(index)}`)
}

function slice(item: Value, indexes: readonly Value[]): Value {
  if (item === undefined) throw new GoError('slice of untyped nil')
  if (indexes.length > 3) throw new GoError(`too many slice indexes: ${indexes.length}`)
  const isText = typeof item === 'string'
  const isList = typeof item === 'object' && item.kind === 'list'
  if (!isText && !isList) throw new GoError(`can't slice item of type ${typeName(item)}`)
  if (isText && indexes.length === 3) throw new GoError('cannot 3-index slice a string')
  const bytes = isText ? Buffer.from(item) : undefined
  const length = bytes?.length ?? (isList ? item.items.length : 0)
  const [from = 0, to = length] = indexes.map((index) => sliceBound(index, length))
  if (from > to) throw new GoError(`invalid slice index: ${from} > ${to}`)
  if (bytes !== undefined) return bytes.subarray(from, to).toString()
  return isList ? { ...item, items: item.items.slice(from, to) } : undefined
}

function sliceBound(index: Value, length: number): number {
  const position = wholeNumber(index)
  if (position < 0n || position > BigInt(length)) throw new GoError(`index out of range: ${position}`)
  return Number(position)
}

function notCallable(called: Value): never {
  throw new GoError(called === undefined ? 'call of nil' : `non-function of type ${typeName(called)}`)
}

type Basic = 'bool' | 'int' | 'float' | 'string'

/** Values that compare with each other; whole numbers do, signed or not. */
function basicKind(value: Value): Basic | undefined {
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'string') return 'string'
  if (typeof value === 'number') return 'float'
  if (typeof value === 'bigint' || (typeof value === 'object' && value.kind === 'uint')) return 'int'
  return undefined
}

function equalsAny(value: Value, others: readonly Value[]): boolean {
  if (others.length === 0) throw new GoError('missing argument for comparison')
  return others.some((other) => areEqual(value, other))
}

function areEqual(left: Value, right: Value): boolean {
  const kind = basicKind(left)
  const other = basicKind(right)
  if (kind === undefined || other === undefined) {
    if (left === undefined || right === undefined) return left === right
    throw new GoError(`non-comparable type ${printPlain(left)}: ${typeName(left)}`)
  }
  if (kind !== other) throw new GoError('incompatible types for comparison')
  return kind === 'int' ? wholeNumber(left) === wholeNumber(right) : left === right
}

function isLess(left: Value, right: Value): boolean {
  const kind = basicKind(left)
  const other = basicKind(right)
  if (kind === undefined || other === undefined) throw new GoError('invalid type for comparison')
  if (kind !== other) throw new GoError('incompatible types for comparison')
  if (kind === 'bool') throw new GoError('invalid type for comparison')
  if (kind === 'int') return wholeNumber(left) < wholeNumber(right)
  if (typeof left === 'string' && typeof right === 'string') return compareText(left, right) < 0
  return Number(left) < Number(right)
}

const JAVASCRIPT: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  '<': '\\u003C',
  '>': '\\u003E',
  '&': '\\u0026',
  '=': '\\u003D',
}

function escapeJavaScript(text: string): string {
  return text.replace(/[\\'"<>&=]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
    return JAVASCRIPT[character] ?? `\\u${code}`
  })
}
