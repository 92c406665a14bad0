const UNITS = [
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const

/** A duration as Istio writes it: `800ms`, `1.5s`, `1h30m`. */
export function printDuration(ms: number): string {
  if (ms < 1000) return `${ms}ms`
  let left = ms
  let text = ''
  for (const [unit, size] of UNITS) {
    const count = unit === 's' ? left / size : Math.floor(left / size)
    if (count > 0) text += `${count}${unit}`
    left -= Math.floor(count) * size
  }
  return text
}
