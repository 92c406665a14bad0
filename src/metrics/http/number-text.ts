/** A number as Prometheus' API writes it, without the quotes it has there. */
export function numberText(value: number): string {
  if (value !== value) return 'NaN'
  if (value === Infinity) return '+Inf'
  if (value === -Infinity) return '-Inf'
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const text = String(value)
  // JavaScript and Go change to exponents at the same magnitudes; Go's have two digits.
  return value < 1e-6 && value > -1e-6 ? text.replace(/e-(\d)$/, 'e-0$1') : text
}
