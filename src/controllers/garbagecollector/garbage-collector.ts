import { type Kind, parseApiVersion, storageKindOf, VERBS } from '../../api/kind.ts'
import type { ApiObject, Key, OwnerReference } from '../../api/object.ts'
import { type Client, isConflict, isNotFound } from '../../client/client.ts'
import { type Controller, type ControllerContext, DONE, type Outcome, requeueAfter } from '../../client/controller.ts'
import { type OwnedNode, OwnerGraph } from './owner-graph.ts'

/** Kinds that own nothing, are owned by nothing, and come in large numbers. */
const IGNORED = new Set(['/events', 'events.k8s.io/events'])
/** How long a foreground deletion waits before it looks at its dependents again, should no event come. */
const FOREGROUND_RETRY_MS = 1_000

/**
 * Deletes what has lost its owners, in the order that the deletion of an owner asked for: in the background, before the
 * owner (foreground), or not at all (orphan). k8s.io/kubernetes pkg/controller/garbagecollector
 */
export class GarbageCollector implements Controller {
  readonly name = 'garbage-collector'
  readonly sources = []
  readonly workers = 20
  readonly #client: Client
  readonly #graph = new OwnerGraph()

  constructor(client: Client) {
    this.#client = client
  }

  /** Follows every kind there is, and those that custom definitions bring later. */
  async start({ informers, enqueue, signal }: ControllerContext): Promise<void> {
    const follow = (kind: Kind): void => {
      if (!isCollected(kind)) return
      const put = (object: ApiObject): void => {
        for (const uid of this.#graph.put(kind, object)) enqueue(uid)
      }
      informers.of(kind).handle({
        added: put,
        updated: put,
        deleted: ({ metadata }) => {
          for (const uid of this.#graph.remove(metadata.uid ?? '')) enqueue(uid)
        },
      })
    }
    for (const kind of this.#client.scheme.kinds()) follow(kind)
    const off = this.#client.scheme.onChange(({ type, kind }) => {
      if (type === 'added') follow(kind)
    })
    signal.addEventListener('abort', off, { once: true })
    await informers.synced()
  }

  async reconcile({ name: uid }: Key): Promise<Outcome> {
    const node = this.#graph.get(uid)
    if (node === undefined) {
      return DONE
    }
    const live = await this.#client.get(node.kind, node.key)
    if (live === undefined || live.metadata.uid !== uid) return DONE
    if (node.isOrphaning) return this.#orphan(node, live)
    if (node.isForeground) return this.#waitForDependents(node, live)
    return this.#collect(node, live)
  }

  /** Lets the dependents of an object that goes live on without it. */
  async #orphan(node: OwnedNode, live: ApiObject): Promise<Outcome> {
    for (const dependent of this.#graph.dependentsOf(node.uid)) await this.#disown(dependent, new Set([node.uid]))
    await this.#dropFinalizer(node, live, 'orphan')
    return DONE
  }

  /** The last blocking dependent frees its owner; until then each of them is seen to. */
  async #waitForDependents(node: OwnedNode, live: ApiObject): Promise<Outcome> {
    const blocking = this.#graph
      .dependentsOf(node.uid)
      .filter(({ owners }) => owners.some((owner) => owner.uid === node.uid && owner.blockOwnerDeletion === true))
    if (blocking.length === 0) {
      await this.#dropFinalizer(node, live, 'foregroundDeletion')
      return DONE
    }
    for (const dependent of blocking) {
      const present = await this.#client.get(dependent.kind, dependent.key)
      if (present !== undefined && present.metadata.uid === dependent.uid && !dependent.isForeground) {
        await this.#collect(dependent, present)
      }
    }
    return requeueAfter(FOREGROUND_RETRY_MS)
  }

