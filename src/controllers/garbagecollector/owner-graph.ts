import { type Kind, parseApiVersion } from '../../api/kind.ts'
import { type ApiObject, type Key, keyOf, type OwnerReference } from '../../api/object.ts'

/** An object, as far as garbage collection is concerned. */
export interface OwnedNode {
  readonly uid: string
  readonly kind: Kind
  readonly key: Key
  readonly owners: readonly OwnerReference[]
  readonly isBeingDeleted: boolean
  readonly isDeleting: boolean
  /** Its deletion waits for its dependents. */
  readonly isForeground: boolean
  /** Its deletion lets its dependents live. */
  readonly isOrphaning: boolean
}

/**
 * Who owns whom, by uid.
 *
 *   nodes:       deployment-uid -> {…}   replicaset-uid -> {owners: [deployment-uid]}   pod-uid -> {owners: [replicaset-uid]}
 *   dependents:  deployment-uid -> {replicaset-uid}    replicaset-uid -> {pod-uid}
 *
 * An owner may be named before it is seen, or never be seen: `dependents` then has an entry that `nodes` lacks.
 */
export class OwnerGraph {
  readonly #nodes = new Map<string, OwnedNode>()
  readonly #dependents = new Map<string, Set<string>>()

  get size(): number {
    return this.#nodes.size
  }

  get(uid: string): OwnedNode | undefined {
    return this.#nodes.get(uid)
  }

  /** What names `uid` as an owner. */
  dependentsOf(uid: string): readonly OwnedNode[] {
    const nodes: OwnedNode[] = []
    for (const dependent of this.#dependents.get(uid) ?? []) {
      const node = this.#nodes.get(dependent)
      if (node !== undefined) nodes.push(node)
    }
    return nodes
  }

  /** Records an object's present state; returns the uids that want attention because of what changed. */
  put(kind: Kind, object: ApiObject): readonly string[] {
    const node = nodeOf(kind, object)
    const before = this.#nodes.get(node.uid)
    this.#nodes.set(node.uid, node)
    const uids: string[] = []
    if (before === undefined || before.owners !== node.owners) {
      this.#relink(before, node)
      if (node.owners.some((owner) => !this.#isSound(owner, node))) uids.push(node.uid)
      for (const { uid } of before?.owners ?? []) if (this.#nodes.get(uid)?.isForeground === true) uids.push(uid)
    }
    // What named this object before it was seen may have taken it for another.
    if (before === undefined) uids.push(...this.#misled(node))
    const startsForeground = node.isForeground && before?.isForeground !== true
    const startsOrphaning = node.isOrphaning && before?.isOrphaning !== true
    if (startsForeground || startsOrphaning) uids.push(node.uid)
    if (startsForeground) uids.push(...this.dependentsOf(node.uid).map(({ uid }) => uid))
    return uids
  }

  /** Forgets an object; returns the dependents that it leaves behind, and the owners that waited for it. */
  remove(uid: string): readonly string[] {
    const node = this.#nodes.get(uid)
    if (node === undefined) return []
    this.#nodes.delete(uid)
    for (const { uid: owner } of node.owners) this.#unlink(owner, uid)
    const waiting = node.owners
      .map((owner) => owner.uid)
      .filter((owner) => this.#nodes.get(owner)?.isForeground === true)
    return [...(this.#dependents.get(uid) ?? []), ...waiting]
  }

  /** Whether a reference leads to an object that was seen, and that is what the reference says. */
  #isSound(reference: OwnerReference, dependent: OwnedNode): boolean {
    const owner = this.#nodes.get(reference.uid)
    return owner !== undefined && isInReach(owner, dependent) && isNamed(reference, owner)
  }

  #misled({ uid }: OwnedNode): readonly string[] {
    if (!this.#dependents.has(uid)) return []
    return this.dependentsOf(uid)
      .filter((dependent) => dependent.owners.some((owner) => owner.uid === uid && !this.#isSound(owner, dependent)))
      .map((dependent) => dependent.uid)
  }

  #relink(before: OwnedNode | undefined, node: OwnedNode): void {
    for (const { uid } of before?.owners ?? []) this.#unlink(uid, node.uid)
    for (const { uid } of node.owners) {
      let dependents = this.#dependents.get(uid)
      if (dependents === undefined) this.#dependents.set(uid, (dependents = new Set()))
      dependents.add(node.uid)
    }
  }

  #unlink(owner: string, dependent: string): void {
    const dependents = this.#dependents.get(owner)
    dependents?.delete(dependent)
    if (dependents?.size === 0) this.#dependents.delete(owner)
  }
}

/** A namespaced owner owns only in its own namespace. */
export function isInReach(owner: OwnedNode, dependent: OwnedNode): boolean {
  return owner.key.namespace === undefined || owner.key.namespace === dependent.key.namespace
}

/** Whether a reference names the object as what it is. */
export function isNamed({ kind, name, apiVersion }: OwnerReference, owner: OwnedNode): boolean {
  return kind === owner.kind.kind && name === owner.key.name && parseApiVersion(apiVersion).group === owner.kind.group
}

const NONE: readonly OwnerReference[] = []

function nodeOf(kind: Kind, object: ApiObject): OwnedNode {
  const { uid = '', ownerReferences, finalizers, deletionTimestamp } = object.metadata
  const isDeleting = deletionTimestamp !== undefined
  return {
    uid,
    kind,
    key: keyOf(object),
    owners: ownerReferences ?? NONE,
    isBeingDeleted: isDeleting,
    isDeleting,
    isForeground: isDeleting && finalizers?.includes('foregroundDeletion') === true,
    isOrphaning: isDeleting && finalizers?.includes('orphan') === true,
  }
}
