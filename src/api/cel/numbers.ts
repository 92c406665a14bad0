/** Numbers as Go prints them. */

const PLAIN_EXPONENT_MAX = 6

/** Go's `%g`: the shortest form that reads back the same, with an exponent below 1e-4 and from 1e6 on. */
export function printDouble(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const [mantissa = '', exponentText = '0'] = value.toExponential().split('e')
  const exponent = Number(exponentText)
  if (exponent >= -4 && exponent < PLAIN_EXPONENT_MAX) return plainDigits(value)
  const digits = String(Math.abs(exponent)).padStart(2, '0')
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${digits}`
}

/** Go's `%f` with the fewest digits that read back the same: never an exponent. */
export function plainDigits(value: number): string {
  const text = String(value)
  const at = text.indexOf('e')
  if (at < 0) return text
  const exponent = Number(text.slice(at + 1))
  const sign = text.startsWith('-') ? '-' : ''
  const [whole = '', fraction = ''] = text.slice(sign.length, at).split('.')
  if (exponent >= 0) return `${sign}${whole}${fraction.padEnd(exponent, '0')}`
  return `${sign}0.${'0'.repeat(-exponent - 1)}${whole}${fraction}`
}

/** Go's `%.Nf`: exact, and to the even digit where two are equally near, as JavaScript's toFixed is not. */
export function fixedDigits(value: number, digits: number): string {
  const { numerator, denominator } = exactly(Math.abs(value))
  const scaled = numerator * 10n ** BigInt(digits)
  const quotient = scaled / denominator
  const rest = (scaled % denominator) * 2n
  const isUp = rest > denominator || (rest === denominator && quotient % 2n === 1n)
  const text = String(isUp ? quotient + 1n : quotient).padStart(digits + 1, '0')
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const point = text.length - digits
  return `${sign}${text.slice(0, point)}${digits === 0 ? '' : `.${text.slice(point)}`}`
}

/** A double is a whole number divided by a power of two. */
function exactly(value: number): { readonly numerator: bigint; readonly denominator: bigint } {
  let numerator = value
  let denominator = 1n
  while (!Number.isInteger(numerator)) {
    numerator *= 2
    denominator *= 2n
  }
  return { numerator: BigInt(numerator), denominator }
}
