import { notFound } from '../../api/errors.ts'
import type { UserInfo } from '../../api/request.ts'
import type { ClusterRole, PolicyRule, Role, RoleRef } from '../../api/types.generated.ts'
import type { Store } from '../../store/store.ts'
import type { Attributes, Authorizer, Verdict } from '../http/authentication.ts'
import { type AppliedBinding, BindingIndex } from './binding-index.ts'
import { ruleAllows } from './rules.ts'

const GROUP = 'rbac.authorization.k8s.io'

/** A binding that applies to a user. `namespace` is absent where it grants its rules everywhere. */
export interface Grant extends AppliedBinding {
  /** What its role grants; nothing where there is no such role. */
  readonly rules: readonly PolicyRule[] | undefined
  readonly namespace?: string
}

/**
 * Role-based access control over the roles and bindings in the store (k8s.io/kubernetes plugin/pkg/auth/authorizer/rbac).
 * Members of `system:masters` may do anything, whatever the roles say.
 */
export class RbacAuthorizer implements Authorizer {
  readonly #store: Store
  readonly #bindings: BindingIndex

  constructor(store: Store) {
    this.#store = store
    this.#bindings = new BindingIndex(store)
  }

  authorize(attributes: Attributes): Verdict {
    const { user, resource } = attributes
    if (isMaster(user)) return { allowed: true, reason: '' }
    const missing: string[] = []
    for (const grant of this.grants(user, resource?.namespace)) {
      if (grant.rules === undefined) missing.push(roleNotFound(grant.binding.roleRef))
      else if (grant.rules.some((rule) => ruleAllows(rule, attributes)))
        return { allowed: true, reason: reasonOf(grant) }
    }
    return { allowed: false, reason: missing.length === 0 ? '' : `RBAC: ${printAggregate(missing)}` }
  }

  /** All that a user is granted cluster-wide and, when one is named, in a namespace. */
  *grants(user: UserInfo, namespace: string | undefined): Generator<Grant> {
    for (const applied of this.#bindings.bindingsOf(user)) {
      yield { ...applied, rules: this.rulesOf(applied.binding.roleRef, '') }
    }
    if (namespace === undefined || namespace === '') return
    for (const applied of this.#bindings.bindingsOf(user, namespace)) {
      yield { ...applied, namespace, rules: this.rulesOf(applied.binding.roleRef, namespace) }
    }
  }

  /** The rules that a user holds: what escalation checks look at. */
  rules(user: UserInfo, namespace: string | undefined): readonly PolicyRule[] {
    if (isMaster(user)) {
      return [
        { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
        { nonResourceURLs: ['*'], verbs: ['*'] },
      ]
    }
    return [...this.grants(user, namespace)].flatMap(({ rules = [] }) => rules)
  }

  rulesOf({ kind, name }: RoleRef, namespace: string): readonly PolicyRule[] | undefined {
    const role =
      kind === 'ClusterRole'
        ? (this.#store.get(`${GROUP}/clusterroles`, { name }) as ClusterRole | undefined)
        : (this.#store.get(`${GROUP}/roles`, { namespace, name }) as Role | undefined)
    return role === undefined ? undefined : (role.rules ?? [])
  }
}

function isMaster({ groups }: UserInfo): boolean {
  return groups?.includes('system:masters') === true
}

/** In the words of a lister, which knows one role and not the resource (k8s.io/client-go listers/rbac/v1). */
export function roleNotFound({ kind, name }: RoleRef): string {
  return notFound({ group: GROUP, resource: kind.toLowerCase() }, name).message
}

/** Several errors as one, each told once (k8s.io/apimachinery pkg/util/errors). */
export function printAggregate(messages: readonly string[]): string {
  const distinct = [...new Set(messages)]
  return distinct.length === 1 ? (distinct[0] ?? '') : `[${distinct.join(', ')}]`
}

function reasonOf({ binding, subject, namespace }: Grant): string {
  const name = namespace === undefined ? binding.metadata.name : `${binding.metadata.name}/${namespace}`
  const who = subject.kind === 'ServiceAccount' ? `${subject.name}/${subject.namespace ?? ''}` : subject.name
  const { roleRef } = binding
  return `RBAC: allowed by ${binding.kind} "${name}" of ${roleRef.kind} "${roleRef.name}" to ${subject.kind} "${who}"`
}
