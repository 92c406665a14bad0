import type { Quantity, QuantityFormat } from './quantity.ts'
import { ZERO } from './quantity.ts'

/** A text is no quantity; the message is upstream's. */
export class QuantityError extends Error {
  override readonly name = 'QuantityError'
}

/** k8s.io/apimachinery pkg/api/resource/quantity.go. */
const FORMAT_MESSAGE = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
const NUMERIC_MESSAGE = 'unable to parse numeric part of quantity'
const SUFFIX_MESSAGE = "unable to parse quantity's suffix"

/** Finer than this is rounded up, away from zero. */
const NANO_SCALE = -9
/** What a quantity with a binary suffix is capped at. */
const INT64_MAX = 2n ** 63n - 1n
/** Up to so many digits upstream works in 64 bits, and then prints some texts as they were written. */
const FAST_DIGITS_MAX = 18
const FAST_BINARY_DIGITS_MAX = 15
/** Upstream has no such bound; without it `1e999999999` would be a billion digits as soon as it is added to anything. */
const EXPONENT_MAX = 1000

const DECIMAL_EXPONENTS: ReadonlyMap<string, number> = new Map([
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['', 0],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
])
const BINARY_EXPONENTS: ReadonlyMap<string, number> = new Map([
  ['Ki', 10],
  ['Mi', 20],
  ['Gi', 30],
  ['Ti', 40],
  ['Pi', 50],
  ['Ei', 60],
])

/** Throws a `QuantityError`. */
export function parseQuantity(text: string): Quantity {
  if (text === '') throw new QuantityError(FORMAT_MESSAGE)
  if (text === '0') return ZERO
  const parts = splitQuantity(text)
  const suffix = interpretSuffix(parts.suffix)
  const written = isPrintedAsWritten(parts, suffix) ? { text } : {}
  if (!/^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)$/.test(parts.value) && !isFast(parts, suffix)) {
    throw new QuantityError(NUMERIC_MESSAGE)
  }
  const digits = BigInt(parts.num + parts.denom)
  const scale = -parts.denom.length
  const magnitude =
    suffix.format === 'BinarySI'
      ? finish(digits << BigInt(suffix.exponent), scale, 'BinarySI')
      : finish(digits, scale + suffix.exponent, suffix.format)
  return { ...magnitude, unscaled: parts.positive ? magnitude.unscaled : -magnitude.unscaled, ...written }
}

/** A quantity as JSON has it: a string, a number, or null for zero. Throws a `QuantityError`. */
export function quantityOfJson(value: unknown): Quantity {
  if (value === null) return ZERO
  if (typeof value === 'string') return parseQuantity(value.trim())
  if (typeof value === 'number' || typeof value === 'bigint') return parseQuantity(String(value))
  throw new QuantityError(FORMAT_MESSAGE)
}

/** The parts of a quantity's text. Without leading zeros, `num` is 0 where nothing is left. */
export interface QuantityParts {
  readonly positive: boolean
  readonly value: string
  readonly num: string
  readonly denom: string
  readonly suffix: string
}

const SHAPE = /^([+-]?)(0*)([0-9]*)(\.?)([0-9]*)([eEinumkKMGTP]*[-+]?[0-9]*)$/

export function splitQuantity(text: string): QuantityParts {
  const found = SHAPE.exec(text)
  if (found === null) throw new QuantityError(FORMAT_MESSAGE)
  const [, sign = '', zeros = '', digits = '', point = '', denom = '', suffix = ''] = found
  const hasNothingButZeros = digits === '' && point === '' && suffix === ''
  return {
    positive: sign !== '-',
    value: hasNothingButZeros ? '0' : `${sign}${zeros}${digits}${point}${denom}`,
    num: digits === '' ? '0' : digits,
    denom,
    suffix,
  }
}

interface Suffix {
  readonly format: QuantityFormat
  /** A power of two for BinarySI, of ten otherwise. */
  readonly exponent: number
}

function interpretSuffix(suffix: string): Suffix {
  const decimal = DECIMAL_EXPONENTS.get(suffix)
  if (decimal !== undefined) return { format: 'DecimalSI', exponent: decimal }
  const binary = BINARY_EXPONENTS.get(suffix)
  if (binary !== undefined) return { format: 'BinarySI', exponent: binary }
  const exponent = /^[eE]([+-]?[0-9]+)$/.exec(suffix)?.[1]
  if (exponent === undefined || Math.abs(Number(exponent)) > EXPONENT_MAX) throw new QuantityError(SUFFIX_MESSAGE)
  return { format: 'DecimalExponent', exponent: Number(exponent) }
}

/** Whether upstream has a way around arbitrary precision for this text: such a text needs no digits at all. */
function isFast({ num, denom }: QuantityParts, { format, exponent }: Suffix): boolean {
  if (format !== 'BinarySI') {
    return num.length + denom.length <= FAST_DIGITS_MAX && exponent - denom.length >= NANO_SCALE
  }
  return denom === '' && num.length <= FAST_BINARY_DIGITS_MAX - Math.floor((exponent * 3) / 10) - 1
}

/** Some texts are printed as they were written, though they are not canonical: `1.500`, `+1`. */
function isPrintedAsWritten(parts: QuantityParts, suffix: Suffix): boolean {
  if (!isFast(parts, suffix)) return false
  const digits = parts.num + parts.denom
  if (suffix.format === 'BinarySI') return (BigInt(digits) & 7n) !== 0n
  return (suffix.exponent - parts.denom.length) % 3 === 0 && !digits.endsWith('000') && !digits.startsWith('0')
}

function finish(unscaled: bigint, scale: number, format: QuantityFormat): Quantity {
  const rounded = scale < NANO_SCALE ? roundUpToNano(unscaled, scale) : { unscaled, scale }
  if (format !== 'BinarySI') return { ...rounded, format }
  const one = 10n ** BigInt(-rounded.scale)
  if (rounded.unscaled > INT64_MAX * one) return { unscaled: INT64_MAX, scale: 0, format }
  // A fraction of a byte is no binary quantity.
  return { ...rounded, format: rounded.unscaled > 0n && rounded.unscaled < one ? 'DecimalSI' : 'BinarySI' }
}

function roundUpToNano(unscaled: bigint, scale: number): { unscaled: bigint; scale: number } {
  const divisor = 10n ** BigInt(NANO_SCALE - scale)
  return { unscaled: (unscaled + divisor - 1n) / divisor, scale: NANO_SCALE }
}
