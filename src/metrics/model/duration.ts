/** A duration in Prometheus' notation is malformed; the message is upstream's. */
export class DurationError extends Error {
  override readonly name = 'DurationError'
}

/** From the largest unit to the smallest: in this order they are written (prometheus/common model/time.go). */
const UNITS_MS: readonly (readonly [unit: string, sizeMs: number])[] = [
  ['y', 365 * 86_400_000],
  ['w', 7 * 86_400_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
]

/** The largest that Go's time.Duration holds: 292 years. */
const DURATION_MAX_MS = Number((1n << 63n) / 1_000_000n)

/** Milliseconds of a duration in Prometheus' notation: `1h30m`, `15s`, `2w`, `0`. Throws a `DurationError`. */
export function parseDuration(text: string): number {
  if (text === '0') return 0
  if (text === '') throw new DurationError('empty duration string')
  // Made only when it is needed: an error records where it was made, which takes long.
  const malformed = () => new DurationError(`not a valid duration string: ${JSON.stringify(text)}`)
  let sumMs = 0
  let largest = -1
  let rest = text
  while (rest !== '') {
    const part = /^([0-9]+)([^0-9]+)/.exec(rest)
    if (part === null) throw malformed()
    const [whole, amount = '', unit = ''] = part
    const index = UNITS_MS.findIndex(([name]) => name === unit)
    const sizeMs = UNITS_MS[index]?.[1]
    if (sizeMs === undefined)
      throw new DurationError(`unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`)
    if (index <= largest) throw malformed()
    largest = index
    sumMs += Number(amount) * sizeMs
    if (sumMs > DURATION_MAX_MS) throw new DurationError('duration out of range')
    rest = rest.slice(whole.length)
  }
  return sumMs
}

/** As `parseDuration`, with a minus sign where wanted. */
export function parseSignedDuration(text: string): number {
  return text.startsWith('-') ? -parseDuration(text.slice(1)) : parseDuration(text)
}

/** `1h30m`, `90d`, `0s`: years and weeks only where nothing is left over. */
export function printDuration(durationMs: number): string {
  let restMs = Math.abs(Math.trunc(durationMs))
  if (restMs === 0) return '0s'
  let text = durationMs < 0 ? '-' : ''
  for (const [unit, sizeMs] of UNITS_MS) {
    if ((unit === 'y' || unit === 'w') && restMs % sizeMs !== 0) continue
    const count = Math.floor(restMs / sizeMs)
    if (count === 0) continue
    text += `${count}${unit}`
    restMs -= count * sizeMs
  }
  return text
}
