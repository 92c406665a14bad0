import { durationValue, nanosecondsOf } from './go-duration.ts'
import { layoutParts, type LayoutField, MONTHS, WEEKDAYS } from './time-layout.ts'
import { type TimeZone, UTC } from './time-zone.ts'
import { type Struct, type Value, textOf } from './values.ts'

const MILLISECOND_NS = 1_000_000n

/** A `time.Time`: nanoseconds since the Unix epoch, shown in a zone. */
export interface TimeValue extends Struct {
  readonly type: 'time.Time'
  readonly fields: Readonly<Record<string, never>>
  readonly nanoseconds: bigint
  readonly zone: TimeZone
}

/** The time that Go's zero value stands for: 0001-01-01T00:00:00Z. */
export const ZERO_TIME_MS = -62_135_596_800_000

export function timeOfMs(timeMs: number, zone: TimeZone = UTC): TimeValue {
  return timeValue(BigInt(Math.round(timeMs)) * MILLISECOND_NS, zone)
}

export function isTime(value: Value): value is TimeValue {
  return typeof value === 'object' && value.kind === 'struct' && value.type === 'time.Time'
}

export function timeValue(nanoseconds: bigint, zone: TimeZone = UTC): TimeValue {
  const time: TimeValue = {
    kind: 'struct',
    type: 'time.Time',
    fields: {},
    nanoseconds,
    zone,
    print: () => formatTime(time, '2006-01-02 15:04:05.999999999 -0700 MST'),
    json: () => JSON.stringify(formatTime(time, '2006-01-02T15:04:05.999999999Z07:00')),
    get methods() {
      return methodsOf(time)
    },
  }
  return time
}

function methodsOf(time: TimeValue): NonNullable<Struct['methods']> {
  const { nanoseconds, zone } = time
  const whole = (read: (date: Date) => number) => ({ parameters: [], call: () => BigInt(read(shownDate(time))) })
  const compared = (decide: (other: bigint) => boolean) => ({
    parameters: ['time.Time'],
    call: ([other]: readonly Value[]) => decide(isTime(other) ? other.nanoseconds : 0n),
  })
  return {
    Format: { parameters: ['string'], call: ([layout]) => formatTime(time, textOf(layout)) },
    String: { parameters: [], call: () => time.print?.() },
    Unix: { parameters: [], call: () => floorDivide(nanoseconds, 1_000_000_000n) },
    UnixMilli: { parameters: [], call: () => floorDivide(nanoseconds, MILLISECOND_NS) },
    UnixMicro: { parameters: [], call: () => floorDivide(nanoseconds, 1_000n) },
    UnixNano: { parameters: [], call: () => nanoseconds },
    Add: { parameters: ['time.Duration'], call: ([delta]) => timeValue(nanoseconds + nanosecondsOf(delta), zone) },
    Sub: {
      parameters: ['time.Time'],
      call: ([other]) => durationValue(nanoseconds - (isTime(other) ? other.nanoseconds : 0n)),
    },
    AddDate: { parameters: ['int', 'int', 'int'], call: (parts) => addDate(time, parts.map(Number)) },
    Before: compared((other) => nanoseconds < other),
    After: compared((other) => nanoseconds > other),
    Equal: compared((other) => nanoseconds === other),
    IsZero: { parameters: [], call: () => nanoseconds === BigInt(ZERO_TIME_MS) * MILLISECOND_NS },
    UTC: { parameters: [], call: () => timeValue(nanoseconds, UTC) },
    Local: { parameters: [], call: () => timeValue(nanoseconds, UTC) },
    Year: whole((date) => date.getUTCFullYear()),
    Month: { parameters: [], call: () => MONTHS[shownDate(time).getUTCMonth()] },
    Day: whole((date) => date.getUTCDate()),
    Hour: whole((date) => date.getUTCHours()),
    Minute: whole((date) => date.getUTCMinutes()),
    Second: whole((date) => date.getUTCSeconds()),
    YearDay: whole(yearDay),
    Nanosecond: { parameters: [], call: () => subsecond(nanoseconds) },
    Weekday: { parameters: [], call: () => WEEKDAYS[shownDate(time).getUTCDay()] },
  }
}

/** A time in the words of a layout (time.Time.Format). */
export function formatTime(time: TimeValue, layout: string): string {
  const date = shownDate(time)
  return layoutParts(layout)
    .map((part) => ('literal' in part ? part.literal : formatField(time, date, part.field)))
    .join('')
}

