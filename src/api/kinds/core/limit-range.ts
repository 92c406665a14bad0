import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { LimitRange as LimitRangeObject } from '../../types.generated.ts'

export type LimitRange = LimitRangeObject

export const LimitRange: Kind<LimitRange> = {
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  plural: 'limitranges',
  singular: 'limitrange',
  namespaced: true,
  shortNames: ['limits'],
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.core.v1.LimitRange'),
}
