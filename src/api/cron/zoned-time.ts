/** A moment as the clocks of a time zone show it. `month` counts from 1, `weekday` from 0 for Sunday. */
export interface LocalTime {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly weekday: number
}

export type LocalDate = Pick<LocalTime, 'year' | 'month' | 'day'>

/** A time zone by its IANA name: what its clocks show, and when they show something. */
export class Zone {
  readonly name: string
  readonly #format: Intl.DateTimeFormat | undefined

  /** Throws a RangeError for a name that nobody knows. */
  constructor(name: string) {
    this.name = name
    this.#format = name === 'UTC' || name === '' ? undefined : formatFor(name)
  }

  at(timeMs: number): LocalTime {
    const date = new Date(timeMs + this.#offsetMs(timeMs))
    return {
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
      hour: date.getUTCHours(),
      minute: date.getUTCMinutes(),
      second: date.getUTCSeconds(),
      weekday: date.getUTCDay(),
    }
  }

  /**
   * The moment at which a day begins, which may lie beyond the end of its month. Where the clocks skip midnight or show
   * it twice it is the moment that Go's time.Date gives.
   */
  startOf({ year, month, day }: LocalDate): number {
    const shownMs = Date.UTC(year, month - 1, day)
    const offsetMs = this.#offsetMs(shownMs)
    const guessMs = shownMs - offsetMs
    const actualMs = this.#offsetMs(guessMs)
    return actualMs === offsetMs ? guessMs : shownMs - actualMs
  }

  /** `2026-03-29T02:30:00+01:00`; `Z` where the zone is at UTC. */
  print(timeMs: number): string {
    const offsetMs = this.#offsetMs(timeMs)
    const text = new Date(timeMs + offsetMs).toISOString().slice(0, 19)
    if (offsetMs === 0) return `${text}Z`
    const minutes = Math.abs(offsetMs) / 60_000
    const sign = offsetMs < 0 ? '-' : '+'
    return `${text}${sign}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
  }

  #offsetMs(timeMs: number): number {
    if (this.#format === undefined) return 0
    const parts: Record<string, number> = {}
    for (const { type, value } of this.#format.formatToParts(timeMs)) parts[type] = Number(value)
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(timeMs / 1_000) * 1_000
  }
}

function formatFor(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
