import { alreadyExists, expired, notFound, objectModified, type GroupResource } from '../api/errors.ts'
import { type ApiObject, type Key, keyOf } from '../api/object.ts'
import type { Clock } from '../world/clock.ts'
import { assert } from '../base/assert.ts'
import type { Engine, ResourcePath, StoreEvent } from './engine.ts'
import { EventLog } from './event-log.ts'
import { ResourceTable } from './resource-table.ts'

/** How many events the log keeps for watches and for lists at a past revision. */
const HISTORY_MAX = 20_000

export interface StoreOptions {
  readonly engine: Engine
  readonly clock: Clock
  readonly historyMax?: number
}

export interface Snapshot {
  readonly revision: number
  /** In the order of their keys: by namespace, then by name. */
  readonly items: readonly ApiObject[]
}

/** `expected` is the resourceVersion that the writer saw; absent, the write is unconditional. */
export interface WriteOptions {
  readonly expected?: string | undefined
}

/**
 * One ordered log of revisions over immutable objects.
 *
 *   log:     … 41 MODIFIED pods/a   42 ADDED pods/b   43 DELETED pods/a      revision = 43
 *   tables:  /pods -> { b }         what the log adds up to
 *
 * Invariants:
 *  1. Every write takes the next revision; an object's `resourceVersion` is the revision of its last write.
 *  2. Nobody sees a write, by reading or watching, before the engine has made it durable.
 *  3. All watchers see the same events in the same order, without gaps.
 *  4. An object in the store is never changed, only replaced: readers get the reference.
 */
export class Store {
  readonly #engine: Engine
  readonly #clock: Clock
  readonly #log: EventLog
  readonly #tables = new Map<ResourcePath, ResourceTable>()
  #revision: number
  /** Writes waiting to share one flush. */
  #gathered: { run: () => void; settle: (failure?: Error) => void }[] = []
  /** Events of the batch under way: applied to the tables, not yet durable, not yet published. */
  #batch: StoreEvent[] = []

  constructor({ engine, clock, historyMax = HISTORY_MAX }: StoreOptions) {
    this.#engine = engine
    this.#clock = clock
    const recovered = engine.recover()
    this.#revision = Math.max(1, recovered.revision)
    this.#log = new EventLog(historyMax, recovered.history, this.#revision)
    for (const { resource, object } of recovered.objects) this.#table(resource).set(keyOf(object), object)
  }

  /** The revision of the newest write. */
  get revision(): number {
    return this.#revision
  }

  /** The oldest revision from which a watch can still be served. */
  get compactedRevision(): number {
    return this.#log.compactedRevision
  }

  get(resource: ResourcePath, key: Key): ApiObject | undefined {
    return this.#table(resource).get(key)
  }

  count(resource: ResourcePath): number {
    return this.#table(resource).size
  }

  /** All objects of a resource, or of one namespace of it, now. */
  list(resource: ResourcePath, namespace?: string): Snapshot {
    return { revision: this.#revision, items: this.#table(resource).list(namespace) }
  }

  /** The same at a past revision: the present with the log's newer events undone. Throws 410 when it is forgotten. */
  listAt(resource: ResourcePath, revision: number, namespace?: string): Snapshot {
    if (revision < this.#log.compactedRevision) {
      throw expired(`too old resource version: ${revision} (${this.#log.compactedRevision})`)
    }
    const undone = this.#log.undoneSince(resource, revision, namespace)
    const present = this.#table(resource).list(namespace)
    if (undone.size === 0) return { revision, items: present }
    const past = new ResourceTable()
    for (const object of present) past.set(keyOf(object), object)
    for (const { key, object } of undone.values()) {
      if (object === undefined) past.delete(key)
      else past.set(key, object)
    }
    return { revision, items: past.list(namespace) }
  }

  /** Stores a new object. 409 AlreadyExists when the key is taken. */
  create(resource: ResourcePath, object: ApiObject): Promise<ApiObject> {
    return this.#write(() => {
      const key = keyOf(object)
      if (this.#table(resource).get(key) !== undefined) throw alreadyExists(groupResourceOf(resource), key.name)
      return this.#commit({ type: 'ADDED', resource, key, object })
    })
  }

