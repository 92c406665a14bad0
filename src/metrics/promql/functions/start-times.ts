/**
 * Whether a counter began anew between two samples, going by when they say that they began. 0: not known.
 * Source: prometheus/prometheus promql/functions.go, isStartTimestampReset.
 */
export function isStartReset(previousStartMs: number, previousMs: number, startMs: number, timeMs: number): boolean {
  if (startMs === 0 || startMs >= timeMs || startMs < previousMs) return false
  if (startMs > previousMs) return true
  // It began right at the previous sample: a new delta, unless that one's beginning was not known either.
  return previousStartMs <= previousMs && previousStartMs !== 0 && previousStartMs !== previousMs
}

/** Whether a sample claims a beginning before the previous sample that is not the beginning of both. */
export function isStartOverlap(previousStartMs: number, previousMs: number, startMs: number): boolean {
  return startMs !== 0 && startMs < previousMs && startMs !== previousStartMs
}
