import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { SelfSubjectRulesReview as SelfSubjectRulesReviewObject } from '../../types.generated.ts'

export type SelfSubjectRulesReview = SelfSubjectRulesReviewObject

export const SelfSubjectRulesReview: Kind<SelfSubjectRulesReview> = {
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectRulesReview',
  plural: 'selfsubjectrulesreviews',
  singular: 'selfsubjectrulesreview',
  namespaced: false,
  verbs: ['create'],
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.authorization.v1.SelfSubjectRulesReview'),
}
