import { parseDuration } from '../../base/duration.ts'
import { type Field, FIELDS, parseField, ScheduleError } from './cron-fields.ts'
import { type LocalDate, type LocalTime, Zone } from './zoned-time.ts'

/** When something is due, again and again. */
export interface Schedule {
  /** The first moment after `timeMs`; `undefined` when there is none within five years. */
  next(timeMs: number): number | undefined
}

const MACROS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}

const EVERY = '@every '
const SECOND_MS = 1_000
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const YEARS_MAX = 5
const TIME_ZONE_PREFIX = /^(?:CRON_)?TZ=(\S+)\s+(.*)$/

/**
 * Reads a standard cron schedule: five fields, a macro such as `@daily`, or `@every 90m`. The rules are those of
 * github.com/robfig/cron v3, which CronJobs are built on; other libraries differ around changes of daylight saving
 * time: here a time that is skipped is not made up for, and one that comes twice is kept twice.
 */
export function parseSchedule(text: string, timeZone = 'UTC'): Schedule {
  const prefix = TIME_ZONE_PREFIX.exec(text)
  const zone = zoneOf(prefix?.[1] ?? timeZone)
  const spec = (prefix?.[2] ?? text).trim()
  if (spec === '') throw new ScheduleError('empty spec string')
  if (spec.startsWith(EVERY)) return every(spec)
  if (spec.startsWith('@')) {
    const macro = MACROS[spec]
    if (macro === undefined) throw new ScheduleError(`unrecognized descriptor: ${spec}`)
    return fieldSchedule(macro, zone)
  }
  return fieldSchedule(spec, zone)
}

function zoneOf(name: string): Zone {
  try {
    return new Zone(name)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new ScheduleError(`provided bad location ${name}: unknown time zone ${name}`)
  }
}

/** Whole seconds, at least one. */
function every(spec: string): Schedule {
  const durationMs = parseDuration(spec.slice(EVERY.length))
  if (durationMs === undefined) {
    const why = `time: invalid duration ${JSON.stringify(spec.slice(EVERY.length))}`
    throw new ScheduleError(`failed to parse duration ${spec}: ${why}`)
  }
  const periodMs = Math.max(SECOND_MS, Math.floor(durationMs / SECOND_MS) * SECOND_MS)
  return { next: (timeMs) => wholeSeconds(timeMs) + periodMs }
}

function fieldSchedule(spec: string, zone: Zone): Schedule {
  const texts = spec.split(/\s+/)
  if (texts.length !== FIELDS.length) {
    throw new ScheduleError(`expected exactly 5 fields, found ${texts.length}: [${texts.join(' ')}]`)
  }
  const [minute, hour, day, month, weekday] = FIELDS.map((range, index) => parseField(texts[index] ?? '', range))
  if (!minute || !hour || !day || !month || !weekday) throw new ScheduleError('empty spec string')
  return new FieldSchedule({ minute, hour, day, month, weekday }, zone)
}

interface Fields {
  readonly minute: Field
  readonly hour: Field
  readonly day: Field
  readonly month: Field
  readonly weekday: Field
}

/**
 * Finds the next moment by advancing the largest unit that does not fit, and starting over when a larger one wraps.
 * Days are counted on the calendar of the zone; hours and minutes are real ones, which is what decides how changes of
 * daylight saving time are taken.
 */
class FieldSchedule implements Schedule {
  readonly #fields: Fields
  readonly #zone: Zone

  constructor(fields: Fields, zone: Zone) {
    this.#fields = fields
    this.#zone = zone
  }

  next(afterMs: number): number | undefined {
    const { minute, hour, month } = this.#fields
    const zone = this.#zone
    let timeMs = firstMinute(wholeSeconds(afterMs) + SECOND_MS)
    const yearMax = zone.at(timeMs).year + YEARS_MAX
    for (;;) {
      const local = zone.at(timeMs)
      if (local.year > yearMax) return undefined
      if (!month.values.has(local.month)) timeMs = this.#midnight({ ...local, month: local.month + 1, day: 1 })
      else if (!this.#isDay(local)) timeMs = this.#midnight({ ...local, day: local.day + 1 })
      else if (!hour.values.has(local.hour)) timeMs += HOUR_MS - local.minute * MINUTE_MS
      else if (!minute.values.has(local.minute)) timeMs += MINUTE_MS
      else return timeMs
    }
  }

  /** Where both kinds of day restrict, one of them is enough. */
  #isDay(local: LocalTime): boolean {
    const { day, weekday } = this.#fields
    const isDay = day.values.has(local.day)
    const isWeekday = weekday.values.has(local.weekday)
    return day.isStar || weekday.isStar ? isDay && isWeekday : isDay || isWeekday
  }

  /** The start of a day, also where the clocks skip midnight. */
  #midnight(date: LocalDate): number {
    const timeMs = this.#zone.startOf(date)
    const { hour } = this.#zone.at(timeMs)
    if (hour === 0) return timeMs
    return hour > 12 ? timeMs + (24 - hour) * HOUR_MS : timeMs - hour * HOUR_MS
  }
}

function wholeSeconds(timeMs: number): number {
  return Math.floor(timeMs / SECOND_MS) * SECOND_MS
}

/** Schedules name no seconds: only whole minutes come into question. */
function firstMinute(timeMs: number): number {
  return Math.ceil(timeMs / MINUTE_MS) * MINUTE_MS
}
