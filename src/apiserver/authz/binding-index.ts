import type { UserInfo } from '../../api/request.ts'
import type { ClusterRoleBinding, RoleBinding, Subject } from '../../api/types.generated.ts'
import type { ResourcePath, StoreEvent } from '../../store/engine.ts'
import type { Store } from '../../store/store.ts'

export type Binding = RoleBinding | ClusterRoleBinding

/** A binding and the first of its subjects that a user is. */
export interface AppliedBinding {
  readonly binding: Binding
  readonly subject: Subject
}

/** The scope of cluster role bindings; those of role bindings are their namespaces. */
const CLUSTER = ''
const PATHS: readonly ResourcePath[] = [
  'rbac.authorization.k8s.io/clusterrolebindings',
  'rbac.authorization.k8s.io/rolebindings',
]

/**
 * Who is bound to what, so that a request costs what its user's bindings cost and not what all of them do.
 *
 *   cluster  ->  group system:authenticated -> { system:basic-user, system:discovery }
 *   shop     ->  group dev -> { edit }      user system:serviceaccount:shop:cart -> { cart, edit }
 *
 * Read from the store when first asked, and kept by the store's events from then on.
 */
export class BindingIndex {
  readonly #store: Store
  readonly #scopes = new Map<string, Map<string, Map<string, Binding>>>()
  #isRead = false

  constructor(store: Store) {
    this.#store = store
  }

  /** The bindings of a namespace, or of the cluster, that name a user or one of its groups; in the order of their names. */
  bindingsOf(user: UserInfo, namespace: string = CLUSTER): readonly AppliedBinding[] {
    if (!this.#isRead) this.#read()
    const scope = this.#scopes.get(namespace)
    if (scope === undefined) return []
    const subjects = new Set([userKey(user.username), ...(user.groups ?? []).map(groupKey)])
    const applied = new Map<string, AppliedBinding>()
    for (const key of subjects) {
      for (const [name, binding] of scope.get(key) ?? []) {
        if (applied.has(name)) continue
        const subject = binding.subjects?.find((one) => subjects.has(keyOfSubject(one, namespace) ?? ''))
        if (subject !== undefined) applied.set(name, { binding, subject })
      }
    }
    return [...applied].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one)
  }

  #read(): void {
    this.#isRead = true
    for (const path of PATHS) {
      const { items, revision } = this.#store.list(path)
      for (const binding of items) this.#add(binding as Binding)
      this.#store.watch(path, revision, (event) => this.#follow(event))
    }
  }

  #follow({ type, object, previous }: StoreEvent): void {
    if (previous !== undefined) this.#remove(previous as Binding)
    if (type !== 'DELETED') this.#add(object as Binding)
  }

  #add(binding: Binding): void {
    const { name, namespace = CLUSTER } = binding.metadata
    for (const subject of binding.subjects ?? []) {
      const key = keyOfSubject(subject, namespace)
      if (key === undefined) continue
      const scope = entry(this.#scopes, namespace, () => new Map<string, Map<string, Binding>>())
      entry(scope, key, () => new Map<string, Binding>()).set(name, binding)
    }
  }

  #remove({ metadata: { name, namespace = CLUSTER }, subjects = [] }: Binding): void {
    const scope = this.#scopes.get(namespace)
    if (scope === undefined) return
    for (const subject of subjects) {
      const key = keyOfSubject(subject, namespace) ?? ''
      const bindings = scope.get(key)
      bindings?.delete(name)
      if (bindings?.size === 0) scope.delete(key)
    }
    if (scope.size === 0) this.#scopes.delete(namespace)
  }
}

/** Whom a subject names; nobody where it names a service account and no namespace. */
function keyOfSubject({ kind, name, namespace }: Subject, bindingNamespace: string): string | undefined {
  if (kind === 'User') return userKey(name)
  if (kind === 'Group') return groupKey(name)
  const home = namespace === undefined || namespace === '' ? bindingNamespace : namespace
  return kind === 'ServiceAccount' && home !== '' ? userKey(`system:serviceaccount:${home}:${name}`) : undefined
}

function userKey(name: string): string {
  return `user ${name}`
}

function groupKey(name: string): string {
  return `group ${name}`
}

function entry<Value>(map: Map<string, Value>, key: string, create: () => Value): Value {
  let value = map.get(key)
  if (value === undefined) map.set(key, (value = create()))
  return value
}