  /** Deletes an object none of whose owners is left; takes those that are gone off one that has others. */
  async #collect(node: OwnedNode, live: ApiObject): Promise<Outcome> {
    const owners = live.metadata.ownerReferences ?? []
    if (owners.length === 0) return DONE
    const verdicts = await Promise.all(
      owners.map(async (owner) => ({ owner, state: await this.#stateOf(owner, node) })),
    )
    const gone = verdicts.filter(({ state }) => state !== 'solid').map(({ owner }) => owner.uid)
    if (gone.length === 0) return DONE
    if (gone.length < owners.length) {
      await this.#disown(node, new Set(gone))
      return DONE
    }
    if (live.metadata.deletionTimestamp !== undefined) return DONE
    const isAwaited = verdicts.some(({ state }) => state === 'waiting')
    const hasDependents = this.#graph.dependentsOf(node.uid).length > 0
    if (isAwaited && hasDependents) await this.#unblockCircle(node)
    const propagationPolicy = isAwaited && hasDependents ? 'Foreground' : policyOf(live)
    await ignoreGone(this.#client.delete(node.kind, node.key, { propagationPolicy, preconditions: { uid: node.uid } }))
    return DONE
  }

  /** Objects that own each other would wait for each other for ever. */
  async #unblockCircle(node: OwnedNode): Promise<void> {
    const isCircle = this.#graph.dependentsOf(node.uid).some(({ isForeground }) => isForeground)
    if (!isCircle) return
    await this.#rewriteOwners(node, (owners) => owners.map((owner) => ({ ...owner, blockOwnerDeletion: false })))
  }

  /** `solid`: there. `waiting`: on its way out, and it waits for this dependent. `absent`: gone, or never there. */
  async #stateOf(owner: OwnerReference, dependent: OwnedNode): Promise<'solid' | 'waiting' | 'absent'> {
    const known = this.#graph.get(owner.uid)
    if (known !== undefined && isInReach(known, dependent)) return known.isForeground ? 'waiting' : 'solid'
    const { group, version } = parseApiVersion(owner.apiVersion)
    const kind = this.#client.scheme
      .kinds()
      .find((one) => one.group === group && one.kind === owner.kind && one.version === version)
    // An owner of a kind that is not served here cannot be looked up, so its dependents are left alone.
    if (kind === undefined) return 'solid'
    if (kind.namespaced && dependent.key.namespace === undefined) return 'solid'
    const key = { namespace: kind.namespaced ? dependent.key.namespace : undefined, name: owner.name }
    const live = await this.#client.get(kind, key)
    return live !== undefined && live.metadata.uid === owner.uid ? 'solid' : 'absent'
  }

  #disown(node: OwnedNode, uids: ReadonlySet<string>): Promise<void> {
    return this.#rewriteOwners(node, (owners) => owners.filter(({ uid }) => !uids.has(uid)))
  }

  async #rewriteOwners(
    { kind, key, uid }: OwnedNode,
    change: (owners: readonly OwnerReference[]) => readonly OwnerReference[],
  ): Promise<void> {
    const live = await this.#client.get(kind, key)
    if (live === undefined || live.metadata.uid !== uid) return
    const ownerReferences = change(live.metadata.ownerReferences ?? [])
    const { ownerReferences: _, ...metadata } = live.metadata
    const kept = ownerReferences.length === 0 ? metadata : { ...metadata, ownerReferences }
    await ignoreGone(this.#client.update({ ...live, metadata: kept }))
  }

  async #dropFinalizer({ uid }: OwnedNode, live: ApiObject, finalizer: string): Promise<void> {
    if (live.metadata.uid !== uid) return
    const finalizers = (live.metadata.finalizers ?? []).filter((one) => one !== finalizer)
    await ignoreGone(this.#client.update({ ...live, metadata: { ...live.metadata, finalizers } }))
  }
}

function isCollected(kind: Kind): boolean {
  const verbs = kind.verbs ?? VERBS
  return (
    storageKindOf(kind) === kind &&
    verbs.includes('list') &&
    verbs.includes('watch') &&
    verbs.includes('delete') &&
    !IGNORED.has(`${kind.group}/${kind.plural}`)
  )
}

/** A namespaced owner owns only in its own namespace. */
function isInReach(owner: OwnedNode, dependent: OwnedNode): boolean {
  return owner.key.namespace === undefined || owner.key.namespace === dependent.key.namespace
}

function policyOf({ metadata }: ApiObject): 'Background' | 'Foreground' | 'Orphan' {
  if (metadata.finalizers?.includes('orphan') === true) return 'Orphan'
  return metadata.finalizers?.includes('foregroundDeletion') === true ? 'Foreground' : 'Background'
}

/** Somebody was faster: the object is gone already, or was written meanwhile and its event will lead back here. */
async function ignoreGone(write: Promise<unknown>): Promise<void> {
  try {
    await write
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error
  }
}
