import type { Curve } from '../../../api/kinds/dabba/curve.ts'

/** The most that a curve comes to, jitter included; infinite where it grows. */
export function highestOf({ points, growthPerMs, jitterRatio }: Curve): number {
  if (growthPerMs > 0) return Number.POSITIVE_INFINITY
  return Math.max(...points.map((point) => point.value)) * (1 + jitterRatio)
}
