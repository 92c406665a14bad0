import { goQuote } from '../../base/go-quote.ts'
import { layoutParts, type LayoutField, MONTHS, WEEKDAYS } from './time-layout.ts'
import { timeValue, type TimeValue, ZERO_TIME_MS } from './go-time.ts'
import { GoError } from './values.ts'

interface Fields {
  year: number
  month: number
  day: number
  hour: number
  minute: number
  second: number
  nanosecond: number
  offsetMs: number
  isAfternoon?: boolean
}

/** A time that a text gives in the words of a layout, in UTC where the text says no zone (time.Parse). Throws a `GoError`. */
export function parseTime(layout: string, text: string): TimeValue {
  const fields: Fields = { year: 0, month: 1, day: 1, hour: 0, minute: 0, second: 0, nanosecond: 0, offsetMs: 0 }
  const fail = (rest: string, wanted: string): never => {
    throw new GoError(
      `parsing time ${goQuote(text)} as ${goQuote(layout)}: cannot parse ${goQuote(rest)} as ${goQuote(wanted)}`,
    )
  }
  let rest = text
  for (const part of layoutParts(layout)) {
    if ('literal' in part) {
      if (!rest.startsWith(part.literal)) fail(rest, part.literal)
      rest = rest.slice(part.literal.length)
      continue
    }
    const taken = takeField(fields, part.field, rest)
    if (taken === undefined) fail(rest, part.field)
    else rest = rest.slice(taken)
  }
  if (rest !== '') throw new GoError(`parsing time ${goQuote(text)}: extra text: ${goQuote(rest)}`)
  return timeOf(fields, text)
}

/** The zero time: what a text that is none stands for where errors do not count. */
export function zeroTime(): TimeValue {
  return timeValue(BigInt(ZERO_TIME_MS) * 1_000_000n)
}

function timeOf(fields: Fields, text: string): TimeValue {
  const { year, month, day, minute, second, nanosecond, offsetMs, isAfternoon } = fields
  let { hour } = fields
  if (isAfternoon !== undefined) hour = (hour % 12) + (isAfternoon ? 12 : 0)
  const outOfRange = (what: string): never => {
    throw new GoError(`parsing time ${goQuote(text)}: ${what} out of range`)
  }
  if (month < 1 || month > 12) outOfRange('month')
  if (hour > 23) outOfRange('hour')
  if (minute > 59) outOfRange('minute')
  if (second > 59) outOfRange('second')
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second)
  if (day < 1 || date.getUTCDate() !== day) outOfRange('day')
  return timeValue(BigInt(date.getTime() - offsetMs) * 1_000_000n + BigInt(nanosecond))
}

/** How each field looks in a text. */
const PATTERNS: readonly (readonly [field: RegExp, text: RegExp])[] = [
  [/^2006$/, /^\d{4}/],
  [/^(01|02|03|04|05|06)$/, /^\d\d/],
  [/^(1|2|3|4|5|15)$/, /^\d\d?/],
  [/^_2$/, /^[ \d]?\d/],
  [/^(002|__2)$/, /^[ \d]{2}\d/],
  [/^(Jan|Mon)$/, /^[A-Za-z]{3}/],
  [/^(January|Monday)$/, /^[A-Za-z]+/],
  [/^pm$/i, /^[AaPp][Mm]/],
  [/^MST$/, /^(?:[A-Z]{3,5}|[+-]\d\d(?:\d\d)?)/],
  [/^Z/, /^(?:Z|[+-]\d\d(?::?\d\d){0,2})/],
  [/^-07/, /^[+-]\d\d(?::?\d\d){0,2}/],
  [/^[.,]0/, /^[.,]\d+/],
  [/^[.,]9/, /^(?:[.,]\d+)?/],
]

/** Reads one field off the beginning of the text; how many characters it took, or undefined. */
function takeField(fields: Fields, field: LayoutField, rest: string): number | undefined {
  const pattern = PATTERNS.find(([name]) => name.test(field))?.[1]
  const found = pattern?.exec(rest)?.[0]
  if (found === undefined) return undefined
  let taken = found.length
  const number = Number(found.trim())
  if (field === '2006') fields.year = number
  else if (field === '06') fields.year = number + (number >= 69 ? 1900 : 2000)
  else if (field === '1' || field === '01') fields.month = number
  else if (field === '2' || field === '02' || field === '_2') fields.day = number
  else if (field === '15' || field === '3' || field === '03') fields.hour = number
  else if (field === '4' || field === '04') fields.minute = number
  else if (field === '5' || field === '05') {
    fields.second = number
    // A fraction after the seconds is read even where the layout has none.
    const fraction = /^[.,](\d+)/.exec(rest.slice(taken))
    if (fraction !== null) {
      fields.nanosecond = nanoseconds(fraction[1] ?? '')
      taken += fraction[0].length
    }
  } else if (/^jan/i.test(field)) return takeName(rest, field === 'Jan', MONTHS, (index) => (fields.month = index + 1))
  else if (/^mon/i.test(field)) return takeName(rest, field === 'Mon', WEEKDAYS, () => undefined)
  else if (/^pm$/i.test(field)) fields.isAfternoon = /^p/i.test(found)
  else if (/^[.,]/.test(field)) {
    if (found !== '') fields.nanosecond = nanoseconds(found.slice(1))
  } else if (field !== 'MST') fields.offsetMs = offsetMs(found)
  return taken
}

function takeName(
  rest: string,
  isShort: boolean,
  names: readonly string[],
  set: (index: number) => void,
): number | undefined {
  const shown = isShort ? names.map((name) => name.slice(0, 3)) : names
  const index = shown.findIndex((name) => rest.toLowerCase().startsWith(name.toLowerCase()))
  if (index < 0) return undefined
  set(index)
  return shown[index]?.length
}

function nanoseconds(fraction: string): number {
  return Number(fraction.slice(0, 9).padEnd(9, '0'))
}

function offsetMs(text: string): number {
  if (text === 'Z') return 0
  const [hours = 0, minutes = 0, seconds = 0] = (text.slice(1).match(/\d\d/g) ?? []).map(Number)
  return (text.startsWith('-') ? -1 : 1) * (hours * 3600 + minutes * 60 + seconds) * 1_000
}
