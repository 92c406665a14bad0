import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { HorizontalPodAutoscalerV1 as HorizontalPodAutoscalerV1Object } from '../../types.generated.ts'

export type HorizontalPodAutoscalerV1 = HorizontalPodAutoscalerV1Object

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
}
