/** A number, or a string such as `50%` or a port's name: k8s.io/apimachinery pkg/util/intstr/intstr.go. */
export type IntOrString = number | string

const INT32_MIN = -(2 ** 31)
const INT32_MAX = 2 ** 31 - 1

/** Text from a command line: a number where it is one. */
export function parseIntOrString(text: string): IntOrString {
  return parseGoInteger(text, INT32_MIN, INT32_MAX) ?? text
}

/** What `value` says: a plain number, or so many per cent. Throws on a string that is no percentage. */
export function intOrPercent(value: IntOrString): { readonly value: number; readonly isPercent: boolean } {
  if (typeof value === 'number') return { value, isPercent: false }
  if (!value.endsWith('%')) throw new IntOrStringError('invalid type: string is not a percentage')
  const digits = value.slice(0, -1)
  const percent = parseGoInteger(digits, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
  if (percent === undefined) {
    const quoted = JSON.stringify(value)
    throw new IntOrStringError(
      `invalid value ${quoted}: strconv.Atoi: parsing ${JSON.stringify(digits)}: invalid syntax`,
    )
  }
  return { value: percent, isPercent: true }
}

/** `value` of `total`: a number stands for itself, a percentage for its share, rounded as told. */
export function scaledIntOrPercent(
  value: IntOrString,
  total: number,
  { roundUp }: { readonly roundUp: boolean },
): number {
  const parsed = intOrPercent(value)
  if (!parsed.isPercent) return parsed.value
  const share = (parsed.value * total) / 100
  return roundUp ? Math.ceil(share) : Math.floor(share)
}

export class IntOrStringError extends Error {
  override readonly name = 'IntOrStringError'

  constructor(why: string) {
    super(`invalid value for IntOrString: ${why}`)
  }
}

function parseGoInteger(text: string, min: number, max: number): number | undefined {
  if (!/^[+-]?[0-9]+$/.test(text)) return undefined
  const value = Number(text)
  return value >= min && value <= max ? value : undefined
}
