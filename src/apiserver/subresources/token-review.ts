import { badRequest } from '../../api/errors.ts'
import type { TokenReview } from '../../api/types.generated.ts'
import type { Store } from '../../store/store.ts'
import type { Clock } from '../../world/clock.ts'
import { API_AUDIENCE, verifyToken } from '../authn/service-account-tokens.ts'
import type { TokenSigner } from '../authn/token-signer.ts'
import { authenticated } from '../http/authentication.ts'

/** Said of every token that the server did not make for itself. */
const INVALID = 'invalid bearer token'

/** POST …/tokenreviews: whose token it is, for whom (k8s.io/kubernetes pkg/registry/authentication/tokenreview). */
export function reviewToken(
  review: TokenReview,
  options: { signer: () => TokenSigner; store: Store; clock: Clock },
): TokenReview {
  const { token, audiences } = questionOf(review.spec)
  if (token === '') throw badRequest('token is required for TokenReview in authentication')
  const asked = audiences.length === 0 ? [API_AUDIENCE] : audiences
  const verdict = verifyToken(token, { ...options, signer: options.signer(), audiences: asked })
  if (verdict === undefined) return { ...review, status: { user: {}, error: INVALID } }
  if ('error' in verdict) return { ...review, status: { user: {}, error: `[${INVALID}, ${verdict.error}]` } }
  const status = { authenticated: true, user: authenticated(verdict.user), audiences: verdict.audiences }
  return { ...review, status }
}

function questionOf({ token = '', audiences = [] }: Partial<TokenReview['spec']> = {}): {
  token: string
  audiences: readonly string[]
} {
  return { token, audiences }
}
