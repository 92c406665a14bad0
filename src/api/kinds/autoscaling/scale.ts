import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { Scale as ScaleObject } from '../../types.generated.ts'

export type Scale = ScaleObject

/** What `/scale` speaks, below any kind that can be scaled. There are none by themselves. */
export const Scale: Kind<Scale> = {
  group: 'autoscaling',
  version: 'v1',
  kind: 'Scale',
  plural: 'scales',
  singular: 'scale',
  namespaced: true,
  schema: () => builtinSchema('io.k8s.api.autoscaling.v1.Scale'),
}
