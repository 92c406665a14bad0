import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { SubjectAccessReview as SubjectAccessReviewObject } from '../../types.generated.ts'

export type SubjectAccessReview = SubjectAccessReviewObject

export const SubjectAccessReview: Kind<SubjectAccessReview> = {
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SubjectAccessReview',
  plural: 'subjectaccessreviews',
  singular: 'subjectaccessreview',
  namespaced: false,
  verbs: ['create'],
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.authorization.v1.SubjectAccessReview'),
}
