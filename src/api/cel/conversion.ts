import { intOf, TIMESTAMP_OVERFLOW, uintOf } from './arithmetic.ts'
import { printDouble } from './numbers.ts'
import {
  isInRange,
  parseDuration,
  parseTimestamp,
  printDuration,
  printTimestamp,
  secondsOf,
  UNIX_SECONDS_MAX,
  UNIX_SECONDS_MIN,
} from './time.ts'
import { BOOL, BYTES, type CelType, DOUBLE, DURATION, INT, STRING, TIMESTAMP, UINT } from './types.ts'
import { CelError, Duration, Timestamp, typeOf, Uint, type Value } from './values.ts'

const INT_OVERFLOW = new CelError('integer overflow')
const UINT_OVERFLOW = new CelError('unsigned integer overflow')
const TWO_TO_63 = 2 ** 63
const TWO_TO_64 = 2 ** 64

/** Go's `strconv.ParseBool`. */
const TRUE_WORDS = new Set(['1', 't', 'T', 'TRUE', 'true', 'True'])
const FALSE_WORDS = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False'])

function cannotConvert(value: Value, type: CelType): CelError {
  return new CelError(`type conversion error from '${typeOf(value).name}' to '${type.name}'`)
}

export function toBool(value: Value): Value {
  if (typeof value === 'boolean') return value
  if (typeof value === 'string' && TRUE_WORDS.has(value)) return true
  if (typeof value === 'string' && FALSE_WORDS.has(value)) return false
  return cannotConvert(value, BOOL)
}

export function toInt(value: Value): Value {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number') {
    const isWithin = value > -TWO_TO_63 && value < TWO_TO_63
    return isWithin ? BigInt(Math.trunc(value)) : INT_OVERFLOW
  }
  if (value instanceof Uint) return intOf(value.value)
  if (value instanceof Duration) return value.nanoseconds
  if (value instanceof Timestamp) return secondsOf(value)
  if (typeof value === 'string' && /^[+-]?\d+$/.test(value)) {
    const parsed = intOf(BigInt(value.startsWith('+') ? value.slice(1) : value))
    if (!(parsed instanceof CelError)) return parsed
  }
  return cannotConvert(value, INT)
}

export function toUint(value: Value): Value {
  if (value instanceof Uint) return value
  if (typeof value === 'bigint') return uintOf(value)
  if (typeof value === 'number') {
    const isWithin = value >= 0 && value < TWO_TO_64
    return isWithin ? new Uint(BigInt(Math.trunc(value))) : UINT_OVERFLOW
  }
  if (typeof value === 'string' && /^\d+$/.test(value)) {
    const parsed = uintOf(BigInt(value))
    if (!(parsed instanceof CelError)) return parsed
  }
  return cannotConvert(value, UINT)
}

/** What Go's `strconv.ParseFloat` reads, hexadecimal floats aside. */
const FLOAT = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/
const INFINITY = /^([+-]?)inf(inity)?$/i

export function toDouble(value: Value): Value {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof Uint) return Number(value.value)
  if (typeof value === 'string') {
    const infinity = INFINITY.exec(value)
    if (infinity !== null) return infinity[1] === '-' ? -Infinity : Infinity
    if (/^nan$/i.test(value)) return NaN
    if (FLOAT.test(value) && Number.isFinite(Number(value))) return Number(value)
  }
  return cannotConvert(value, DOUBLE)
}

export function toText(value: Value): Value {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return printDouble(value)
  if (value instanceof Uint) return String(value.value)
  if (value instanceof Duration) return printDuration(value)
  if (value instanceof Timestamp) return printTimestamp(value)
  if (value instanceof Uint8Array) return decodeText(value)
  return cannotConvert(value, STRING)
}

function decodeText(bytes: Uint8Array): Value {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return new CelError('invalid UTF-8 in bytes, cannot convert to string')
  }
}

export function toBytes(value: Value): Value {
  if (value instanceof Uint8Array) return value
  if (typeof value === 'string') return Buffer.from(value, 'utf8')
  return cannotConvert(value, BYTES)
}

export function toDuration(value: Value): Value {
  if (value instanceof Duration) return value
  const parsed = typeof value === 'string' ? parseDuration(value) : undefined
  return parsed ?? cannotConvert(value, DURATION)
}

export function toTimestamp(value: Value): Value {
  if (value instanceof Timestamp) return value
  if (typeof value === 'bigint') {
    const isWithin = value >= UNIX_SECONDS_MIN && value <= UNIX_SECONDS_MAX
    return isWithin ? new Timestamp(value * 1_000_000_000n) : TIMESTAMP_OVERFLOW
  }
  const parsed = typeof value === 'string' ? parseTimestamp(value) : undefined
  if (parsed === undefined) return cannotConvert(value, TIMESTAMP)
  return isInRange(parsed) ? parsed : TIMESTAMP_OVERFLOW
}
