import { type Struct, type Value } from './values.ts'

export const SECOND_NS = 1_000_000_000n

/** A `time.Duration`, in nanoseconds. */
export interface DurationValue extends Struct {
  readonly type: 'time.Duration'
  readonly fields: Readonly<Record<string, never>>
  readonly nanoseconds: bigint
}

export function durationValue(nanoseconds: bigint): DurationValue {
  return {
    kind: 'struct',
    type: 'time.Duration',
    fields: {},
    nanoseconds,
    print: () => printDuration(nanoseconds),
    json: () => String(nanoseconds),
    methods: {
      String: { parameters: [], call: () => printDuration(nanoseconds) },
      Seconds: { parameters: [], call: () => Number(nanoseconds) / 1e9 },
      Minutes: { parameters: [], call: () => Number(nanoseconds) / 60e9 },
      Hours: { parameters: [], call: () => Number(nanoseconds) / 3600e9 },
      Milliseconds: { parameters: [], call: () => nanoseconds / 1_000_000n },
      Microseconds: { parameters: [], call: () => nanoseconds / 1_000n },
      Nanoseconds: { parameters: [], call: () => nanoseconds },
      Abs: { parameters: [], call: () => durationValue(nanoseconds < 0n ? -nanoseconds : nanoseconds) },
      Round: {
        parameters: ['time.Duration'],
        call: ([unit]) => durationValue(rounded(nanoseconds, nanosecondsOf(unit))),
      },
      Truncate: {
        parameters: ['time.Duration'],
        call: ([unit]) => durationValue(truncated(nanoseconds, nanosecondsOf(unit))),
      },
    },
  }
}

/** A duration's nanoseconds, also where it was written as a whole number. */
export function nanosecondsOf(value: Value): bigint {
  if (typeof value === 'bigint') return value
  return isDuration(value) ? value.nanoseconds : 0n
}

export function isDuration(value: Value): value is DurationValue {
  return typeof value === 'object' && value.kind === 'struct' && value.type === 'time.Duration'
}

/** `1h0m0s`, `1.5s`, `100ms`, `0s` (time.Duration.String). */
export function printDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return '0s'
  const sign = nanoseconds < 0n ? '-' : ''
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds
  if (size < 1_000n) return `${sign}${size}ns`
  if (size < 1_000_000n) return `${sign}${decimal(size, 1_000n)}µs`
  if (size < SECOND_NS) return `${sign}${decimal(size, 1_000_000n)}ms`
  const seconds = `${decimal(size % (60n * SECOND_NS), SECOND_NS)}s`
  const minutes = size / (60n * SECOND_NS)
  if (minutes === 0n) return sign + seconds
  const hours = minutes / 60n
  return hours === 0n ? `${sign}${minutes}m${seconds}` : `${sign}${hours}h${minutes % 60n}m${seconds}`
}

function decimal(size: bigint, unit: bigint): string {
  const fraction = String(size % unit)
    .padStart(String(unit).length - 1, '0')
    .replace(/0+$/, '')
  return fraction === '' ? String(size / unit) : `${size / unit}.${fraction}`
}

function truncated(nanoseconds: bigint, unit: bigint): bigint {
  return unit <= 0n ? nanoseconds : nanoseconds - (nanoseconds % unit)
}

function rounded(nanoseconds: bigint, unit: bigint): bigint {
  if (unit <= 0n) return nanoseconds
  const rest = nanoseconds % unit
  const size = rest < 0n ? -rest : rest
  const down = nanoseconds - rest
  return size * 2n < unit ? down : down + (nanoseconds < 0n ? -unit : unit)
}