function formatField(time: TimeValue, date: Date, field: LayoutField): string {
  const month = date.getUTCMonth()
  const hour = date.getUTCHours()
  const two = (value: number): string => String(value).padStart(2, '0')
  switch (field) {
    case 'January':
      return MONTHS[month] ?? ''
    case 'Jan':
      return (MONTHS[month] ?? '').slice(0, 3)
    case '1':
      return String(month + 1)
    case '01':
      return two(month + 1)
    case 'Monday':
      return WEEKDAYS[date.getUTCDay()] ?? ''
    case 'Mon':
      return (WEEKDAYS[date.getUTCDay()] ?? '').slice(0, 3)
    case '2':
      return String(date.getUTCDate())
    case '_2':
      return String(date.getUTCDate()).padStart(2, ' ')
    case '02':
      return two(date.getUTCDate())
    case '__2':
      return String(yearDay(date)).padStart(3, ' ')
    case '002':
      return String(yearDay(date)).padStart(3, '0')
    case '15':
      return two(hour)
    case '3':
      return String(hour % 12 === 0 ? 12 : hour % 12)
    case '03':
      return two(hour % 12 === 0 ? 12 : hour % 12)
    case '4':
      return String(date.getUTCMinutes())
    case '04':
      return two(date.getUTCMinutes())
    case '5':
      return String(date.getUTCSeconds())
    case '05':
      return two(date.getUTCSeconds())
    case '2006':
      return String(date.getUTCFullYear()).padStart(4, '0')
    case '06':
      return two(date.getUTCFullYear() % 100)
    case 'PM':
      return hour >= 12 ? 'PM' : 'AM'
    case 'pm':
      return hour >= 12 ? 'pm' : 'am'
    case 'MST':
      return time.zone.abbreviation(unixMs(time))
    default:
      return /^[.,]/.test(field) ? formatFraction(time, field) : formatOffset(time, field)
  }
}

function formatFraction(time: TimeValue, field: string): string {
  const digits = String(subsecond(time.nanoseconds))
    .padStart(9, '0')
    .slice(0, field.length - 1)
  if (field.charAt(1) === '0') return field.charAt(0) + digits
  const trimmed = digits.replace(/0+$/, '')
  return trimmed === '' ? '' : field.charAt(0) + trimmed
}

function formatOffset(time: TimeValue, field: string): string {
  const offsetMs = time.zone.offsetMs(unixMs(time))
  if (field.startsWith('Z') && offsetMs === 0) return 'Z'
  const seconds = Math.abs(offsetMs) / 1_000
  const parts = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map((part) =>
    String(Math.floor(part)).padStart(2, '0'),
  )
  const digits = field.replace(/[^0-9]/g, '').length
  return (offsetMs < 0 ? '-' : '+') + parts.slice(0, digits / 2).join(field.includes(':') ? ':' : '')
}

/** What the zone's clocks show, as a date in UTC. */
function shownDate(time: TimeValue): Date {
  const ms = unixMs(time)
  return new Date(ms + time.zone.offsetMs(ms))
}

/** Milliseconds since the Unix epoch. */
export function unixMs({ nanoseconds }: TimeValue): number {
  return Number(floorDivide(nanoseconds, MILLISECOND_NS))
}

function addDate(time: TimeValue, [years = 0, months = 0, days = 0]: readonly number[]): TimeValue {
  const date = shownDate(time)
  const moved = new Date(date.getTime())
  moved.setUTCFullYear(date.getUTCFullYear() + years, date.getUTCMonth() + months, date.getUTCDate() + days)
  return timeValue(time.nanoseconds + BigInt(moved.getTime() - date.getTime()) * MILLISECOND_NS, time.zone)
}

function yearDay(date: Date): number {
  const start = new Date(date.getTime())
  start.setUTCMonth(0, 1)
  return Math.round((date.getTime() - start.getTime()) / 86_400_000) + 1
}

function subsecond(nanoseconds: bigint): bigint {
  return nanoseconds - floorDivide(nanoseconds, 1_000_000_000n) * 1_000_000_000n
}

function floorDivide(value: bigint, unit: bigint): bigint {
  const quotient = value / unit
  return value % unit < 0n ? quotient - 1n : quotient
}
