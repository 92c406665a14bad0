import { type Kind, storageKindOf, VERBS } from '../../api/kind.ts'
import type { ApiObject, Key, ObjectMeta, OwnerReference } from '../../api/object.ts'
import { type Client, isConflict, isNotFound } from '../../client/client.ts'
import { type Controller, type ControllerContext, DONE, type Outcome } from '../../client/controller.ts'
import type { EventRecorder } from '../../client/events.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import { isInReach, isNamed, type OwnedNode, OwnerGraph } from './owner-graph.ts'

/** Kinds that own nothing, are owned by nothing, and come in large numbers. */
const IGNORED = ['/events', 'events.k8s.io/events']
/** How often a write that lost a race is tried again at once. */
const RACE_TRIES = 5

/** `solid`: there. `waiting`: on its way out, and it waits for this dependent. `absent`: gone, or never there. */
type OwnerState = 'solid' | 'waiting' | 'absent'

/**
 * Deletes what has lost its owners, in the order that the deletion of an owner asked for: in the background, before the
 * owner (foreground), or not at all (orphan). k8s.io/kubernetes pkg/controller/garbagecollector
 */
export class GarbageCollector implements Controller {
  readonly name = 'garbage-collector'
  readonly sources = []
  readonly workers = 20
  readonly #client: Client
  readonly #events: EventRecorder
  readonly #graph = new OwnerGraph()
  /** What names owners of kinds that are not served: looked at again when kinds are added. */
  readonly #unresolved = new Set<string>()

  constructor({ client, events }: Pick<ClusterOptions, 'client' | 'events'>) {
    this.#client = client
    this.#events = events('garbage-collector-controller')
  }

