import { CelType } from './types.ts'
import {
  CelError,
  Dictionary,
  Duration,
  errorOr,
  List,
  NO_SUCH_OVERLOAD,
  Opaque,
  Optional,
  Timestamp,
  Uint,
  type Value,
} from './values.ts'

/** `left == right`: a boolean, or an error where a library or a schema forbids the comparison. */
export function equal(left: Value, right: Value): Value {
  if (left === null || right === null) return left === right
  switch (typeof left) {
    case 'string':
    case 'boolean':
      return left === right
    case 'bigint':
    case 'number':
      return isNumeric(right) && compareNumbers(left, right) === 0
    default:
      return equalObjects(left, right)
  }
}

function equalObjects(left: Exclude<Value, null | boolean | bigint | number | string>, right: Value): Value {
  if (left instanceof List) return equalLists(left, right)
  if (left instanceof Dictionary) return equalDictionaries(left, right)
  if (left instanceof Uint) return isNumeric(right) && compareNumbers(left, right) === 0
  if (left instanceof Uint8Array) return right instanceof Uint8Array && Buffer.compare(left, right) === 0
  if (left instanceof Duration) return right instanceof Duration && left.nanoseconds === right.nanoseconds
  if (left instanceof Timestamp) return right instanceof Timestamp && left.nanoseconds === right.nanoseconds
  if (left instanceof CelType) return right instanceof CelType && left.kind === right.kind && left.name === right.name
  if (left instanceof Optional) return equalOptionals(left, right)
  if (left instanceof Opaque) return equalOpaques(left, right)
  return left
}

function equalLists(left: List, right: Value): Value {
  if (!(right instanceof List)) return left.source.equal === undefined ? false : errorOr(right)
  if (left.source.equal !== undefined) return left.source.equal(right)
  if (left.size !== right.size) return false
  return equalInOrder(left, right)
}

/** Of two lists of one length. */
export function equalInOrder(left: List, right: List): Value {
  for (let index = 0; index < left.size; index++) {
    const same = equal(left.at(index), right.at(index))
    if (same !== true) return same
  }
  return true
}

function equalDictionaries(left: Dictionary, right: Value): Value {
  if (!(right instanceof Dictionary)) return left.source.equal === undefined ? false : errorOr(right)
  if (left.source.equal !== undefined) return left.source.equal(right)
  if (left.size !== right.size) return false
  for (const key of left.keys()) {
    const other = right.find(key)
    if (other === undefined) return false
    const same = equal(left.find(key) ?? null, other)
    if (same !== true) return same
  }
  return true
}

function equalOptionals(left: Optional, right: Value): Value {
  if (!(right instanceof Optional)) return false
  if (left.value === undefined || right.value === undefined) return left.value === right.value
  return equal(left.value, right.value)
}

function equalOpaques(left: Opaque, right: Value): Value {
  if (right instanceof CelError) return right
  if (!(right instanceof Opaque) || right.behaviour !== left.behaviour) return NO_SUCH_OVERLOAD
  return left.behaviour.equal?.(left.content, right.content) ?? left.content === right.content
}

type Numeric = bigint | number | Uint

function isNumeric(value: Value): value is Numeric {
  return typeof value === 'bigint' || typeof value === 'number' || value instanceof Uint
}

/** -1, 0 or 1; undefined when one of them is not a number (NaN). JavaScript compares bigint and number exactly. */
function compareNumbers(left: Numeric, right: Numeric): number | undefined {
  const a = left instanceof Uint ? left.value : left
  const b = right instanceof Uint ? right.value : right
  if (a < b) return -1
  if (a > b) return 1
  return a == b ? 0 : undefined
}

/** -1, 0 or 1 for values that have an order; an error for others. */
export function compare(left: Value, right: Value): number | CelError {
  if (isNumeric(left) && isNumeric(right)) {
    return compareNumbers(left, right) ?? new CelError('NaN values cannot be ordered')
  }
  if (typeof left === 'string' && typeof right === 'string') return compareTexts(left, right)
  if (typeof left === 'boolean' && typeof right === 'boolean') return Number(left) - Number(right)
  if (left instanceof Uint8Array && right instanceof Uint8Array) return Buffer.compare(left, right)
  if (left instanceof Duration && right instanceof Duration) return sign(left.nanoseconds - right.nanoseconds)
  if (left instanceof Timestamp && right instanceof Timestamp) return sign(left.nanoseconds - right.nanoseconds)
  return left instanceof CelError ? left : errorOr(right)
}

/** Go orders strings by their bytes in UTF-8, which is the order of code points; JavaScript orders UTF-16 units. */
export function compareTexts(left: string, right: string): number {
  if (left === right) return 0
  for (let index = 0; index < left.length && index < right.length; index++) {
    const a = left.charCodeAt(index)
    const b = right.charCodeAt(index)
    if (a === b) continue
    const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff
    if (isSurrogate(a) !== isSurrogate(b)) return isSurrogate(a) ? 1 : -1
    return a < b ? -1 : 1
  }
  return left.length < right.length ? -1 : 1
}

function sign(difference: bigint): number {
  if (difference === 0n) return 0
  return difference < 0n ? -1 : 1
}
