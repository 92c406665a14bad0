/** How a number is written: with an exponent, without one, or whichever suits its size. */
export type FloatVerb = 'e' | 'f' | 'g'

/**
 * A number as Go's strconv.FormatFloat writes it; precision -1 asks for as few digits as tell it from its neighbours.
 * JavaScript's own methods round ties away from zero, Go to even, and they disagree on when an exponent is due.
 */
export function formatFloat(value: number, verb: FloatVerb, precision: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const magnitude = Math.abs(value)
  if (precision < 0) return sign + shortest(magnitude, verb)
  if (verb === 'e') return sign + withExponent(rounded(magnitude, precision + 1), precision)
  if (verb === 'f') return sign + fixed(magnitude, precision)
  const significant = Math.max(1, precision)
  const decimal = withoutTrailingZeros(rounded(magnitude, significant))
  const { digits, point } = decimal
  // strconv/ftoa.go: digits that are all before the point need no exponent, up to the precision.
  const exponentMax = significant > digits.length && digits.length >= point ? digits.length : significant
  return sign + (point - 1 < -4 || point - 1 >= exponentMax ? withExponent(decimal) : plain(decimal))
}

/** A number from text as strconv.ParseFloat reads it; undefined when it is none. */
export function parseFloat(text: string): number | undefined {
  if (INFINITE.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  if (/^[+-]?nan$/i.test(text)) return Number.NaN
  if (!DECIMAL.test(text)) return undefined
  return Number(text.replaceAll('_', ''))
}

const INFINITE = /^[+-]?inf(inity)?$/i
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i

/** The decimal fraction 0.`digits` × 10^`point`. */
interface Decimal {
  readonly digits: string
  readonly point: number
}

/** From this exponent on the shortest form has it (strconv/ftoa.go: six digits decide). */
const SHORTEST_EXPONENT_MAX = 6

function shortest(magnitude: number, verb: FloatVerb): string {
  const decimal = decimalOf(magnitude.toExponential())
  if (verb === 'e') return withExponent(decimal)
  if (verb === 'f') return plain(decimal)
  const exponent = decimal.point - 1
  return exponent < -4 || exponent >= SHORTEST_EXPONENT_MAX ? withExponent(decimal) : plain(decimal)
}

function fixed(magnitude: number, precision: number): string {
  const { point } = decimalOf(magnitude.toExponential())
  const significant = point + precision
  if (significant > 0) return plain(rounded(magnitude, significant), precision)
  const isUp = significant === 0 && magnitude > 0.5 * 10 ** -precision
  return isUp ? plain({ digits: '1', point: 1 - precision }, precision) : plain({ digits: '0', point: 1 }, precision)
}

/** How many digits JavaScript can give; no tie is longer. */
const DIGITS_MAX = 100

/** Rounded to `significant` digits, ties to even. */
function rounded(magnitude: number, significant: number): Decimal {
  const wanted = Math.min(significant, DIGITS_MAX)
  const nearest = decimalOf(magnitude.toExponential(wanted - 1))
  if (wanted === DIGITS_MAX) return padded(nearest, significant)
  // A tie shows as a five, and nothing, after the digits that were asked for.
  const exact = decimalOf(magnitude.toExponential(DIGITS_MAX))
  const isTie = exact.digits[wanted] === '5' && /^0*$/.test(exact.digits.slice(wanted + 1))
  const isEven = Number(exact.digits[wanted - 1]) % 2 === 0
  return isTie && isEven ? { digits: exact.digits.slice(0, wanted), point: exact.point } : nearest
}

function padded(decimal: Decimal, significant: number): Decimal {
  return { digits: decimal.digits.padEnd(significant, '0'), point: decimal.point }
}

function decimalOf(exponential: string): Decimal {
  const [mantissa = '', exponent = ''] = exponential.split('e')
  return { digits: mantissa.replace('.', ''), point: Number(exponent) + 1 }
}

function withoutTrailingZeros({ digits, point }: Decimal): Decimal {
  const trimmed = digits.replace(/0+$/, '')
  return trimmed === '' ? { digits: '0', point: 1 } : { digits: trimmed, point }
}

function withExponent({ digits, point }: Decimal, precision = digits.length - 1): string {
  const exponent = /^0*$/.test(digits) ? 0 : point - 1
  const fraction = digits.slice(1).padEnd(precision, '0')
  const magnitude = String(Math.abs(exponent)).padStart(2, '0')
  return `${digits.slice(0, 1)}${fraction === '' ? '' : `.${fraction}`}e${exponent < 0 ? '-' : '+'}${magnitude}`
}

function plain({ digits, point }: Decimal, precision = Math.max(0, digits.length - point)): string {
  const whole = point <= 0 ? '0' : digits.slice(0, point).padEnd(point, '0')
  const fraction = (point < 0 ? '0'.repeat(-point) : '') + digits.slice(Math.max(0, point))
  const shown = fraction.slice(0, precision).padEnd(precision, '0')
  return shown === '' ? whole : `${whole}.${shown}`
}
