import type { HPAScalingRules } from '../../api/types.generated.ts'

/** A step that was made: by how many replicas, up or down, without a sign. */
export interface ScaleEvent {
  readonly replicaChange: number
  readonly timestampMs: number
  /** Older than any policy looks back: its place is taken by the next step. */
  readonly isOutdated?: boolean
}

/** How many replicas were added, or removed, within the last `periodSeconds`. */
export function changePerPeriod(
  events: readonly ScaleEvent[],
  { periodSeconds, nowMs }: { readonly periodSeconds: number; readonly nowMs: number },
): number {
  const cutoffMs = nowMs - periodSeconds * 1_000
  return events.reduce((sum, event) => (event.timestampMs > cutoffMs ? sum + event.replicaChange : sum), 0)
}

/**
 * The steps with a new one. They stay as few as policies need: the last outdated one gives its place (horizontal.go
 * storeScaleEvent).
 */
export function withScaleEvent(
  events: readonly ScaleEvent[],
  replicaChange: number,
  { rules, nowMs }: { readonly rules: HPAScalingRules; readonly nowMs: number },
): readonly ScaleEvent[] {
  const longestSeconds = Math.max(0, ...(rules.policies ?? []).map(({ periodSeconds }) => periodSeconds))
  const cutoffMs = nowMs - longestSeconds * 1_000
  const marked = events.map((event) => (event.timestampMs < cutoffMs ? { ...event, isOutdated: true } : event))
  const place = marked.findLastIndex(({ isOutdated }) => isOutdated === true)
  const added: ScaleEvent = { replicaChange, timestampMs: nowMs }
  return place < 0 ? [...marked, added] : marked.with(place, added)
}
