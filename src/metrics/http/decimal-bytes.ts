/*
 * Numbers as bytes of text, in the shortest form. Each function writes from a place on, where there is room for
 * NUMBER_BYTES_MAX, and returns the place behind what it wrote.
 */

/** More than any number takes. */
export const NUMBER_BYTES_MAX = 32

const ZERO = 0x30
const MINUS = 0x2d
const POINT = 0x2e

/** Two digits of every number below 100. */
const DIGIT_PAIRS = Uint8Array.from({ length: 200 }, (_, index) => {
  const number = Math.floor(index / 2)
  return ZERO + (index % 2 === 0 ? Math.floor(number / 10) : number % 10)
})

/** From here on not every whole number is one of its own. */
const SAFE_MAX = 2 ** 53
/** Decimals of at most 15 digits are told apart by their numbers, so that the first one found is the shortest. */
const DECIMAL_MAX = 1e15
const SMALL_MAX = 1e9
const PART = 1e8

/** A number that is a plain decimal and quickly found; otherwise nothing is written, and -1 returned. */
export function putDecimal(bytes: Uint8Array, at: number, value: number): number {
  const magnitude = Math.abs(value)
  if (!(magnitude >= 1e-3 && magnitude < SAFE_MAX)) return -1
  const whole = Math.floor(magnitude)
  let end = at
  if (whole === magnitude) {
    if (value < 0) bytes[end++] = MINUS
    return putWhole(bytes, end, whole)
  }
  const thousands = Math.round(magnitude * 1_000)
  if (thousands >= DECIMAL_MAX || thousands / 1_000 !== magnitude) return -1
  if (value < 0) bytes[end++] = MINUS
  end = putWhole(bytes, end, whole)
  return putFraction(bytes, end, thousands - whole * 1_000)
}

export function putAscii(bytes: Uint8Array, at: number, text: string): number {
  const { length } = text
  for (let index = 0; index < length; index++) bytes[at + index] = text.charCodeAt(index)
  return at + length
}

/** A few bytes: a call of `set` costs more than they do. */
export function putBytes(bytes: Uint8Array, at: number, few: Uint8Array): number {
  const { length } = few
  for (let index = 0; index < length; index++) bytes[at + index] = few[index] as number
  return at + length
}

function putWhole(bytes: Uint8Array, at: number, value: number): number {
  if (value < SMALL_MAX) return putSmall(bytes, at, value)
  const upper = Math.floor(value / PART)
  const end = putWhole(bytes, at, upper) + 8
  putPairsBefore(bytes, end, { value: value - upper * PART, pairs: 4 })
  return end
}

function putSmall(bytes: Uint8Array, at: number, value: number): number {
  const digits = digitsOf(value)
  const end = at + digits
  const leading = putPairsBefore(bytes, end, { value, pairs: digits >> 1 })
  if ((digits & 1) === 1) bytes[at] = ZERO + leading
  return end
}

/** The last `pairs` × 2 digits, written backwards from a place; returns what stands before them. */
function putPairsBefore(bytes: Uint8Array, end: number, { value, pairs }: { value: number; pairs: number }): number {
  let rest = value | 0
  let place = end
  for (let pair = 0; pair < pairs; pair++) {
    const quotient = (rest / 100) | 0
    const digits = (rest - quotient * 100) * 2
    bytes[--place] = DIGIT_PAIRS[digits + 1] as number
    bytes[--place] = DIGIT_PAIRS[digits] as number
    rest = quotient
  }
  return rest
}

/** Thousandths, without zeros at the end. */
function putFraction(bytes: Uint8Array, at: number, thousandths: number): number {
  const rest = thousandths % 100
  let end = at
  bytes[end++] = POINT
  bytes[end++] = ZERO + (thousandths - rest) / 100
  if (rest === 0) return end
  bytes[end++] = DIGIT_PAIRS[rest * 2] as number
  if (rest % 10 !== 0) bytes[end++] = DIGIT_PAIRS[rest * 2 + 1] as number
  return end
}

/** Of a number below 10⁹: comparisons, as a loop takes longer than writing them. */
function digitsOf(value: number): number {
  if (value < 10_000) return value < 100 ? (value < 10 ? 1 : 2) : value < 1_000 ? 3 : 4
  if (value < 10_000_000) return value < 100_000 ? 5 : value < 1_000_000 ? 6 : 7
  return value < 100_000_000 ? 8 : 9
}
