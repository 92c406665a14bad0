import { parseDuration } from '../../../../base/duration.ts'
import { goQuote } from '../../../../base/go-quote.ts'

const HOUR_MS = 3_600_000
const NANOSECONDS_PER_MS = 1_000_000

/** A time that a proxy can keep: whole milliseconds, and one at least. */
export function durationProblem(text: string): string | undefined {
  const durationMs = parseDuration(text)
  if (durationMs === undefined) return `bad Duration: time: invalid duration ${goQuote(text)}`
  if (durationMs < 1) return 'duration must be greater than 1ms'
  const nanoseconds = Math.round(durationMs * NANOSECONDS_PER_MS)
  return nanoseconds % NANOSECONDS_PER_MS === 0 ? undefined : 'only durations to ms precision are supported'
}

export function connectTimeoutProblem(text: string): string | undefined {
  const problem = durationProblem(text)
  if (problem !== undefined) return problem
  const durationMs = parseDuration(text) ?? 0
  return durationMs > HOUR_MS ? `time ${printDuration(durationMs)} must be >1ms and <1h0m0s` : undefined
}

/** As Go prints a duration of whole milliseconds, from a second on. */
function printDuration(durationMs: number): string {
  const hours = Math.floor(durationMs / HOUR_MS)
  const minutes = Math.floor((durationMs % HOUR_MS) / 60_000)
  return `${hours}h${minutes}m${(durationMs % 60_000) / 1_000}s`
}
