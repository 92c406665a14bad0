/**
 * Quantities such as `500m`, `1.5Gi` or `1e3`: exact decimals that remember how they are written.
 * After k8s.io/apimachinery pkg/api/resource/quantity.go. Reading is in quantity-parse.ts, and quantity-cache.ts has
 * what schedulers and quotas need: plain numbers, once per text.
 */
export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent'

/** The value is `unscaled` × 10^`scale`. */
export interface Quantity {
  readonly unscaled: bigint
  readonly scale: number
  readonly format: QuantityFormat
  /** How it was written, where that is printed again as it stands. */
  readonly text?: string
}

const DECIMAL_SUFFIXES: ReadonlyMap<number, string> = new Map([
  [-9, 'n'],
  [-6, 'u'],
  [-3, 'm'],
  [0, ''],
  [3, 'k'],
  [6, 'M'],
  [9, 'G'],
  [12, 'T'],
  [15, 'P'],
  [18, 'E'],
])
const EXA_SCALE = 18
const BINARY_SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const

export const ZERO: Quantity = { unscaled: 0n, scale: 0, format: 'DecimalSI', text: '0' }

export function quantityOf(value: number | bigint, format: QuantityFormat = 'DecimalSI'): Quantity {
  return { unscaled: BigInt(value), scale: 0, format }
}

export function quantityOfMilli(milli: number | bigint, format: QuantityFormat = 'DecimalSI'): Quantity {
  return { unscaled: BigInt(milli), scale: -3, format }
}

/** The canonical text: no fraction, nothing lost, the suffix as large as can be. */
export function printQuantity(quantity: Quantity): string {
  if (quantity.text !== undefined) return quantity.text
  if (quantity.unscaled === 0n) return '0'
  if (quantity.format === 'BinarySI') {
    const whole = scaledTo(quantity, 0)
    // Below 1Ki, or with a fraction, a binary suffix would lose something.
    if (whole.exact && (whole.unscaled <= -1024n || whole.unscaled >= 1024n)) return printBinary(whole.unscaled)
    return printDecimal(quantity, 'DecimalSI')
  }
  return printDecimal(quantity, quantity.format)
}

export function compareQuantities(left: Quantity, right: Quantity): -1 | 0 | 1 {
  const leftSign = signOf(left.unscaled)
  const rightSign = signOf(right.unscaled)
  if (leftSign !== rightSign) return leftSign < rightSign ? -1 : 1
  const scale = Math.min(left.scale, right.scale)
  return signOf(exactAt(left, scale) - exactAt(right, scale))
}

export function signOfQuantity(quantity: Quantity): -1 | 0 | 1 {
  return signOf(quantity.unscaled)
}

/** A sum is written like its first part, unless that is zero. */
export function addQuantities(left: Quantity, right: Quantity): Quantity {
  const format = left.unscaled === 0n ? right.format : left.format
  if (right.unscaled === 0n) return plain(left.unscaled, left.scale, format)
  if (left.unscaled === 0n) return plain(right.unscaled, right.scale, format)
  const scale = Math.min(left.scale, right.scale)
  return plain(exactAt(left, scale) + exactAt(right, scale), scale, format)
}

export function subtractQuantities(left: Quantity, right: Quantity): Quantity {
  return addQuantities(left, negateQuantity(right))
}

export function negateQuantity({ unscaled, scale, format }: Quantity): Quantity {
  return plain(-unscaled, scale, format)
}

export function multiplyQuantity({ unscaled, scale, format }: Quantity, factor: number | bigint): Quantity {
  return plain(unscaled * BigInt(factor), scale, format)
}

/** Away from zero, to a multiple of 10^`scale`. `exact` says that there was nothing to round. */
export function roundUpQuantity(
  quantity: Quantity,
  scale: number,
): { readonly quantity: Quantity; readonly exact: boolean } {
  if (quantity.scale >= scale) return { quantity, exact: true }
  const { unscaled, exact } = scaledTo(quantity, scale)
  return { quantity: plain(unscaled, scale, quantity.format), exact }
}

/** How many 10^`scale` it is, rounded away from zero. */
export function scaledValueOf(quantity: Quantity, scale: number): bigint {
  return scaledTo(quantity, scale).unscaled
}

/** In whole units (bytes, cores), rounded away from zero. Beyond 2^53 the nearest double. */
export function valueOf(quantity: Quantity): number {
  return Number(scaledValueOf(quantity, 0))
}

/** In thousandths (millicores), rounded away from zero. Beyond 2^53 the nearest double. */
export function milliValueOf(quantity: Quantity): number {
  return Number(scaledValueOf(quantity, -3))
}

/** A double near the value: as upstream the mantissa times a power of ten, so that both print the same digits. */
export function approximateFloatOf({ unscaled, scale }: Quantity): number {
  return Number(unscaled) * Number(`1e${scale}`)
}

function plain(unscaled: bigint, scale: number, format: QuantityFormat): Quantity {
  return { unscaled, scale, format }
}

function scaledTo(quantity: Quantity, scale: number): { unscaled: bigint; exact: boolean } {
  if (quantity.scale >= scale) return { unscaled: exactAt(quantity, scale), exact: true }
  const divisor = 10n ** BigInt(scale - quantity.scale)
  const quotient = quantity.unscaled / divisor
  if (quotient * divisor === quantity.unscaled) return { unscaled: quotient, exact: true }
  return { unscaled: quotient + (quantity.unscaled < 0n ? -1n : 1n), exact: false }
}

/** `scale` is at most the quantity's own. */
function exactAt(quantity: Quantity, scale: number): bigint {
  return quantity.scale === scale ? quantity.unscaled : quantity.unscaled * 10n ** BigInt(quantity.scale - scale)
}

function printDecimal(quantity: Quantity, format: 'DecimalSI' | 'DecimalExponent'): string {
  let { unscaled, scale } = quantity
  while (unscaled % 10n === 0n) {
    unscaled /= 10n
    scale++
  }
  const thirds = 3 * Math.floor(scale / 3)
  const exponent = format === 'DecimalSI' ? Math.min(thirds, EXA_SCALE) : thirds
  const mantissa = unscaled * 10n ** BigInt(scale - exponent)
  if (format === 'DecimalExponent') return exponent === 0 ? `${mantissa}` : `${mantissa}e${exponent}`
  const suffix = DECIMAL_SUFFIXES.get(exponent)
  return suffix === undefined ? `${mantissa}e${exponent}` : `${mantissa}${suffix}`
}

function printBinary(value: bigint): string {
  let mantissa = value
  let step = 0
  while (step < BINARY_SUFFIXES.length - 1 && mantissa % 1024n === 0n) {
    mantissa /= 1024n
    step++
  }
  return `${mantissa}${BINARY_SUFFIXES[step]}`
}

function signOf(value: bigint): -1 | 0 | 1 {
  return value === 0n ? 0 : value < 0n ? -1 : 1
}
