import { isInRange } from './time.ts'
import { CelError, Duration, errorOr, List, listOf, NO_SUCH_OVERLOAD, Timestamp, Uint, type Value } from './values.ts'

const INT_OVERFLOW = new CelError('integer overflow')
const UINT_OVERFLOW = new CelError('unsigned integer overflow')
const DURATION_OVERFLOW = new CelError('duration overflow')
export const TIMESTAMP_OVERFLOW = new CelError('timestamp overflow')
const DIVISION_BY_ZERO = new CelError('division by zero')
const MODULUS_BY_ZERO = new CelError('modulus by zero')

const INT_MIN = -(1n << 63n)
const INT_MAX = (1n << 63n) - 1n
const UINT_MAX = (1n << 64n) - 1n

export function intOf(value: bigint): bigint | CelError {
  return value < INT_MIN || value > INT_MAX ? INT_OVERFLOW : value
}

export function uintOf(value: bigint): Uint | CelError {
  return value < 0n || value > UINT_MAX ? UINT_OVERFLOW : new Uint(value)
}

function durationOf(nanoseconds: bigint): Duration | CelError {
  return nanoseconds < INT_MIN || nanoseconds > INT_MAX ? DURATION_OVERFLOW : new Duration(nanoseconds)
}

function timestampOf(nanoseconds: bigint, offsetSeconds: number): Timestamp | CelError {
  const timestamp = new Timestamp(nanoseconds, offsetSeconds)
  return isInRange(timestamp) ? timestamp : TIMESTAMP_OVERFLOW
}

export function add(left: Value, right: Value): Value {
  if (typeof left === 'bigint' && typeof right === 'bigint') return intOf(left + right)
  if (typeof left === 'number' && typeof right === 'number') return left + right
  if (typeof left === 'string' && typeof right === 'string') return left + right
  if (left instanceof List && right instanceof List) return addLists(left, right)
  if (left instanceof Uint && right instanceof Uint) return uintOf(left.value + right.value)
  if (left instanceof Uint8Array && right instanceof Uint8Array) return Buffer.concat([left, right])
  return addTimes(left, right)
}

function addTimes(left: Value, right: Value): Value {
  if (left instanceof Duration && right instanceof Duration) return durationOf(left.nanoseconds + right.nanoseconds)
  if (left instanceof Duration && right instanceof Timestamp) return addTimes(right, left)
  if (left instanceof Timestamp && right instanceof Duration) {
    return timestampOf(left.nanoseconds + right.nanoseconds, left.offsetSeconds)
  }
  return mismatch(left, right)
}

function addLists(left: List, right: List): Value {
  if (left.source.add !== undefined) return left.source.add(right)
  return concatenate(left, right)
}

export function concatenate(left: List, right: List): List {
  if (left.size === 0) return right
  if (right.size === 0) return left
  return listOf([...left.toArray(), ...right.toArray()])
}

export function subtract(left: Value, right: Value): Value {
  if (typeof left === 'bigint' && typeof right === 'bigint') return intOf(left - right)
  if (typeof left === 'number' && typeof right === 'number') return left - right
  if (left instanceof Uint && right instanceof Uint) return uintOf(left.value - right.value)
  if (left instanceof Duration && right instanceof Duration) return durationOf(left.nanoseconds - right.nanoseconds)
  if (left instanceof Timestamp && right instanceof Duration) {
    return timestampOf(left.nanoseconds - right.nanoseconds, left.offsetSeconds)
  }
  if (left instanceof Timestamp && right instanceof Timestamp) return durationOf(left.nanoseconds - right.nanoseconds)
  return mismatch(left, right)
}

export function multiply(left: Value, right: Value): Value {
  if (typeof left === 'bigint' && typeof right === 'bigint') return intOf(left * right)
  if (typeof left === 'number' && typeof right === 'number') return left * right
  if (left instanceof Uint && right instanceof Uint) return uintOf(left.value * right.value)
  return mismatch(left, right)
}

export function divide(left: Value, right: Value): Value {
  if (typeof left === 'bigint' && typeof right === 'bigint') {
    return right === 0n ? DIVISION_BY_ZERO : intOf(left / right)
  }
  if (typeof left === 'number' && typeof right === 'number') return left / right
  if (left instanceof Uint && right instanceof Uint) {
    return right.value === 0n ? DIVISION_BY_ZERO : new Uint(left.value / right.value)
  }
  return mismatch(left, right)
}

export function modulo(left: Value, right: Value): Value {
  if (typeof left === 'bigint' && typeof right === 'bigint') {
    if (right === 0n) return MODULUS_BY_ZERO
    return left === INT_MIN && right === -1n ? INT_OVERFLOW : left % right
  }
  if (left instanceof Uint && right instanceof Uint) {
    return right.value === 0n ? MODULUS_BY_ZERO : new Uint(left.value % right.value)
  }
  return mismatch(left, right)
}

export function negate(value: Value): Value {
  if (typeof value === 'bigint') return intOf(-value)
  if (typeof value === 'number') return -value
  if (value instanceof Duration) return durationOf(-value.nanoseconds)
  return errorOr(value)
}

function mismatch(left: Value, right: Value): CelError {
  if (left instanceof CelError) return left
  return right instanceof CelError ? right : NO_SUCH_OVERLOAD
}
