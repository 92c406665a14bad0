import type { FunctionDeclaration, Overload } from '../declarations.ts'
import { localDate } from '../time.ts'
import { type CelType, DURATION, INT, STRING, TIMESTAMP } from '../types.ts'
import { CelError, Duration, NO_SUCH_OVERLOAD, Timestamp, type Value } from '../values.ts'

const MILLISECONDS_PER_DAY = 86_400_000

function dayOfYear(date: Date): number {
  const start = new Date(date.getTime())
  start.setUTCMonth(0, 1)
  return Math.round((date.getTime() - start.getTime()) / MILLISECONDS_PER_DAY)
}

/** Name, id of the overload, and what it reads off a calendar. */
const CALENDAR: readonly (readonly [string, string, (date: Date) => number])[] = [
  ['getFullYear', 'year', (date) => date.getUTCFullYear()],
  ['getMonth', 'month', (date) => date.getUTCMonth()],
  ['getDayOfYear', 'day_of_year', dayOfYear],
  ['getDayOfMonth', 'day_of_month', (date) => date.getUTCDate() - 1],
  ['getDate', 'day_of_month_1_based', (date) => date.getUTCDate()],
  ['getDayOfWeek', 'day_of_week', (date) => date.getUTCDay()],
  ['getHours', 'hours', (date) => date.getUTCHours()],
  ['getMinutes', 'minutes', (date) => date.getUTCMinutes()],
  ['getSeconds', 'seconds', (date) => date.getUTCSeconds()],
  ['getMilliseconds', 'milliseconds', (date) => date.getUTCMilliseconds()],
]

const DURATION_UNITS: Readonly<Record<string, bigint>> = {
  getHours: 3_600_000_000_000n,
  getMinutes: 60_000_000_000n,
  getSeconds: 1_000_000_000n,
  getMilliseconds: 1_000_000n,
}

function member(id: string, args: readonly CelType[], run: Overload['run']): Overload {
  return { id, member: true, args, result: INT, ...(run === undefined ? {} : { run }) }
}

function read(timestamp: Value, zone: Value, field: (date: Date) => number): Value {
  if (!(timestamp instanceof Timestamp) || typeof zone !== 'string') return NO_SUCH_OVERLOAD
  const date = localDate(timestamp, zone)
  return date instanceof CelError ? date : BigInt(field(date))
}

function declaration([name, id, field]: (typeof CALENDAR)[number]): FunctionDeclaration {
  const unit = DURATION_UNITS[name]
  const overloads = [
    member(`timestamp_to_${id}`, [TIMESTAMP], (timestamp = null) => read(timestamp, 'UTC', field)),
    member(`timestamp_to_${id}_with_tz`, [TIMESTAMP, STRING], (timestamp = null, zone = null) =>
      read(timestamp, zone, field),
    ),
  ]
  if (unit === undefined) return { name, overloads }
  const ofDuration = member(`duration_to_${id}`, [DURATION], (duration = null) =>
    duration instanceof Duration ? duration.nanoseconds / unit : NO_SUCH_OVERLOAD,
  )
  return { name, overloads: [...overloads, ofDuration] }
}

export const TIME_FUNCTIONS: readonly FunctionDeclaration[] = CALENDAR.map(declaration)
