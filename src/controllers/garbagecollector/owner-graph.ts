import type { Kind } from '../../api/kind.ts'
import { type ApiObject, type Key, keyOf, type OwnerReference } from '../../api/object.ts'

/** An object, as far as garbage collection is concerned. */
export interface OwnedNode {
  readonly uid: string
  readonly kind: Kind
  readonly key: Key
  readonly owners: readonly OwnerReference[]
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
    const { uid = '', ownerReferences = NONE, deletionTimestamp } = object.metadata
    const before = this.#nodes.get(uid)
    // Most writes change neither.
    if (
      before !== undefined &&
      before.owners === ownerReferences &&
      deletionTimestamp === undefined &&
      !before.isDeleting
    )
      return NO_UIDS
    const node = nodeOf(kind, object)
    this.#nodes.set(node.uid, node)
    if (before === undefined || before.owners !== node.owners) this.#relink(before, node)
    return attention(
      before,
      node,
      (uid) => this.#nodes.has(uid),
      () => this.dependentsOf(node.uid),
    )
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

/** What a change makes worth looking at: owners that nobody has seen, and deletions that now wait for, or free, others. */
function attention(
  before: OwnedNode | undefined,
  node: OwnedNode,
  isKnown: (uid: string) => boolean,
  dependents: () => readonly OwnedNode[],
): readonly string[] {
  const uids: string[] = []
  const isNew = before === undefined || before.owners !== node.owners
  const ownersChanged = isNew && node.owners.some(({ uid }) => !isKnown(uid))
  const startsForeground = node.isForeground && before?.isForeground !== true
  const startsOrphaning = node.isOrphaning && before?.isOrphaning !== true
  if (ownersChanged || startsForeground || startsOrphaning) uids.push(node.uid)
  if (startsForeground) uids.push(...dependents().map(({ uid }) => uid))
  if (before !== undefined && before.owners !== node.owners) uids.push(...before.owners.map(({ uid }) => uid))
  return uids
}

const NO_UIDS: readonly string[] = []
const NONE: readonly OwnerReference[] = []

function nodeOf(kind: Kind, object: ApiObject): OwnedNode {
  const { uid = '', ownerReferences, finalizers, deletionTimestamp } = object.metadata
  const isDeleting = deletionTimestamp !== undefined
  return {
    uid,
    kind,
    key: keyOf(object),
    owners: ownerReferences ?? NONE,
    isDeleting,
    isForeground: isDeleting && finalizers?.includes('foregroundDeletion') === true,
    isOrphaning: isDeleting && finalizers?.includes('orphan') === true,
  }
}
