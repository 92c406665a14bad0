import { badRequest, type Cause, invalid, invalidValue } from '../../api/errors.ts'
import type { ApiObject } from '../../api/object.ts'
import type { UserInfo } from '../../api/request.ts'
import type {
  LocalSubjectAccessReview,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
} from '../../api/types.generated.ts'
import { printAggregate, type RbacAuthorizer, roleNotFound } from '../authz/rbac.ts'
import type { Attributes, Authorizer } from '../http/authentication.ts'

type AccessSpec = SubjectAccessReview['spec']
type SelfAccessSpec = SelfSubjectAccessReview['spec']

/** POST …/subjectaccessreviews: whether somebody may do something. */
export function reviewAccess(review: SubjectAccessReview, authorizer: Authorizer): SubjectAccessReview {
  refuse(review, [...specCauses(review.spec), ...subjectCauses(review.spec), ...metadataCauses(review)])
  return { ...review, status: decide(attributesOf(review.spec, subjectOf(review.spec)), authorizer) }
}

/** POST …/localsubjectaccessreviews: the same within one namespace, for who has a say in no other. */
export function reviewLocalAccess(
  review: LocalSubjectAccessReview,
  { namespace = '', authorizer }: { namespace: string | undefined; authorizer: Authorizer },
): LocalSubjectAccessReview {
  const { resourceAttributes, nonResourceAttributes } = review.spec ?? {}
  const asked = resourceAttributes?.namespace ?? ''
  refuse(review, [
    ...specCauses(review.spec),
    ...subjectCauses(review.spec),
    ...metadataCauses(review, 'namespace'),
    ...(resourceAttributes !== undefined && asked !== namespace
      ? [invalidValue('spec.resourceAttributes.namespace', asked, 'must match metadata.namespace')]
      : []),
    ...(nonResourceAttributes === undefined
      ? []
      : [invalidValue('spec.nonResourceAttributes', nonResourceAttributes, 'disallowed on this kind of request')]),
  ])
  return { ...review, status: decide(attributesOf(review.spec, subjectOf(review.spec)), authorizer) }
}

/** POST …/selfsubjectaccessreviews: whether who asks may do something. */
export function reviewOwnAccess(
  review: SelfSubjectAccessReview,
  { user, authorizer }: { user: UserInfo; authorizer: Authorizer },
): SelfSubjectAccessReview {
  refuse(review, [...specCauses(review.spec), ...metadataCauses(review)])
  return { ...review, status: decide(attributesOf(review.spec, user), authorizer) }
}

/** POST …/selfsubjectrulesreviews: all that who asks may do in a namespace. */
export function reviewOwnRules(
  review: SelfSubjectRulesReview,
  { user, authorizer }: { user: UserInfo; authorizer: RbacAuthorizer },
): SelfSubjectRulesReview {
  const namespace = review.spec?.namespace ?? ''
  if (namespace === '') throw badRequest('no namespace on request')
  const grants = [...authorizer.grants(user, namespace)]
  const rules = grants.flatMap((grant) => grant.rules ?? [])
  const unresolved = grants.flatMap((grant) => (grant.rules === undefined ? [roleNotFound(grant.binding.roleRef)] : []))
  const resourceRules = rules
    .filter(({ resources = [] }) => resources.length > 0)
    .map(({ verbs, apiGroups, resources, resourceNames }) => ({
      verbs,
      ...(apiGroups === undefined ? {} : { apiGroups }),
      ...(resources === undefined ? {} : { resources }),
      ...(resourceNames === undefined ? {} : { resourceNames }),
    }))
  const nonResourceRules = rules.flatMap(({ verbs, nonResourceURLs = [] }) =>
    nonResourceURLs.length === 0 ? [] : [{ verbs, nonResourceURLs }],
  )
  const evaluationError = unresolved.length === 0 ? {} : { evaluationError: printAggregate(unresolved) }
  return { ...review, status: { resourceRules, nonResourceRules, incomplete: false, ...evaluationError } }
}

/** k8s.io/kubernetes pkg/apis/authorization/validation */
function* specCauses(spec: Partial<SelfAccessSpec> = {}): Generator<Cause> {
  const { resourceAttributes, nonResourceAttributes } = spec
  if (resourceAttributes !== undefined && nonResourceAttributes !== undefined) {
    const why = 'cannot be specified in combination with resourceAttributes'
    yield invalidValue('spec.nonResourceAttributes', nonResourceAttributes, why)
  }
  if (resourceAttributes === undefined && nonResourceAttributes === undefined) {
    const why = 'exactly one of nonResourceAttributes or resourceAttributes must be specified'
    yield invalidValue('spec.resourceAttributes', null, why)
  }
}

function* subjectCauses({ user = '', groups = [] }: Partial<AccessSpec> = {}): Generator<Cause> {
  if (user === '' && groups.length === 0) {
    yield invalidValue('spec.user', user, 'at least one of user or group must be specified')
  }
}

/** A question has no metadata; `exception` is the one field that it may have after all. */
function* metadataCauses({ metadata }: ApiObject, exception?: 'namespace'): Generator<Cause> {
  const given = Object.entries(metadata).some(
    ([name, value]) => name !== 'managedFields' && name !== exception && value !== '' && value !== null,
  )
  const why = exception === undefined ? 'must be empty' : `must be empty except for ${exception}`
  if (given) yield invalidValue('metadata', metadata, why)
}

function refuse({ kind }: ApiObject, causes: readonly Cause[]): void {
  if (causes.length > 0) throw invalid('authorization.k8s.io', kind, '', causes)
}

function subjectOf({ user = '', groups, uid, extra }: AccessSpec): UserInfo {
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

function decide(attributes: Attributes, authorizer: Authorizer): { allowed: boolean; reason?: string } {
  const { allowed, reason } = authorizer.authorize(attributes)
  return { allowed, ...(reason === '' ? {} : { reason }) }
}
