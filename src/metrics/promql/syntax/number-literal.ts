import { goQuote } from '../../../base/go-quote.ts'

export interface NumberReading {
  readonly value: number
  /** What is wrong with it, in the words of Go's strconv. */
  readonly problem?: string
}

/** What a number token stands for: a whole number in base 8, 10 or 16, else a float (strconv.ParseInt, then ParseFloat). */
export function readNumber(text: string): NumberReading {
  const whole = wholeNumber(text)
  if (whole !== undefined) return { value: whole }
  const lower = text.toLowerCase()
  if (lower === 'nan') return { value: Number.NaN }
  if (lower === 'inf') return { value: Infinity }
  if (!FLOAT.test(text)) return { value: 0, problem: `strconv.ParseFloat: parsing ${goQuote(text)}: invalid syntax` }
  const value = Number(text.replaceAll('_', ''))
  if (Number.isFinite(value)) return { value }
  return { value, problem: `strconv.ParseFloat: parsing ${goQuote(text)}: value out of range` }
}

const HEXADECIMAL = /^0[xX](_?[0-9a-fA-F])+$/
const OCTAL = /^0(_?[0-7])+$/
const DECIMAL = /^(0|[1-9](_?[0-9])*)$/
const FLOAT = /^(\d(_?\d)*\.?(\d(_?\d)*)?|\.\d(_?\d)*)([eE][+-]?\d(_?\d)*)?$/

const INT64_MAX = 2n ** 63n - 1n

function wholeNumber(text: string): number | undefined {
  let digits = text.replaceAll('_', '')
  if (OCTAL.test(text)) digits = `0o${digits.slice(1)}`
  else if (!HEXADECIMAL.test(text) && !DECIMAL.test(text)) return undefined
  const whole = BigInt(digits)
  return whole > INT64_MAX ? undefined : Number(whole)
}
