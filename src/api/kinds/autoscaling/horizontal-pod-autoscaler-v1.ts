import { changed } from '../../../base/copy-on-write.ts'
import type { Kind } from '../../kind.ts'
import type { ApiObject } from '../../object.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type {
  HorizontalPodAutoscaler as HorizontalPodAutoscalerV2,
  HorizontalPodAutoscalerV1 as HorizontalPodAutoscalerV1Object,
} from '../../types.generated.ts'
import { keepStatus } from '../strategy/keep-status.ts'
import { AUTOSCALER_COLUMNS } from './autoscaler-columns.ts'
import { CONDITIONS_ANNOTATION, CURRENT_METRICS_ANNOTATION } from './conversion-annotations.ts'
import { autoscalerFromV1, autoscalerToV1 } from './convert-autoscaler.ts'
import { defaultAutoscaler } from './default-autoscaler.ts'
import { HorizontalPodAutoscaler } from './horizontal-pod-autoscaler.ts'
import { validateAutoscaler, validateAutoscalerStatus } from './validate-autoscaler.ts'

export type HorizontalPodAutoscalerV1 = HorizontalPodAutoscalerV1Object

const INITIAL_STATUS = { currentReplicas: 0, desiredReplicas: 0 }

/** The older version, which is stored, judged and printed as the newer one. */
export const HorizontalPodAutoscalerV1: Kind<HorizontalPodAutoscalerV1> = {
  group: 'autoscaling',
  version: 'v1',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  singular: 'horizontalpodautoscaler',
  namespaced: true,
  shortNames: ['hpa'],
  categories: ['all'],
  subresources: [{ name: 'status', verbs: ['get', 'patch', 'update'] }],
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler'),

  default: (autoscaler) =>
    changed(autoscaler, {
      spec: changed(autoscaler.spec, { minReplicas: autoscaler.spec.minReplicas ?? 1 }),
    }),
  prepareForCreate: (autoscaler) => ({ ...withStatusAnnotationsOf(autoscaler, undefined), status: INITIAL_STATUS }),
  prepareForUpdate: (autoscaler, old) => keepStatus(withStatusAnnotationsOf(autoscaler, old), old),
  validate: (autoscaler, old) => validateAutoscaler(autoscalerFromV1(autoscaler), old && autoscalerFromV1(old)),
  // Annotations hold what this version has no fields for, which is no business of a status.
  statusKeeps: ['annotations'],
  validateStatus: (autoscaler) => validateAutoscalerStatus(autoscalerFromV1(autoscaler)),
  columns: AUTOSCALER_COLUMNS.map((column) => ({
    ...column,
    cell: (autoscaler, nowMs) => column.cell(autoscalerFromV1(autoscaler), nowMs),
  })),

  storedAs: {
    kind: HorizontalPodAutoscaler as unknown as Kind,
    encode: (autoscaler): ApiObject => defaultAutoscaler(autoscalerFromV1(autoscaler)),
    decode: (stored) => autoscalerToV1(stored as HorizontalPodAutoscalerV2),
  },
}

/** Some annotations speak of the status, and are as little the main endpoint's to change. */
function withStatusAnnotationsOf(
  autoscaler: HorizontalPodAutoscalerV1,
  old: HorizontalPodAutoscalerV1 | undefined,
): HorizontalPodAutoscalerV1 {
  const given = autoscaler.metadata.annotations ?? {}
  const before = old?.metadata.annotations ?? {}
  const names = [CURRENT_METRICS_ANNOTATION, CONDITIONS_ANNOTATION]
  if (names.every((name) => given[name] === before[name])) return autoscaler
  const others = Object.entries(given).filter(([name]) => !names.includes(name))
  const kept = Object.entries(before).filter(([name]) => names.includes(name))
  return { ...autoscaler, metadata: { ...autoscaler.metadata, annotations: Object.fromEntries([...others, ...kept]) } }
}
