/*
 * `%START_TIME(FORMAT)%`: strftime, with Envoy's additions: `%s` seconds since 1970, `%3f` digits of the second's fraction
 * (`%f`: nine), `%E3S` seconds with digits, all in UTC. envoyproxy/envoy source/common/common/utility.cc `DateFormatter`.
 */

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
const DIRECTIVE = /%(?:E([\d*])([fS])|(\d)?([a-zA-Z%]))/g
const DAY_MS = 86_400_000

/** Times of a record in a format; the default is that of RFC 3339 with milliseconds. */
export function timeText(ms: number, format: string | undefined): string {
  const date = new Date(Math.trunc(ms))
  if (format === undefined || format === '') return date.toISOString()
  return format.replaceAll(DIRECTIVE, (whole, digits?: string, field?: string, width?: string, letter?: string) => {
    if (digits !== undefined)
      return field === 'S' ? `${two(date.getUTCSeconds())}.${fraction(ms, digits)}` : fraction(ms, digits)
    if (letter === 'f') return fraction(ms, width ?? '9')
    return FIELDS[letter ?? '']?.(date) ?? whole
  })
}

const FIELDS: Readonly<Record<string, (date: Date) => string>> = {
  Y: (date) => String(date.getUTCFullYear()),
  y: (date) => two(date.getUTCFullYear() % 100),
  m: (date) => two(date.getUTCMonth() + 1),
  d: (date) => two(date.getUTCDate()),
  e: (date) => String(date.getUTCDate()).padStart(2, ' '),
  j: (date) => String(dayOfYear(date)).padStart(3, '0'),
  H: (date) => two(date.getUTCHours()),
  I: (date) => two(date.getUTCHours() % 12 || 12),
  M: (date) => two(date.getUTCMinutes()),
  S: (date) => two(date.getUTCSeconds()),
  p: (date) => (date.getUTCHours() < 12 ? 'AM' : 'PM'),
  s: (date) => String(Math.floor(date.getTime() / 1000)),
  a: (date) => (DAYS[date.getUTCDay()] ?? '').slice(0, 3),
  A: (date) => DAYS[date.getUTCDay()] ?? '',
  b: (date) => (MONTHS[date.getUTCMonth()] ?? '').slice(0, 3),
  B: (date) => MONTHS[date.getUTCMonth()] ?? '',
  F: (date) => date.toISOString().slice(0, 10),
  T: (date) => date.toISOString().slice(11, 19),
  D: (date) => `${two(date.getUTCMonth() + 1)}/${two(date.getUTCDate())}/${two(date.getUTCFullYear() % 100)}`,
  z: () => '+0000',
  Z: () => 'UTC',
  '%': () => '%',
}

/** Clocks here count milliseconds: what is finer is 0. */
function fraction(ms: number, digits: string): string {
  const count = digits === '*' ? 3 : Number(digits)
  return String(Math.trunc(ms) % 1000)
    .padStart(3, '0')
    .padEnd(9, '0')
    .slice(0, count)
}

function dayOfYear(date: Date): number {
  const start = Date.UTC(date.getUTCFullYear(), 0, 1)
  return Math.floor((date.getTime() - start) / DAY_MS) + 1
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
