import type { ApiObject } from '../../api/object.ts'
import type { UserInfo } from '../../api/request.ts'
import type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
  RoleRef,
  Subject,
} from '../../api/types.generated.ts'
import type { ResourcePath } from '../../store/engine.ts'
import type { Store } from '../../store/store.ts'
import type { Attributes, Authorizer } from '../http/authentication.ts'
import { ruleAllows } from './rules.ts'

const GROUP = 'rbac.authorization.k8s.io'
const PATHS = {
  roles: `${GROUP}/roles`,
  roleBindings: `${GROUP}/rolebindings`,
  clusterRoles: `${GROUP}/clusterroles`,
  clusterRoleBindings: `${GROUP}/clusterrolebindings`,
} as const satisfies Record<string, ResourcePath>

/** A binding that applies to a user, with the rules it grants. `namespace` is absent where it grants them everywhere. */
export interface Grant {
  readonly binding: RoleBinding | ClusterRoleBinding
  readonly subject: Subject
  readonly rules: readonly PolicyRule[]
  readonly namespace?: string
}

/**
 * Role-based access control over the roles and bindings in the store (k8s.io/kubernetes plugin/pkg/auth/authorizer/rbac).
 * Members of `system:masters` may do anything, whatever the roles say.
 */
export class RbacAuthorizer implements Authorizer {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  authorize(attributes: Attributes): { allowed: boolean; reason: string } {
    const { user, resource } = attributes
    if (user.groups?.includes('system:masters') === true) return { allowed: true, reason: '' }
    for (const grant of this.grants(user, resource?.namespace)) {
      if (grant.rules.some((rule) => ruleAllows(rule, attributes))) return { allowed: true, reason: reasonOf(grant) }
    }
    return { allowed: false, reason: '' }
  }

  /** All that a user is granted cluster-wide and, when one is named, in a namespace. */
  *grants(user: UserInfo, namespace: string | undefined): Generator<Grant> {
    for (const binding of this.#list<ClusterRoleBinding>(PATHS.clusterRoleBindings)) {
      const subject = binding.subjects?.find((one) => appliesTo(one, user, ''))
      if (subject !== undefined) yield { binding, subject, rules: this.rulesOf(binding.roleRef, '') }
    }
    if (namespace === undefined || namespace === '') return
    for (const binding of this.#list<RoleBinding>(PATHS.roleBindings, namespace)) {
      const subject = binding.subjects?.find((one) => appliesTo(one, user, namespace))
      if (subject !== undefined) yield { binding, subject, namespace, rules: this.rulesOf(binding.roleRef, namespace) }
    }
  }

  /** The rules that a user holds: what escalation checks and SelfSubjectRulesReview look at. */
  rules(user: UserInfo, namespace: string | undefined): readonly PolicyRule[] {
    if (user.groups?.includes('system:masters') === true) {
      return [
        { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
        { nonResourceURLs: ['*'], verbs: ['*'] },
      ]
    }
    return [...this.grants(user, namespace)].flatMap(({ rules }) => rules)
  }

  rulesOf({ kind, name }: RoleRef, namespace: string): readonly PolicyRule[] {
    const role =
      kind === 'ClusterRole'
        ? (this.#store.get(PATHS.clusterRoles, { name }) as ClusterRole | undefined)
        : (this.#store.get(PATHS.roles, { namespace, name }) as Role | undefined)
    return role?.rules ?? []
  }

  #list<T extends ApiObject>(path: ResourcePath, namespace?: string): readonly T[] {
    return this.#store.list(path, namespace).items as unknown as readonly T[]
  }
}

function appliesTo(subject: Subject, user: UserInfo, bindingNamespace: string): boolean {
  switch (subject.kind) {
    case 'User':
      return subject.name === user.username
    case 'Group':
      return user.groups?.includes(subject.name) === true
    case 'ServiceAccount': {
      const namespace = subject.namespace ?? bindingNamespace
      return user.username === `system:serviceaccount:${namespace}:${subject.name}`
    }
    default:
      return false
  }
}

function reasonOf({ binding, subject, namespace }: Grant): string {
  const name = namespace === undefined ? binding.metadata.name : `${binding.metadata.name}/${namespace}`
  const who = subject.kind === 'ServiceAccount' ? `${subject.name}/${subject.namespace ?? ''}` : subject.name
  const { roleRef } = binding
  return `RBAC: allowed by ${binding.kind} "${name}" of ${roleRef.kind} "${roleRef.name}" to ${subject.kind} "${who}"`
}
