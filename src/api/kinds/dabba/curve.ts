/** A usage curve in plain numbers: milliseconds, and cores or bytes. */
export interface Curve {
  /** In order of time; at least one. */
  readonly points: readonly CurvePoint[]
  readonly repeatMs?: number
  /** Added for each millisecond of growth. */
  readonly growthPerMs: number
  /** 0 to 1. */
  readonly jitterRatio: number
}

export interface CurvePoint {
  readonly afterMs: number
  readonly value: number
}

export function constantCurve(value: number): Curve {
  return { points: [{ afterMs: 0, value }], growthPerMs: 0, jitterRatio: 0 }
}

/** The curve without its jitter. */
export function curveAt(curve: Curve, elapsedMs: number): number {
  const { points, repeatMs, growthPerMs } = curve
  const last = points.at(-1)
  const growthStartMs = repeatMs === undefined ? (last?.afterMs ?? 0) : 0
  const grown = growthPerMs === 0 ? 0 : growthPerMs * Math.max(0, elapsedMs - growthStartMs)
  return interpolate(points, repeatMs === undefined ? elapsedMs : elapsedMs % repeatMs) + grown
}

/** One reading of the curve. `draw` is uniform in [0, 1). */
export function readCurve(curve: Curve, elapsedMs: number, draw: () => number): number {
  const value = curveAt(curve, elapsedMs)
  return curve.jitterRatio === 0 ? value : value * (1 + curve.jitterRatio * (2 * draw() - 1))
}

/** When the curve without its jitter first goes above `bound`, if it ever does: when memory meets its limit. */
export function whenAbove(curve: Curve, bound: number): number | undefined {
  const { points, repeatMs, growthPerMs } = curve
  if (repeatMs === undefined) {
    const last = points.at(-1) ?? { afterMs: 0, value: 0 }
    const onPoints = firstAbove(points, { bound, liftPerMs: 0, endMs: last.afterMs })
    if (onPoints !== undefined || growthPerMs === 0) return onPoints
    return last.afterMs + (bound - last.value) / growthPerMs
  }
  const inFirstRound = firstAbove(points, { bound, liftPerMs: growthPerMs, endMs: repeatMs })
  if (inFirstRound !== undefined || growthPerMs === 0) return inFirstRound
  // Each round lies higher than the one before by the same amount: pass over those whose peak stays below.
  const peak = Math.max(...points.map((point) => point.value))
  for (let round = Math.max(1, Math.floor((bound - peak) / (growthPerMs * repeatMs)) - 1); ; round++) {
    const startMs = round * repeatMs
    const found = firstAbove(points, { bound: bound - growthPerMs * startMs, liftPerMs: growthPerMs, endMs: repeatMs })
    if (found !== undefined) return startMs + found
  }
}

function interpolate(points: readonly CurvePoint[], atMs: number): number {
  let before = points[0]
  if (before === undefined || atMs <= before.afterMs) return before?.value ?? 0
  for (const point of points) {
    if (point.afterMs > atMs) {
      return before.value + ((point.value - before.value) * (atMs - before.afterMs)) / (point.afterMs - before.afterMs)
    }
    before = point
  }
  return before.value
}

/** Where the lines between points, each lifted by `liftPerMs`, first cross `bound`; the last value holds to `endMs`. */
function firstAbove(
  points: readonly CurvePoint[],
  { bound, liftPerMs, endMs }: { bound: number; liftPerMs: number; endMs: number },
): number | undefined {
  let before = { afterMs: 0, value: points[0]?.value ?? 0 }
  if (before.value > bound) return 0
  for (const { afterMs, value } of [...points, { afterMs: endMs, value: points.at(-1)?.value ?? 0 }]) {
    const lifted = value + liftPerMs * afterMs
    if (lifted > bound) {
      return before.afterMs + ((bound - before.value) * (afterMs - before.afterMs)) / (lifted - before.value)
    }
    before = { afterMs, value: lifted }
  }
  return undefined
}
