/** With so many digits behind the point, as Go's `%f`. */
export function formatFixed(value: number, digits: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  if (Math.abs(value) < 1e21) return value.toFixed(digits)
  return `${BigInt(value)}.${'0'.repeat(digits)}`
}

/** As few digits as tell it from its neighbours, never with an exponent: Go's `strconv.FormatFloat(value, 'f', -1, 64)`. */
export function formatPlain(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  const [mantissa = '', exponent = '0'] = Math.abs(value).toExponential().split('e')
  const digits = mantissa.replace('.', '')
  const point = Number(exponent) + 1
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  if (point <= 0) return value === 0 ? `${sign}0` : `${sign}0.${'0'.repeat(-point)}${digits}`
  if (digits.length <= point) return sign + digits.padEnd(point, '0')
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
}
