import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { SelfSubjectAccessReview as SelfSubjectAccessReviewObject } from '../../types.generated.ts'

export type SelfSubjectAccessReview = SelfSubjectAccessReviewObject

export const SelfSubjectAccessReview: Kind<SelfSubjectAccessReview> = {
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectAccessReview',
  plural: 'selfsubjectaccessreviews',
  singular: 'selfsubjectaccessreview',
  namespaced: false,
  verbs: ['create'],
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.authorization.v1.SelfSubjectAccessReview'),
}
