import type { ApiRequest, UserInfo } from '../../api/request.ts'
import type {
  LocalSubjectAccessReview,
  SelfSubjectAccessReview,
  SelfSubjectReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
  TokenReview,
} from '../../api/types.generated.ts'
import type { Store } from '../../store/store.ts'
import { type Clock, printTime } from '../../world/clock.ts'
import type { TokenSigner } from '../authn/token-signer.ts'
import type { RbacAuthorizer } from '../authz/rbac.ts'
import type { SubresourceHandler } from '../context.ts'
import { reviewAccess, reviewLocalAccess, reviewOwnAccess, reviewOwnRules } from './access-review.ts'
import { reviewToken } from './token-review.ts'

/** Kinds that are questions: a POST is answered with the object and its status, and nothing is stored. */
export function reviewHandlers(options: {
  /** Called when a token is looked at: keys are made when they are needed. */
  signer: () => TokenSigner
  authorizer: RbacAuthorizer
  store: Store
  clock: Clock
}): readonly (readonly [string, SubresourceHandler])[] {
  const { authorizer, clock } = options
  const answers: Readonly<Record<string, (request: ApiRequest) => object>> = {
    'authentication.k8s.io/tokenreviews': ({ body }) => reviewToken(body as TokenReview, options),
    'authentication.k8s.io/selfsubjectreviews': ({ user }) => selfReview(user, clock),
    'authorization.k8s.io/subjectaccessreviews': ({ body }) => reviewAccess(body as SubjectAccessReview, authorizer),
    'authorization.k8s.io/localsubjectaccessreviews': ({ body, namespace }) =>
      reviewLocalAccess(body as LocalSubjectAccessReview, { namespace, authorizer }),
    'authorization.k8s.io/selfsubjectaccessreviews': ({ body, user }) =>
      reviewOwnAccess(body as SelfSubjectAccessReview, { user, authorizer }),
    'authorization.k8s.io/selfsubjectrulesreviews': ({ body, user }) =>
      reviewOwnRules(body as SelfSubjectRulesReview, { user, authorizer }),
  }
  return Object.entries(answers).map(([resource, answer]) => [resource, (request) => Promise.resolve(answer(request))])
}

/** POST …/selfsubjectreviews: who asks, as the server takes them. What was sent does not matter. */
function selfReview(user: UserInfo, clock: Clock): SelfSubjectReview {
  return {
    kind: 'SelfSubjectReview',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { creationTimestamp: printTime(clock.now()) } as SelfSubjectReview['metadata'],
    status: { userInfo: user },
  }
}
