import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { HorizontalPodAutoscaler as HorizontalPodAutoscalerObject } from '../../types.generated.ts'
import { keepStatus } from '../strategy/keep-status.ts'
import { AUTOSCALER_COLUMNS } from './autoscaler-columns.ts'
import { withoutConversionAnnotations } from './conversion-annotations.ts'
import { defaultAutoscaler } from './default-autoscaler.ts'
import { validateAutoscaler, validateAutoscalerStatus } from './validate-autoscaler.ts'

export type HorizontalPodAutoscaler = HorizontalPodAutoscalerObject

const INITIAL_STATUS = { desiredReplicas: 0 }

export const HorizontalPodAutoscaler: Kind<HorizontalPodAutoscaler> = {
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  singular: 'horizontalpodautoscaler',
  namespaced: true,
  shortNames: ['hpa'],
  categories: ['all'],
  subresources: [{ name: 'status', verbs: ['get', 'patch', 'update'] }],
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler'),

  // What another version's annotations say, this version says in fields.
  default: (autoscaler) => defaultAutoscaler(withoutConversionAnnotations(autoscaler)),
  prepareForCreate: (autoscaler) => ({ ...autoscaler, status: INITIAL_STATUS }),
  prepareForUpdate: keepStatus,
  validate: validateAutoscaler,
  validateStatus: validateAutoscalerStatus,
  columns: AUTOSCALER_COLUMNS,
}