  /** Follows every kind there is, and those that custom definitions bring later. */
  async start({ informers, enqueue, signal }: ControllerContext): Promise<void> {
    const followed = new Set(IGNORED)
    const follow = (kind: Kind): void => {
      const resource = `${kind.group}/${kind.plural}`
      if (!isCollected(kind) || followed.has(resource)) return
      // A definition that changes adds its kind anew.
      followed.add(resource)
      const put = (object: ApiObject): void => {
        for (const uid of this.#graph.put(kind, object)) enqueue(uid)
      }
      informers.of(kind).handle({
        added: put,
        updated: put,
        deleted: ({ metadata: { uid = '' } }) => {
          this.#unresolved.delete(uid)
          for (const next of this.#graph.remove(uid)) enqueue(next)
        },
      })
    }
    for (const kind of this.#client.scheme.kinds()) follow(kind)
    const off = this.#client.scheme.onChange(({ type, kind }) => {
      if (type !== 'added') return
      follow(kind)
      for (const uid of this.#unresolved) enqueue(uid)
    })
    signal.addEventListener('abort', off, { once: true })
    await informers.synced()
  }

  async reconcile({ name: uid }: Key): Promise<Outcome> {
    const node = this.#graph.get(uid)
    if (node === undefined) return DONE
    if (node.isOrphaning) await this.#orphan(node)
    else if (node.isForeground) await this.#finishForeground(node)
    else if (!node.isBeingDeleted) await this.#collect(node)
    return DONE
  }

  /** Lets the dependents of an object that goes live on without it; only then may it go. */
  async #orphan(node: OwnedNode): Promise<void> {
    for (const dependent of this.#graph.dependentsOf(node.uid)) await this.#disown(dependent, new Set([node.uid]))
    await this.#dropFinalizer(node, 'orphan')
  }

  /** The last blocking dependent frees its owner; until then each of them is seen to. */
  async #finishForeground(node: OwnedNode): Promise<void> {
    const blocking = this.#graph
      .dependentsOf(node.uid)
      .filter(({ owners }) => owners.some((owner) => owner.uid === node.uid && owner.blockOwnerDeletion === true))
    if (blocking.length === 0) {
      await this.#dropFinalizer(node, 'foregroundDeletion')
      return
    }
    for (const dependent of blocking) if (!dependent.isBeingDeleted) await this.#collect(dependent)
  }

  /** Deletes an object none of whose owners is left; takes those that are gone off one that has others. */
  async #collect(node: OwnedNode): Promise<void> {
    const live = await this.#live(node)
    const owners = live?.metadata.ownerReferences ?? []
    if (live === undefined || live.metadata.deletionTimestamp !== undefined || owners.length === 0) return
    this.#unresolved.delete(node.uid)
    const verdicts = await Promise.all(
      owners.map(async (owner) => ({ owner, state: await this.#stateOf(owner, node) })),
    )
    const gone = verdicts.filter(({ state }) => state !== 'solid').map(({ owner }) => owner.uid)
    if (gone.length === 0) return
    if (gone.length < owners.length) {
      await this.#disown(node, new Set(gone))
      return
    }
    const dependents = this.#graph.dependentsOf(node.uid)
    const isAwaited = verdicts.some(({ state }) => state === 'waiting') && dependents.length > 0
    // Objects that own each other would wait for each other for ever.
    if (isAwaited && dependents.some(({ isForeground }) => isForeground)) await this.#unblock(node)
    const propagationPolicy = isAwaited ? 'Foreground' : policyOf(live)
    await ignoreGone(this.#client.delete(node.kind, node.key, { propagationPolicy, preconditions: { uid: node.uid } }))
  }

  async #stateOf(owner: OwnerReference, dependent: OwnedNode): Promise<OwnerState> {
    const known = this.#graph.get(owner.uid)
    if (known !== undefined && !isInReach(known, dependent)) await this.#tellOutOfReach(owner, dependent)
    else if (known !== undefined && isNamed(owner, known)) return known.isForeground ? 'waiting' : 'solid'
    const kind = this.#client.scheme.byKind(owner.apiVersion, owner.kind)
    if (kind === undefined) {
      // An owner of a kind that is not served here cannot be looked up, so its dependents are left alone.
      this.#unresolved.add(dependent.uid)
      return 'solid'
    }
    if (kind.namespaced && dependent.key.namespace === undefined) return 'solid'
    const key = { namespace: kind.namespaced ? dependent.key.namespace : undefined, name: owner.name }
    const live = await this.#client.get(kind, key)
    if (live === undefined || live.metadata.uid !== owner.uid) return 'absent'
    const { deletionTimestamp, finalizers } = live.metadata
    return deletionTimestamp !== undefined && finalizers?.includes('foregroundDeletion') === true ? 'waiting' : 'solid'
  }

  async #tellOutOfReach({ apiVersion, kind, name, uid }: OwnerReference, dependent: OwnedNode): Promise<void> {
    const live = await this.#live(dependent)
    if (live === undefined) return
    const { namespace = '' } = dependent.key
    const identity = `[${apiVersion}/${kind}, namespace: ${namespace}, name: ${name}, uid: ${uid}]`
    const message = `ownerRef ${identity} does not exist in namespace ${JSON.stringify(namespace)}`
    await this.#events.record(live, { type: 'Warning', reason: 'OwnerRefInvalidNamespace', message })
  }

  #disown(node: OwnedNode, uids: ReadonlySet<string>): Promise<void> {
    return this.#change(node, ({ ownerReferences, ...metadata }) => {
      const kept = (ownerReferences ?? []).filter(({ uid }) => !uids.has(uid))
      return kept.length === 0 ? metadata : { ...metadata, ownerReferences: kept }
    })
  }

  #unblock(node: OwnedNode): Promise<void> {
    const free = (owner: OwnerReference): OwnerReference =>
      owner.blockOwnerDeletion === true ? { ...owner, blockOwnerDeletion: false } : owner
    return this.#change(node, (metadata) => {
      return { ...metadata, ownerReferences: (metadata.ownerReferences ?? []).map(free) }
    })
  }

  #dropFinalizer(node: OwnedNode, finalizer: string): Promise<void> {
    return this.#change(node, (metadata) => {
      return { ...metadata, finalizers: (metadata.finalizers ?? []).filter((one) => one !== finalizer) }
    })
  }

  /** Writes an object's metadata anew, whoever else writes: what must not be lost is tried until it holds. */
  async #change(node: OwnedNode, change: (metadata: ObjectMeta) => ObjectMeta): Promise<void> {
    for (let tries = 1; ; tries++) {
      const live = await this.#live(node)
      if (live === undefined) return
      try {
        await this.#client.update({ ...live, metadata: change(live.metadata) })
        return
      } catch (error) {
        if (isNotFound(error)) return
        if (!isConflict(error) || tries === RACE_TRIES) throw error
      }
    }
  }

  /** The object as it is now, if it is still the same. */
  async #live({ kind, key, uid }: OwnedNode): Promise<ApiObject | undefined> {
    const live = await this.#client.get(kind, key)
    return live?.metadata.uid === uid ? live : undefined
  }
}

function isCollected(kind: Kind): boolean {
  const verbs = kind.verbs ?? VERBS
  return storageKindOf(kind) === kind && verbs.includes('list') && verbs.includes('watch') && verbs.includes('delete')
}

function policyOf({ metadata }: ApiObject): 'Background' | 'Foreground' | 'Orphan' {
  if (metadata.finalizers?.includes('orphan') === true) return 'Orphan'
  return metadata.finalizers?.includes('foregroundDeletion') === true ? 'Foreground' : 'Background'
}

/** Somebody was faster: the object is gone, or another has taken its name. */
async function ignoreGone(deletion: Promise<void>): Promise<void> {
  try {
    await deletion
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error
  }
}
