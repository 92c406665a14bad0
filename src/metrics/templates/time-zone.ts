import { Zone } from '../../api/cron/zoned-time.ts'

/** A time zone by its IANA name: how far it is from UTC at some time, and what it is called then. */
export interface TimeZone {
  readonly name: string
  offsetMs(timeMs: number): number
  abbreviation(timeMs: number): string
}

export const UTC: TimeZone = { name: 'UTC', offsetMs: () => 0, abbreviation: () => 'UTC' }

/** Undefined for a name that nobody knows. */
export function timeZone(name: string): TimeZone | undefined {
  if (name === '' || name === 'UTC') return UTC
  try {
    return zoneOf(new Zone(name))
  } catch (failure) {
    if (failure instanceof RangeError) return undefined
    throw failure
  }
}

function zoneOf(zone: Zone): TimeZone {
  const offsetMs = (timeMs: number): number => {
    const { year, month, day, hour, minute, second } = zone.at(timeMs)
    const shown = new Date(0)
    shown.setUTCFullYear(year, month - 1, day)
    shown.setUTCHours(hour, minute, second)
    return shown.getTime() - Math.floor(timeMs / 1_000) * 1_000
  }
  return {
    name: zone.name,
    offsetMs,
    abbreviation: (timeMs) => abbreviation(zone.name, timeMs) ?? printHours(offsetMs(timeMs)),
  }
}

/** Letters such as CET are told only in the English of the places that use them. */
const ENGLISH = ['en-US', 'en-GB', 'en-AU', 'en-IN', 'en-ZA']

function abbreviation(timeZoneName: string, timeMs: number): string | undefined {
  for (const locale of ENGLISH) {
    const format = new Intl.DateTimeFormat(locale, { timeZone: timeZoneName, timeZoneName: 'short' })
    const name = format.formatToParts(timeMs).find(({ type }) => type === 'timeZoneName')?.value
    if (name === 'GMT' || (name !== undefined && /^[A-Z]{2,5}$/.test(name) && !name.startsWith('GMT'))) return name
  }
  return undefined
}

/** `+03`, `+0530`: what a zone without letters is called. */
function printHours(offsetMs: number): string {
  const minutes = Math.abs(offsetMs) / 60_000
  const hours = `${offsetMs < 0 ? '-' : '+'}${String(Math.floor(minutes / 60)).padStart(2, '0')}`
  return minutes % 60 === 0 ? hours : `${hours}${String(minutes % 60).padStart(2, '0')}`
}
