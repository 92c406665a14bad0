/** Numbers as Go prints them. */

/** Go's `%g`: the shortest form that reads back the same, with an exponent below 1e-4 and from 1e21. */
export function printDouble(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const [mantissa = '', exponentText = '0'] = value.toExponential().split('e')
  const exponent = Number(exponentText)
  if (exponent >= -4 && exponent < 21) return plainDigits(value)
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

/** Go's `%.Nf`, exact to the last digit: JavaScript's toFixed gives up above 1e21. */
export function fixedDigits(value: number, digits: number): string {
  if (Math.abs(value) < 1e21 && digits <= 100) return value.toFixed(digits)
  const whole = BigInt(Math.trunc(value))
  return digits === 0 ? String(whole) : `${whole}.${'0'.repeat(digits)}`
}
