import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { SelfSubjectReview as SelfSubjectReviewObject } from '../../types.generated.ts'

export type SelfSubjectReview = SelfSubjectReviewObject

export const SelfSubjectReview: Kind<SelfSubjectReview> = {
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectReview',
  plural: 'selfsubjectreviews',
  singular: 'selfsubjectreview',
  namespaced: false,
  verbs: ['create'],
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.authentication.v1.SelfSubjectReview'),
}
