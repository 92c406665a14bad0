const SECOND_MS = 1_000
const HOURS_A_YEAR = 24 * 365

/**
 * A span of time as kubectl prints ages: `45s`, `3m12s`, `5h3m`, `2d4h`, `380d`. The longer the span, the fewer details:
 * k8s.io/apimachinery pkg/util/duration/duration.go HumanDuration. A span in the future of up to a second reads `0s`.
 */
export function humanDuration(durationMs: number): string {
  const seconds = Math.trunc(durationMs / SECOND_MS)
  if (seconds < -1) return '<invalid>'
  if (seconds < 0) return '0s'
  if (seconds < 60 * 2) return `${seconds}s`
  const minutes = Math.trunc(seconds / 60)
  if (minutes < 10) return withRest(minutes, 'm', seconds % 60, 's')
  if (minutes < 60 * 3) return `${minutes}m`
  const hours = Math.trunc(minutes / 60)
  if (hours < 8) return withRest(hours, 'h', minutes % 60, 'm')
  if (hours < 48) return `${hours}h`
  const days = Math.trunc(hours / 24)
  if (hours < 24 * 8) return withRest(days, 'd', hours % 24, 'h')
  if (hours < HOURS_A_YEAR * 2) return `${days}d`
  const years = Math.trunc(hours / HOURS_A_YEAR)
  if (hours < HOURS_A_YEAR * 8) return withRest(years, 'y', days % 365, 'd')
  return `${years}y`
}

/** The age of something that happened at `timestamp`, an RFC 3339 time; unset reads `<unknown>`. */
export function printAge(timestamp: string | null | undefined, nowMs: number): string {
  if (timestamp === undefined || timestamp === null || timestamp === '') return '<unknown>'
  return humanDuration(nowMs - Date.parse(timestamp))
}

function withRest(count: number, unit: string, rest: number, restUnit: string): string {
  return rest === 0 ? `${count}${unit}` : `${count}${unit}${rest}${restUnit}`
}
