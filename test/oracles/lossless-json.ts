/**
 * JSON as oracles need it: whole numbers beyond 2^53 arrive as bigint, exact to the last digit, and with
 * `keepFloats` a whole number that was written as a float (`1.0`, `1e3`) arrives as a `Float`, not as an integer.
 */
export function parseLossless(text: string, { keepFloats = false } = {}): unknown {
  return JSON.parse(text, (_key: string, value: unknown, context?: { source: string }) => {
    if (typeof value !== 'number' || context === undefined) return value
    if (/^-?\d+$/.test(context.source)) return Number.isSafeInteger(value) ? value : BigInt(context.source)
    return keepFloats && Number.isInteger(value) ? new Float(value) : value
  })
}

/** A whole number that its author wrote as a float. */
export class Float {
  readonly value: number

  constructor(value: number) {
    this.value = value
  }

  toJSON(): number {
    return this.value
  }
}

/** JSON text for messages; a bigint prints as `123n`. */
export function printJson(value: unknown): string {
  if (value === undefined) return 'nothing'
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? `${inner}n` : inner))
}

/** Equality of JSON values: the order of keys is no difference, the order of lists is; 2^60 as bigint equals itself as number. */
export function sameJson(left: unknown, right: unknown): boolean {
  if (left === right) return true
  if (typeof left === 'bigint' || typeof right === 'bigint') return sameNumber(left, right)
  if (left instanceof Float || right instanceof Float) {
    return left instanceof Float && right instanceof Float && left.value === right.value
  }
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => sameJson(item, right[index]))
  }
  if (!isRecord(left) || !isRecord(right)) return false
  const keys = Object.keys(left)
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && sameJson(left[key], right[key]))
  )
}

/** Equality of two lists whose order does not count. */
export function sameMembers(left: readonly unknown[], right: readonly unknown[]): boolean {
  if (left.length !== right.length) return false
  const rest = [...right]
  return left.every((item) => {
    const at = rest.findIndex((other) => sameJson(item, other))
    if (at >= 0) rest.splice(at, 1)
    return at >= 0
  })
}

/** A text of a case, `''` where there is none. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function sameNumber(left: unknown, right: unknown): boolean {
  const isNumeric = (value: unknown): value is number | bigint => typeof value === 'number' || typeof value === 'bigint'
  return isNumeric(left) && isNumeric(right) && left == right
}
