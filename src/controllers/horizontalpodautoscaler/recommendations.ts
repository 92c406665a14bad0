/** What the metrics asked for at some time, before any limit. */
export interface Recommendation {
  readonly replicas: number
  readonly timestampMs: number
}

/** A wish after it was held against those before it, which are remembered with it. */
export interface Stabilized {
  readonly replicas: number
  readonly recommendations: readonly Recommendation[]
}

/** Never below the highest recommendation of the last `windowMs` (horizontal.go stabilizeRecommendation). */
export function stabilizeDown(
  desiredReplicas: number,
  recommendations: readonly Recommendation[],
  { windowMs, nowMs }: { readonly windowMs: number; readonly nowMs: number },
): Stabilized {
  const cutoffMs = nowMs - windowMs
  const recent = recommendations.filter(({ timestampMs }) => timestampMs >= cutoffMs)
  return {
    replicas: Math.max(desiredReplicas, ...recent.map(({ replicas }) => replicas)),
    recommendations: remembered(desiredReplicas, recommendations, { cutoffMs, nowMs }),
  }
}

export interface StabilizationWindows {
  readonly upMs: number
  readonly downMs: number
}

/**
 * Between the lowest recommendation of the window for growing and the highest of that for shrinking: what lies between
 * the two leaves the present size alone (horizontal.go stabilizeRecommendationWithBehaviors).
 */
export function stabilizeBothWays(
  { currentReplicas, desiredReplicas }: { readonly currentReplicas: number; readonly desiredReplicas: number },
  recommendations: readonly Recommendation[],
  { windows, nowMs }: { readonly windows: StabilizationWindows; readonly nowMs: number },
): Stabilized {
  const since = (windowMs: number): readonly number[] =>
    recommendations.filter(({ timestampMs }) => timestampMs > nowMs - windowMs).map(({ replicas }) => replicas)
  const lowest = Math.min(desiredReplicas, ...since(windows.upMs))
  const highest = Math.max(desiredReplicas, ...since(windows.downMs))
  const cutoffMs = nowMs - Math.max(windows.upMs, windows.downMs)
  return {
    replicas: Math.min(Math.max(currentReplicas, lowest), highest),
    recommendations: remembered(desiredReplicas, recommendations, { cutoffMs, nowMs }),
  }
}

/** The newest takes the place of the last one that is too old to matter. */
function remembered(
  replicas: number,
  recommendations: readonly Recommendation[],
  { cutoffMs, nowMs }: { readonly cutoffMs: number; readonly nowMs: number },
): readonly Recommendation[] {
  const place = recommendations.findLastIndex(({ timestampMs }) => timestampMs < cutoffMs)
  const newest: Recommendation = { replicas, timestampMs: nowMs }
  return place < 0 ? [...recommendations, newest] : recommendations.with(place, newest)
}
