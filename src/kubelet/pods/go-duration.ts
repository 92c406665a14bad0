/** A duration as Go prints it, in whole milliseconds: `500ms`, `1.5s`, `1m20s`, `5m0s`, `1h0m0s`. */
export function printGoDuration(durationMs: number): string {
  const wholeMs = Math.round(durationMs)
  if (wholeMs === 0) return '0s'
  if (wholeMs < 1_000) return `${wholeMs}ms`
  const seconds = (wholeMs % 60_000) / 1_000
  const minutes = Math.floor(wholeMs / 60_000) % 60
  const hours = Math.floor(wholeMs / 3_600_000)
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`
}
