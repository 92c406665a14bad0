import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { LocalSubjectAccessReview as LocalSubjectAccessReviewObject } from '../../types.generated.ts'

export type LocalSubjectAccessReview = LocalSubjectAccessReviewObject

export const LocalSubjectAccessReview: Kind<LocalSubjectAccessReview> = {
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'LocalSubjectAccessReview',
  plural: 'localsubjectaccessreviews',
  singular: 'localsubjectaccessreview',
  namespaced: true,
  verbs: ['create'],
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.authorization.v1.LocalSubjectAccessReview'),
}
