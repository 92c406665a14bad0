import { goQuote } from '../../base/go-quote.ts'
import { formatFloat, parseFloat } from '../../base/go-numbers.ts'
import { isDuration } from './go-duration.ts'
import { timeValue, type TimeValue } from './go-time.ts'
import { GoError, typeName, type Value } from './values.ts'

/** A number from what templates give: a number, its text, a duration in seconds (prometheus/common helpers/templates/time.go). */
export function toFloat(value: Value): number {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (typeof value === 'string') {
    const parsed = parseFloat(value)
    if (parsed === undefined) throw new GoError(`strconv.ParseFloat: parsing ${goQuote(value)}: invalid syntax`)
    return parsed
  }
  if (typeof value === 'object' && value.kind === 'uint') return Number(value.value)
  if (isDuration(value)) return Number(value.nanoseconds) / 1e9
  throw new GoError(`can't convert ${typeName(value)} to float`)
}

const LARGE = ['k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y']
const SMALL = ['m', 'u', 'n', 'p', 'f', 'a', 'z', 'y']
const BINARY = ['ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei', 'Zi', 'Yi']

/** `1.235M`, `120m`. */
export function humanize(value: Value): string {
  const number = toFloat(value)
  if (number === 0 || !Number.isFinite(number)) return short(number)
  return Math.abs(number) >= 1 ? scaledDown(number, 1_000, LARGE) : scaledUp(number)
}

/** `1.177Mi`. */
export function humanize1024(value: Value): string {
  const number = toFloat(value)
  if (Math.abs(number) <= 1 || !Number.isFinite(number)) return short(number)
  return scaledDown(number, 1_024, BINARY)
}

/** `1d 1h 0m 0s`, `12.35s`, `123.5ms`. */
export function humanizeDuration(value: Value): string {
  const seconds = toFloat(value)
  if (!Number.isFinite(seconds)) return short(seconds)
  if (seconds === 0) return `${short(seconds)}s`
  if (Math.abs(seconds) < 1) return `${scaledUp(seconds)}s`
  const sign = seconds < 0 ? '-' : ''
  const whole = Math.trunc(Math.abs(seconds))
  const parts = [Math.floor(whole / 86_400), Math.floor(whole / 3_600) % 24, Math.floor(whole / 60) % 60, whole % 60]
  const first = parts.findIndex((part) => part !== 0)
  if (first === 3) return `${sign}${short(Math.abs(seconds))}s`
  return `${sign}${parts
    .slice(first)
    .map((part, index) => `${part}${'dhms'.charAt(first + index)}`)
    .join(' ')}`
}

/** `12.35%`. */
export function humanizePercentage(value: Value): string {
  return `${short(toFloat(value) * 100)}%`
}

/** `2015-06-23 13:19:44.128 +0000 UTC`. */
export function humanizeTimestamp(value: Value): string {
  const seconds = toFloat(value)
  return Number.isFinite(seconds) ? (timeOfSeconds(seconds).print?.() ?? '') : short(seconds)
}

/** A moment from seconds since the Unix epoch, to the millisecond. */
export function timeOfSeconds(seconds: number): TimeValue {
  if (!Number.isFinite(seconds)) throw new GoError('value is NaN or Inf')
  const nanoseconds = seconds * 1e9
  if (Math.abs(nanoseconds) > 2 ** 63) {
    const shown = formatFloat(seconds, 'g', -1)
    throw new GoError(`${shown} cannot be represented as a nanoseconds timestamp since it overflows int64`)
  }
  return timeValue((BigInt(Math.trunc(nanoseconds)) / 1_000_000n) * 1_000_000n)
}

function short(number: number): string {
  return formatFloat(number, 'g', 4)
}

function scaledDown(number: number, base: number, prefixes: readonly string[]): string {
  let scaled = number
  let prefix = ''
  for (const next of prefixes) {
    if (Math.abs(scaled) < base) break
    prefix = next
    scaled /= base
  }
  return short(scaled) + prefix
}

function scaledUp(number: number): string {
  let scaled = number
  let prefix = ''
  for (const next of SMALL) {
    if (Math.abs(scaled) >= 1) break
    prefix = next
    scaled *= 1_000
  }
  return short(scaled) + prefix
}
