import { forbidden, notFound } from '../../api/errors.ts'
import type { ApiObject } from '../../api/object.ts'
import type { UserInfo } from '../../api/request.ts'
import type { ClusterRole, PolicyRule, Role, RoleBinding, RoleRef } from '../../api/types.generated.ts'
import { deepEqual } from '../../base/equal.ts'
import type { Store } from '../../store/store.ts'
import { printAggregate, type RbacAuthorizer } from '../authz/rbac.ts'
import { uncovered } from '../authz/rules.ts'
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts'
import { printMissingRules } from './escalation/missing-rules.ts'

const GROUP = 'rbac.authorization.k8s.io'
const EVERYTHING: readonly PolicyRule[] = [
  { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
  { nonResourceURLs: ['*'], verbs: ['*'] },
]

/**
 * Nobody grants what they do not hold themselves (k8s.io/kubernetes pkg/registry/rbac): roles say no more, and bindings
 * hand out no more, than their writer may do, unless the writer holds the verb `escalate` on the role, or `bind`.
 * The last of those who look at an object before it is validated.
 */
export function escalationCheck(authorizer: RbacAuthorizer): AdmissionPlugin {
  return {
    name: 'RbacEscalationCheck',

    admit(request, { store }) {
      const { kind, operation, subresource, user } = request
      if (kind.group !== GROUP || subresource !== undefined) return undefined
      if (operation !== 'CREATE' && operation !== 'UPDATE') return undefined
      if (user.groups?.includes('system:masters') === true || isLeftToCollect(request)) return undefined
      const check = { request, authorizer, store }
      if (kind.plural === 'roles' || kind.plural === 'clusterroles') checkRole(check)
      else checkBinding(check)
      return undefined
    },
  }
}

interface Check {
  readonly request: AdmissionRequest
  readonly authorizer: RbacAuthorizer
  readonly store: Store
}

function checkRole(check: Check): void {
  const { request, authorizer } = check
  const { kind, user, namespace, name, operation } = request
  const about = {
    group: GROUP,
    version: '*',
    plural: kind.plural,
    namespace,
    ...(operation === 'UPDATE' ? { name } : {}),
  }
  if (authorizer.authorize({ user, verb: 'escalate', path: '', resource: about }).allowed) return
  checkRules((request.object as Role).rules ?? [], check)
  if (!hasAggregation(request.object) && !hasAggregation(request.old)) return
  if (uncovered(authorizer.rules(user, undefined), EVERYTHING).length > 0) {
    throw refused(request, 'must have cluster-admin privileges to use the aggregationRule')
  }
}

function checkBinding(check: Check): void {
  const { request, authorizer, store } = check
  const { user, namespace } = request
  const { roleRef } = request.object as RoleBinding
  const plural = roleRef.kind === 'ClusterRole' ? 'clusterroles' : 'roles'
  const about = { group: GROUP, version: '*', plural, namespace, name: roleRef.name }
  if (authorizer.authorize({ user, verb: 'bind', path: '', resource: about }).allowed) return
  const role = roleOf(roleRef, namespace, store)
  if (role === undefined) throw notFound({ group: GROUP, resource: plural }, roleRef.name)
  checkRules(role.rules ?? [], check)
}

function checkRules(rules: readonly PolicyRule[], { request, authorizer, store }: Check): void {
  const { user, namespace } = request
  const missing = uncovered(authorizer.rules(user, namespace), rules)
  if (missing.length === 0) return
  const groups = (user.groups ?? []).map((group) => JSON.stringify(group)).join(' ')
  const who = `user ${JSON.stringify(user.username)} (groups=[${groups}])`
  const unresolved = unresolvedRoles(user, { namespace, authorizer, store })
  const errors = unresolved.length === 0 ? '' : `; resolution errors: [${printAggregate(unresolved)}]`
  const what = 'is attempting to grant RBAC permissions not currently held'
  throw refused(request, `${who} ${what}:\n${printMissingRules(missing)}${errors}`)
}

/** Roles that the user is bound to and that do not exist. */
function unresolvedRoles(
  user: UserInfo,
  { namespace, authorizer, store }: { namespace: string | undefined; authorizer: RbacAuthorizer; store: Store },
): readonly string[] {
  return [...authorizer.grants(user, namespace)].flatMap(({ binding: { roleRef } }) => {
    if (roleOf(roleRef, namespace, store) !== undefined) return []
    const resource = roleRef.kind === 'ClusterRole' ? 'clusterroles' : 'roles'
    return [notFound({ group: GROUP, resource }, roleRef.name).message]
  })
}

function roleOf({ kind, name }: RoleRef, namespace: string | undefined, store: Store): Role | ClusterRole | undefined {
  if (kind === 'ClusterRole') return store.get(`${GROUP}/clusterroles`, { name }) as ClusterRole | undefined
  return store.get(`${GROUP}/roles`, { namespace, name }) as Role | undefined
}

function hasAggregation(object: ApiObject | undefined): boolean {
  const { clusterRoleSelectors = [] } = (object as ClusterRole | undefined)?.aggregationRule ?? {}
  return clusterRoleSelectors.length > 0
}

/** Owners and finalizers may change whoever holds what: garbage collection depends on it. */
function isLeftToCollect({ object, old }: AdmissionRequest): boolean {
  if (object === undefined || old === undefined) return false
  const compared = (one: ApiObject): unknown => {
    const { ownerReferences: _owners, finalizers: _finalizers, managedFields: _managed, ...metadata } = one.metadata
    return { ...one, metadata }
  }
  return deepEqual(compared(object), compared(old))
}

function refused({ kind, object }: AdmissionRequest, why: string): Error {
  return forbidden({ group: GROUP, resource: kind.plural }, object?.metadata.name ?? '', why)
}
