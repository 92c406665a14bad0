const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
}

const PART = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y

/** Milliseconds of a Go duration such as `1h30m`, `250ms` or `-1.5s`; undefined when it is none. `0` needs no unit. */
export function parseDuration(text: string): number | undefined {
  const negative = text.startsWith('-')
  const start = negative || text.startsWith('+') ? 1 : 0
  if (text.slice(start) === '0') return 0
  let sumMs = 0
  PART.lastIndex = start
  while (PART.lastIndex < text.length) {
    const [, amount = '', unit = ''] = PART.exec(text) ?? []
    if (unit === '') return undefined
    sumMs += Number(amount) * (UNIT_MS[unit] ?? 0)
  }
  if (text.length === start) return undefined
  return negative ? -sumMs : sumMs
}
