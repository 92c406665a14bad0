import { goQuote } from '../../base/go-quote.ts'
import { ExpositionError } from './exposition-parser.ts'

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

/** Reads a number as Go does, without the notations that came after 1.12 (prometheus: model/textparse/promparse.go parseFloat). */
export function parseFloatText(text: string): number {
  if (/[pP_]/.test(text)) throw new ExpositionError('unsupported character in float')
  const value = floatOf(text)
  if (value === undefined) throw new ExpositionError(`strconv.ParseFloat: parsing ${goQuote(text)}: invalid syntax`)
  if (!Number.isFinite(value) && DECIMAL.test(text)) {
    throw new ExpositionError(`strconv.ParseFloat: parsing ${goQuote(text)}: value out of range`)
  }
  return value
}

/** The number, undefined when the text is none. */
export function floatOf(text: string): number | undefined {
  if (DECIMAL.test(text)) return Number(text)
  switch (text.toLowerCase()) {
    case 'nan':
      return Number.NaN
    case 'inf':
    case '+inf':
    case 'infinity':
    case '+infinity':
      return Number.POSITIVE_INFINITY
    case '-inf':
    case '-infinity':
      return Number.NEGATIVE_INFINITY
    default:
      return undefined
  }
}

/** From this power of ten on, and below 1e-4, Go's `%g` writes an exponent. */
const EXPONENT_MAX = 6

/** As Go's `strconv.FormatFloat(value, 'g', -1, 64)`: the shortest digits that read back as the same number. */
export function formatFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const [mantissa = '', exponentText = '0'] = value.toExponential().split('e')
  const exponent = Number(exponentText)
  if (exponent >= -4 && exponent < EXPONENT_MAX) return String(value)
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
}

/** A number that always looks like one: `1` is written `1.0` (labels `le` and `quantile`). */
export function formatOpenMetricsFloat(value: number): string {
  const text = formatFloat(value)
  return /^-?\d+$/.test(text) ? `${text}.0` : text
}