  /** Replaces an object. 404 when it is gone, 409 Conflict when it is no longer the one that was `expected`. */
  update(resource: ResourcePath, object: ApiObject, options: WriteOptions = {}): Promise<ApiObject> {
    return this.#write(() => {
      const key = keyOf(object)
      const previous = this.#checked(resource, key, options)
      return this.#commit({ type: 'MODIFIED', resource, key, object, previous })
    })
  }

  /** Removes an object and returns its last state. `last` replaces that state where deletion itself changed it. */
  delete(resource: ResourcePath, key: Key, options: WriteOptions & { last?: ApiObject } = {}): Promise<ApiObject> {
    return this.#write(() => {
      const previous = this.#checked(resource, key, options)
      return this.#commit({ type: 'DELETED', resource, key, object: options.last ?? previous, previous })
    })
  }

  /**
   * Calls `listener` with every event after `fromRevision`, first those of the log, then each new one as it is durable.
   * Returns what ends the watch. Throws 410 when the log no longer reaches back so far.
   */
  watch(resource: ResourcePath, fromRevision: number, listener: (event: StoreEvent) => void): () => void {
    if (fromRevision < this.#log.compactedRevision) {
      throw expired(`too old resource version: ${fromRevision} (${this.#log.compactedRevision})`)
    }
    return this.#log.follow(resource, fromRevision, listener)
  }

  /** Calls `listener` with every event of every resource: the event log of a rehearsal. */
  watchAll(listener: (event: StoreEvent) => void): () => void {
    return this.#log.followAll(listener)
  }

  /** Forgets the log up to `revision`: older watches and lists get 410. */
  compact(revision: number): void {
    this.#log.compact(revision)
    this.#engine.compact(revision)
  }

  close(): void {
    this.#flush()
    this.#engine.close()
  }

  #table(resource: ResourcePath): ResourceTable {
    let table = this.#tables.get(resource)
    if (table === undefined) this.#tables.set(resource, (table = new ResourceTable()))
    return table
  }

  #checked(resource: ResourcePath, key: Key, { expected }: WriteOptions): ApiObject {
    const present = this.#table(resource).get(key)
    if (present === undefined) throw notFound(groupResourceOf(resource), key.name)
    if (expected !== undefined && present.metadata.resourceVersion !== expected) {
      throw objectModified(groupResourceOf(resource), key.name)
    }
    return present
  }

  /** Applies one change to the tables and to the batch under way. */
  #commit(change: Omit<StoreEvent, 'revision'>): ApiObject {
    const revision = ++this.#revision
    const object = withRevision(change.object, revision)
    const table = this.#table(change.resource)
    if (change.type === 'DELETED') table.delete(change.key)
    else table.set(change.key, object)
    const { type, resource, key, previous } = change
    this.#batch.push({ revision, type, resource, key, object, previous })
    return object
  }

  #write(change: () => ApiObject): Promise<ApiObject> {
    if (!this.#engine.gathers) return this.#writeAlone(change)
    return new Promise((resolve, reject) => {
      let written: ApiObject
      this.#gathered.push({
        run: () => (written = change()),
        settle: (failure) => (failure === undefined ? resolve(written) : reject(failure)),
      })
      if (this.#gathered.length === 1) void this.#clock.yield().then(() => this.#flush())
    })
  }

  /** Where a flush costs nothing, nothing is gained by waiting for others. */
  async #writeAlone(change: () => ApiObject): Promise<ApiObject> {
    assert(this.#batch.length === 0, 'one batch at a time')
    const written = change()
    const batch = this.#batch
    this.#batch = []
    const failure = attempt(() => this.#engine.append(batch))
    if (failure !== undefined) {
      this.#undo(batch)
      throw failure
    }
    this.#publish(batch)
    return written
  }

  /** Runs the gathered writes, makes them durable together, then publishes and answers them. */
  #flush(): void {
    const writes = this.#gathered
    if (writes.length === 0) return
    this.#gathered = []
    assert(this.#batch.length === 0, 'one batch at a time')
    const failures = writes.map((write) => attempt(write.run))
    const batch = this.#batch
    this.#batch = []
    const failure = attempt(() => this.#engine.append(batch))
    if (failure !== undefined) this.#undo(batch)
    else this.#publish(batch)
    writes.forEach((write, index) => write.settle(failures[index] ?? failure))
  }

  #publish(batch: readonly StoreEvent[]): void {
    const before = this.#log.compactedRevision
    this.#log.publish(batch)
    if (this.#log.compactedRevision > before) this.#engine.compact(this.#log.compactedRevision)
  }

  /** Takes back a batch that the engine could not make durable, newest first. */
  #undo(batch: readonly StoreEvent[]): void {
    for (const { resource, key, previous } of batch.toReversed()) {
      if (previous === undefined) this.#table(resource).delete(key)
      else this.#table(resource).set(key, previous)
      this.#revision--
    }
  }
}

export function resourcePath(kind: { readonly group: string; readonly plural: string }): ResourcePath {
  return `${kind.group}/${kind.plural}`
}

function groupResourceOf(resource: ResourcePath): GroupResource {
  const slash = resource.indexOf('/')
  return { group: resource.slice(0, slash), resource: resource.slice(slash + 1) }
}

function withRevision(object: ApiObject, revision: number): ApiObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } }
}

function attempt(action: () => unknown): Error | undefined {
  try {
    action()
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
