import { CelError, Duration, Timestamp } from './values.ts'

const NANOSECONDS_PER_SECOND = 1_000_000_000n
const INT64_MAX = (1n << 63n) - 1n

/** 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z: google/cel-go common/types/timestamp.go. */
export const UNIX_SECONDS_MIN = -62_135_596_800n
export const UNIX_SECONDS_MAX = 253_402_300_799n

const UNIT_NANOSECONDS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: NANOSECONDS_PER_SECOND,
  m: 60n * NANOSECONDS_PER_SECOND,
  h: 3600n * NANOSECONDS_PER_SECOND,
}

const DURATION_PART = /(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/y

/** Go's `time.ParseDuration`: `1h2m3.5s`, `-10ms`, `0`. */
export function parseDuration(text: string): Duration | undefined {
  const unsigned = /^[+-]/.test(text) ? text.slice(1) : text
  if (unsigned === '0') return new Duration(0n)
  if (unsigned === '') return undefined
  let total = 0n
  DURATION_PART.lastIndex = 0
  while (DURATION_PART.lastIndex < unsigned.length) {
    const part = DURATION_PART.exec(unsigned)
    if (part === null) return undefined
    const [, whole = '', fraction = '', unit = ''] = part
    if (whole === '' && fraction === '') return undefined
    const scale = UNIT_NANOSECONDS[unit] ?? 0n
    total += BigInt(whole === '' ? 0 : whole) * scale
    if (fraction !== '') total += (BigInt(fraction) * scale) / 10n ** BigInt(fraction.length)
  }
  if (total > INT64_MAX) return undefined
  return new Duration(text.startsWith('-') ? -total : total)
}

/** `3723.004s`: seconds in the shortest decimal form. */
export function printDuration(duration: Duration): string {
  return `${printSeconds(duration.nanoseconds)}s`
}

function printSeconds(nanoseconds: bigint): string {
  const sign = nanoseconds < 0n ? '-' : ''
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds
  return `${sign}${size / NANOSECONDS_PER_SECOND}${printFraction(size % NANOSECONDS_PER_SECOND)}`
}

function printFraction(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return ''
  return `.${String(nanoseconds).padStart(9, '0').replace(/0+$/, '')}`
}

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:(Z)|([+-])(\d\d):(\d\d))$/

/** Go's `time.Parse(time.RFC3339, …)`; fractions beyond nanoseconds are cut. Out of range years are the caller's to judge. */
export function parseTimestamp(text: string): Timestamp | undefined {
  const match = RFC3339.exec(text)
  if (match === null) return undefined
  const [, year, month, day, hour, minute, second, fraction = '', , sign, offsetHours = '0', offsetMinutes = '0'] =
    match
  const seconds = unixSeconds([year, month, day, hour, minute, second].map(Number))
  if (seconds === undefined || Number(offsetHours) > 24 || Number(offsetMinutes) > 59) return undefined
  const offset = (Number(offsetHours) * 60 + Number(offsetMinutes)) * 60 * (sign === '-' ? -1 : 1)
  const nanoseconds = BigInt(fraction.slice(0, 9).padEnd(9, '0'))
  return new Timestamp((BigInt(seconds) - BigInt(offset)) * NANOSECONDS_PER_SECOND + nanoseconds, offset)
}

const FULL_DATE = /^(\d{4})-(\d\d)-(\d\d)$/

/** A day, as midnight in UTC. */
export function parseDate(text: string): Timestamp | undefined {
  const match = FULL_DATE.exec(text)
  if (match === null) return undefined
  const seconds = unixSeconds([...match.slice(1, 4).map(Number), 0, 0, 0])
  return seconds === undefined ? undefined : new Timestamp(BigInt(seconds) * NANOSECONDS_PER_SECOND)
}

/** Undefined for a date that no calendar has, such as February 30. */
function unixSeconds(parts: readonly number[]): number | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
  if (hour > 23 || minute > 59 || second > 59) return undefined
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined
  date.setUTCHours(hour, minute, second)
  return date.getTime() / 1000
}

export function secondsOf(timestamp: Timestamp): bigint {
  return floorDivide(timestamp.nanoseconds, NANOSECONDS_PER_SECOND)
}

function floorDivide(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor
  return value % divisor < 0n ? quotient - 1n : quotient
}

/** RFC 3339 with as many digits of the fraction as there are, in the offset in which it was given. */
export function printTimestamp(timestamp: Timestamp): string {
  const { offsetSeconds } = timestamp
  const seconds = secondsOf(timestamp)
  const local = new Date(Number(seconds) * 1000 + offsetSeconds * 1000)
  const fraction = printFraction(timestamp.nanoseconds - seconds * NANOSECONDS_PER_SECOND)
  const [day = '', time = ''] = local.toISOString().split('T')
  return `${day}T${time.slice(0, 8)}${fraction}${printOffset(offsetSeconds)}`
}

function printOffset(offsetSeconds: number): string {
  if (offsetSeconds === 0) return 'Z'
  const minutes = Math.abs(offsetSeconds) / 60
  const twoDigits = (value: number): string => String(Math.floor(value)).padStart(2, '0')
  return `${offsetSeconds < 0 ? '-' : '+'}${twoDigits(minutes / 60)}:${twoDigits(minutes % 60)}`
}

export function isInRange(timestamp: Timestamp): boolean {
  const seconds = secondsOf(timestamp)
  return seconds >= UNIX_SECONDS_MIN && seconds <= UNIX_SECONDS_MAX
}

/** The calendar of an instant in a zone, as a Date whose UTC fields are the zone's. `zone`: `UTC`, `Asia/Kolkata`, `+05:30`. */
export function localDate(timestamp: Timestamp, zone: string): Date | CelError {
  const milliseconds = Number(floorDivide(timestamp.nanoseconds, 1_000_000n))
  if (zone === '' || zone === 'UTC') return new Date(milliseconds)
  const colon = zone.indexOf(':')
  if (colon >= 0) {
    const offset = offsetMinutes(zone, colon)
    return offset instanceof CelError ? offset : new Date(milliseconds + offset * 60_000)
  }
  return inNamedZone(milliseconds, zone)
}

function offsetMinutes(zone: string, colon: number): number | CelError {
  const hourText = zone.slice(0, colon)
  const minuteText = zone.slice(colon + 1)
  for (const part of [hourText, minuteText]) {
    if (!/^[+-]?\d+$/.test(part)) return new CelError(`strconv.Atoi: parsing ${JSON.stringify(part)}: invalid syntax`)
  }
  const minutes = Number(minuteText)
  if (minutes < 0 || minutes > 59) return new CelError(`timezone offset minutes out of range [0, 59]: ${zone}`)
  return Number(hourText) * 60 + (zone.startsWith('-') ? -minutes : minutes)
}

function inNamedZone(milliseconds: number, zone: string): Date | CelError {
  let format: Intl.DateTimeFormat
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  } catch {
    return new CelError(`unknown time zone ${zone}`)
  }
  const parts = new Map(format.formatToParts(milliseconds).map(({ type, value }) => [type, Number(value)]))
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0
  const date = new Date(0)
  date.setUTCFullYear(part('year'), part('month') - 1, part('day'))
  date.setUTCHours(part('hour'), part('minute'), part('second'), ((milliseconds % 1000) + 1000) % 1000)
  return date
}
