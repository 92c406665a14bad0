import type { ApiObject } from '../../object.ts'

/** Where autoscaling/v1 keeps what it has no fields for: pkg/apis/autoscaling/annotations.go. */
export const METRICS_ANNOTATION = 'autoscaling.alpha.kubernetes.io/metrics'
export const CURRENT_METRICS_ANNOTATION = 'autoscaling.alpha.kubernetes.io/current-metrics'
export const CONDITIONS_ANNOTATION = 'autoscaling.alpha.kubernetes.io/conditions'
export const BEHAVIOR_ANNOTATION = 'autoscaling.alpha.kubernetes.io/behavior'

const ANNOTATIONS: ReadonlySet<string> = new Set([
  METRICS_ANNOTATION,
  CURRENT_METRICS_ANNOTATION,
  CONDITIONS_ANNOTATION,
  BEHAVIOR_ANNOTATION,
  'autoscaling.alpha.kubernetes.io/scale-down-tolerance',
  'autoscaling.alpha.kubernetes.io/scale-up-tolerance',
])

export function withoutConversionAnnotations<T extends ApiObject>(object: T): T {
  const { annotations, ...metadata } = object.metadata
  if (annotations === undefined || !Object.keys(annotations).some((name) => ANNOTATIONS.has(name))) return object
  const kept = Object.fromEntries(Object.entries(annotations).filter(([name]) => !ANNOTATIONS.has(name)))
  return { ...object, metadata: Object.keys(kept).length === 0 ? metadata : { ...metadata, annotations: kept } }
}
