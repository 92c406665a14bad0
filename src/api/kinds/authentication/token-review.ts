import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { TokenReview as TokenReviewObject } from '../../types.generated.ts'

export type TokenReview = TokenReviewObject

export const TokenReview: Kind<TokenReview> = {
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenReview',
  plural: 'tokenreviews',
  singular: 'tokenreview',
  namespaced: false,
  verbs: ['create'],
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.authentication.v1.TokenReview'),
}
