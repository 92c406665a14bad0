import { type TimeZone, timeZone, UTC } from '../../templates/time-zone.ts'
import { converted, list, object, text, type TypeOf } from '../../yaml/types.ts'

/** Both ends belong to it. */
export interface Range {
  readonly begin: number
  readonly end: number
}

/** A piece of recurring time: all that is given must hold; what is not given always does. */
export interface TimeInterval {
  /** Minutes of the day, from `begin` until before `end`. */
  readonly times?: readonly Range[]
  /** 0 is Sunday. */
  readonly weekdays?: readonly Range[]
  /** Negative days count from the end of the month. */
  readonly daysOfMonth?: readonly Range[]
  readonly months?: readonly Range[]
  readonly years?: readonly Range[]
  readonly zone: TimeZone
}

/** Whether a moment lies in the interval (prometheus/alertmanager timeinterval/timeinterval.go). */
export function containsTime(interval: TimeInterval, timeMs: number): boolean {
  const { times, weekdays, daysOfMonth, months, years, zone } = interval
  const date = new Date(timeMs + zone.offsetMs(timeMs))
  const minute = date.getUTCHours() * 60 + date.getUTCMinutes()
  if (times !== undefined && !times.some(({ begin, end }) => minute >= begin && minute < end)) return false
  if (daysOfMonth !== undefined && !daysOfMonth.some((range) => containsDay(range, date))) return false
  return isIn(months, date.getUTCMonth() + 1) && isIn(weekdays, date.getUTCDay()) && isIn(years, date.getUTCFullYear())
}

function isIn(ranges: readonly Range[] | undefined, value: number): boolean {
  return ranges === undefined || ranges.some(({ begin, end }) => value >= begin && value <= end)
}

function containsDay({ begin, end }: Range, date: Date): boolean {
  const days = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()
  const first = begin < 0 ? days + begin + 1 : begin
  const last = end < 0 ? days + end + 1 : end
  if (first > days) return false
  const day = date.getUTCDate()
  return day >= first && day <= Math.min(last, days)
}

/** Names of the intervals that hold the moment. */
export function intervalsAt(
  intervals: ReadonlyMap<string, readonly TimeInterval[]>,
  names: readonly string[],
  timeMs: number,
): readonly string[] {
  return names.filter((name) => intervals.get(name)?.some((interval) => containsTime(interval, timeMs)))
}

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']
const MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
]

const timeRangeText = object('timeinterval.yamlTimeRange', { start_time: text, end_time: text })

/** `{start_time: '09:00', end_time: '17:00'}` */
export const timeRange = converted(timeRangeText, ({ start_time: start = '', end_time: end = '' }): Range => {
  if (start === '' || end === '') throw new Error('both start and end times must be provided')
  const range = { begin: minuteOf(start), end: minuteOf(end) }
  if (range.begin >= range.end) throw new Error('start time cannot be equal or greater than end time')
  return range
})

function minuteOf(time: string): number {
  if (!/^(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)$/.test(time)) {
    throw new Error(`couldn't parse timestamp ${time}, invalid format`)
  }
  const [hour = 0, minute = 0] = time.split(':').map(Number)
  return hour * 60 + minute
}

/** `monday:friday`, `saturday` */
function rangeOf(written: string, memberOf: (text: string) => number): Range {
  const lower = written.toLowerCase()
  const [begin = '', end = begin, ...more] = lower.split(':')
  if (more.length > 0) throw new Error(`couldn't parse range ${lower}, invalid format`)
  return { begin: memberOf(begin), end: memberOf(end) }
}

function wholeNumber(member: string): number {
  if (!/^[+-]?\d+$/.test(member)) throw new Error(`strconv.Atoi: parsing ${JSON.stringify(member)}: invalid syntax`)
  return Number(member)
}

const weekdayRange = converted(text, (written): Range => {
  const range = rangeOf(written, (member) => {
    const day = WEEKDAYS.indexOf(member)
    if (day < 0) throw new Error(`${member} is not a valid weekday`)
    return day
  })
  if (range.begin > range.end) throw new Error('start day cannot be before end day')
  return range
})

const dayRange = converted(text, (written): Range => {
  const range = rangeOf(written, wholeNumber)
  const { begin, end } = range
  for (const day of [begin, end]) {
    if (day === 0 || Math.abs(day) > 31) throw new Error(`${day} is not a valid day of the month: out of range`)
  }
  if (begin < 0 && end > 0) throw new Error('end day must be negative if start day is negative')
  // The shortest month decides what can never be.
  const fromStart = (day: number): number => (day < 0 ? 28 + day : day)
  if (fromStart(begin) > fromStart(end)) throw new Error(`end day ${end} is always before start day ${begin}`)
  return range
})

const monthRange = converted(text, (written): Range => {
  const range = rangeOf(written, (member) => {
    const index = MONTHS.indexOf(member)
    if (index >= 0) return index + 1
    if (!/^[+-]?\d+$/.test(member)) throw new Error(`${member} is not a valid month`)
    return Number(member)
  })
  const { begin, end } = range
  if (begin > end)
    throw new Error(`end month ${MONTHS[end - 1] ?? ''} is before start month ${MONTHS[begin - 1] ?? ''}`)
  return range
})

const yearRange = converted(text, (written): Range => {
  const range = rangeOf(written, wholeNumber)
  if (range.begin > range.end) throw new Error(`end year ${range.end} is before start year ${range.begin}`)
  return range
})

const location = converted(text, (name): TimeZone => {
  const zone = timeZone(name)
  if (zone === undefined) throw new Error(`unknown time zone ${name}`)
  return zone
})

const intervalFields = object('timeinterval.TimeInterval', {
  times: list(timeRange),
  weekdays: list(weekdayRange),
  days_of_month: list(dayRange),
  months: list(monthRange),
  years: list(yearRange),
  location,
})

export const timeInterval = converted(intervalFields, (fields: TypeOf<typeof intervalFields>): TimeInterval => {
  const { times, weekdays, days_of_month: daysOfMonth, months, years, location: zone = UTC } = fields
  return {
    zone,
    ...(times !== undefined && { times }),
    ...(weekdays !== undefined && { weekdays }),
    ...(daysOfMonth !== undefined && { daysOfMonth }),
    ...(months !== undefined && { months }),
    ...(years !== undefined && { years }),
  }
})
