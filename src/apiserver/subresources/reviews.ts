import { badRequest, invalid, invalidValue } from '../../api/errors.ts'
import type { ApiRequest, UserInfo } from '../../api/request.ts'
import type {
  LocalSubjectAccessReview,
  SelfSubjectAccessReview,
  SelfSubjectReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
  TokenReview,
} from '../../api/types.generated.ts'
import type { Clock } from '../../world/clock.ts'
import { API_AUDIENCE, verifyToken } from '../authn/service-account-tokens.ts'
import type { TokenSigner } from '../authn/token-signer.ts'
import type { RbacAuthorizer } from '../authz/rbac.ts'
import type { SubresourceHandler } from '../context.ts'
import type { Attributes } from '../http/authentication.ts'
import type { Store } from '../../store/store.ts'

/** Kinds that are questions: a POST is answered with the object and its status, and nothing is stored. */
export function reviewHandlers(options: {
  /** Called when a token is looked at: keys are made when they are needed. */
  signer: () => TokenSigner
  authorizer: RbacAuthorizer
  store: Store
  clock: Clock
}): readonly (readonly [string, SubresourceHandler])[] {
  const { authorizer } = options
  const answer =
    (respond: (request: ApiRequest) => object): SubresourceHandler =>
    (request) =>
      Promise.resolve(respond(request))
  return [
    [
      'authentication.k8s.io/tokenreviews',
      answer((request) => tokenReview(request, { ...options, signer: options.signer() })),
    ],
    ['authentication.k8s.io/selfsubjectreviews', answer(selfReview)],
    ['authorization.k8s.io/subjectaccessreviews', answer((request) => accessReview(request, authorizer))],
    ['authorization.k8s.io/localsubjectaccessreviews', answer((request) => localAccessReview(request, authorizer))],
    ['authorization.k8s.io/selfsubjectaccessreviews', answer((request) => selfAccessReview(request, authorizer))],
    ['authorization.k8s.io/selfsubjectrulesreviews', answer((request) => rulesReview(request, authorizer))],
  ]
}

function tokenReview(request: ApiRequest, options: { signer: TokenSigner; store: Store; clock: Clock }): TokenReview {
  const review = request.body as TokenReview
  const { token, audiences } = review.spec
  if (token === '') throw badRequest('token is required for TokenReview in authentication')
  const asked = audiences === undefined || audiences.length === 0 ? [API_AUDIENCE] : audiences
  const verdict = verifyToken(token, { ...options, audiences: asked })
  if (verdict === undefined) return { ...review, status: { user: {} } }
  if ('error' in verdict) return { ...review, status: { user: {}, error: `[${verdict.error}]` } }
  const groups = [...(verdict.user.groups ?? []), 'system:authenticated']
  return { ...review, status: { authenticated: true, user: { ...verdict.user, groups }, audiences: verdict.audiences } }
}

function selfReview({ body, user }: ApiRequest): SelfSubjectReview {
  return { ...(body as SelfSubjectReview), status: { userInfo: user } }
}

type AccessSpec = SubjectAccessReview['spec']
type SelfAccessSpec = SelfSubjectAccessReview['spec']

function accessReview(request: ApiRequest, authorizer: RbacAuthorizer): SubjectAccessReview {
  const review = request.body as SubjectAccessReview
  checkSpec(review.kind, review.spec)
  return { ...review, status: decide(attributesOf(review.spec, userOf(review.spec)), authorizer) }
}

function localAccessReview(request: ApiRequest, authorizer: RbacAuthorizer): LocalSubjectAccessReview {
  const review = request.body as LocalSubjectAccessReview
  checkSpec(review.kind, review.spec)
  const namespace = review.spec.resourceAttributes?.namespace
  if (namespace !== request.namespace) {
    throw badRequest(`spec.resourceAttributes.namespace must match namespace: ${request.namespace ?? ''}`)
  }
  return { ...review, status: decide(attributesOf(review.spec, userOf(review.spec)), authorizer) }
}

function selfAccessReview(request: ApiRequest, authorizer: RbacAuthorizer): SelfSubjectAccessReview {
  const review = request.body as SelfSubjectAccessReview
  checkSpec(review.kind, review.spec)
  return { ...review, status: decide(attributesOf(review.spec, request.user), authorizer) }
}

function rulesReview(request: ApiRequest, authorizer: RbacAuthorizer): SelfSubjectRulesReview {
  const review = request.body as SelfSubjectRulesReview
  const { namespace = '' } = review.spec
  if (namespace === '') throw badRequest('no namespace on request')
  const rules = authorizer.rules(request.user, namespace)
  const resourceRules = rules
    .filter(({ resources }) => resources !== undefined && resources.length > 0)
    .map(({ verbs, apiGroups, resources, resourceNames }) => ({
      verbs,
      ...(apiGroups === undefined ? {} : { apiGroups }),
      ...(resources === undefined ? {} : { resources }),
      ...(resourceNames === undefined ? {} : { resourceNames }),
    }))
  const nonResourceRules = rules.flatMap(({ verbs, nonResourceURLs }) =>
    nonResourceURLs === undefined || nonResourceURLs.length === 0 ? [] : [{ verbs, nonResourceURLs }],
  )
  return { ...review, status: { resourceRules, nonResourceRules, incomplete: false } }
}

function checkSpec(kind: string, spec: SelfAccessSpec | AccessSpec): void {
  const isResource = spec.resourceAttributes !== undefined
  if (isResource !== (spec.nonResourceAttributes !== undefined)) return
  const detail = isResource
    ? 'cannot be specified in combination with resourceAttributes'
    : 'exactly one of nonResourceAttributes or resourceAttributes must be specified'
  const field = isResource ? 'spec.nonResourceAttributes' : 'spec.resourceAttributes'
  throw invalid('authorization.k8s.io', kind, '', [invalidValue(field, spec.nonResourceAttributes ?? null, detail)])
}

function userOf({ user = '', groups, uid, extra }: AccessSpec): UserInfo {
  if (user === '' && (groups ?? []).length === 0) {
    throw invalid('authorization.k8s.io', 'SubjectAccessReview', '', [
      invalidValue('spec.user', '', 'at least one of user or group must be specified'),
    ])
  }
  return {
    username: user,
    ...(groups === undefined ? {} : { groups }),
    ...(uid === undefined ? {} : { uid }),
    ...(extra === undefined ? {} : { extra }),
  }
}

function attributesOf({ resourceAttributes, nonResourceAttributes }: SelfAccessSpec, user: UserInfo): Attributes {
  if (resourceAttributes === undefined) {
    const { verb = '', path = '' } = nonResourceAttributes ?? {}
    return { user, verb, path }
  }
  const { verb = '', group = '', version = '', resource = '', subresource, namespace, name } = resourceAttributes
  const none = (text: string | undefined): string | undefined => (text === '' ? undefined : text)
  const about = {
    group,
    version,
    plural: resource,
    subresource: none(subresource),
    namespace: none(namespace),
    name: none(name),
  }
  return { user, verb, path: '', resource: about }
}

function decide(attributes: Attributes, authorizer: RbacAuthorizer): { allowed: boolean; reason?: string } {
  const { allowed, reason } = authorizer.authorize(attributes)
  return { allowed, ...(reason === '' ? {} : { reason }) }
}
