import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { LimitRange as LimitRangeObject } from '../../types.generated.ts'
import { defaultLimitRange } from './limit-range-strategy.ts'
import { validateLimitRange } from './validate-limit-range.ts'

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

  default: defaultLimitRange,
  // An update is validated like a new one: upstream looks at metadata twice then, and finds the same.
  validate: (range) => validateLimitRange(range),
  createOnUpdate: true,
}
