import type { Kind } from '../api/kind.ts'
import { type ApiObject, controllerOf, type Key, keyOf, printKey } from '../api/object.ts'
import type { Watch, WatchEvent } from '../api/request.ts'
import type { Clock, Timer } from '../world/clock.ts'
import type { Client } from './client.ts'

/** How long to wait before a lost watch is taken up again. */
const RELIST_DELAY_MS = 1_000

export interface InformerHandler<T extends ApiObject> {
  added?(object: T): void
  updated?(object: T, old: T): void
  deleted?(object: T): void
}

/** Values by which objects can be looked up, such as the node a pod runs on. */
export type IndexFunction<T extends ApiObject> = (object: T) => readonly string[]

/**
 * A local copy of all objects of one kind, kept up to date by a watch. In process it holds the store's own references
 * and is never behind it; over HTTP it survives lost connections and 410 Gone by listing again.
 */
export class Informer<T extends ApiObject> {
  readonly kind: Kind<T>
  readonly #client: Client
  readonly #clock: Clock
  readonly #objects = new Map<string, T>()
  readonly #handlers = new Set<InformerHandler<T>>()
  readonly #indices = new Map<string, Index<T>>()
  #watch: Watch | undefined
  #relist: Timer | undefined
  /** While the initial state streams in: which keys it named. */
  #listed: Set<string> | undefined
  #synced = false
  #stopped = false
  #onSynced: (() => void)[] = []

  constructor(client: Client, kind: Kind<T>, clock: Clock) {
    this.#client = client
    this.kind = kind
    this.#clock = clock
  }

  start(): void {
    if (this.#watch !== undefined || this.#stopped) return
    this.#listed = new Set()
    this.#watch = this.#client.watch(
      this.kind,
      { sendInitialEvents: true, allowWatchBookmarks: true, resourceVersionMatch: 'NotOlderThan' },
      { event: (event) => this.#apply(event), closed: (error) => this.#closed(error) },
    )
  }

  stop(): void {
    this.#stopped = true
    this.#relist?.cancel()
    this.#watch?.stop()
    this.#watch = undefined
  }

  get hasSynced(): boolean {
    return this.#synced
  }

  /** Resolves once the state at the start of the watch has arrived. */
  synced(): Promise<void> {
    return this.#synced ? Promise.resolve() : new Promise((resolve) => this.#onSynced.push(resolve))
  }

  get(key: Key): T | undefined {
    return this.#objects.get(printKey(key))
  }

  get size(): number {
    return this.#objects.size
  }

  /** All objects, in the order in which they came. */
  values(): Iterable<T> {
    return this.#objects.values()
  }

  /** Handlers hear of everything that is already known first. Returns what takes the handler off again. */
  handle(handler: InformerHandler<T>): () => void {
    this.#handlers.add(handler)
    for (const object of this.#objects.values()) handler.added?.(object)
    return () => this.#handlers.delete(handler)
  }

  /** Declares an index; declared twice under one name, the first stays. */
  addIndex(name: string, values: IndexFunction<T>): void {
    if (this.#indices.has(name)) return
    const index = new Index(values)
    for (const [key, object] of this.#objects) index.add(key, object)
    this.#indices.set(name, index)
  }

  /** The objects that an index lists under `value`, in the order in which they came. */
  byIndex(name: string, value: string): readonly T[] {
    return this.#indices.get(name)?.get(value) ?? []
  }

  /** The objects that `owner` controls. */
  ownedBy(uid: string | undefined): readonly T[] {
    if (!this.#indices.has(OWNER_INDEX)) this.addIndex(OWNER_INDEX, (object) => ownerUid(object))
    return uid === undefined ? [] : this.byIndex(OWNER_INDEX, uid)
  }

  #apply(event: WatchEvent<T>): void {
    const { object } = event
    if (event.type === 'BOOKMARK') {
      if (object.metadata.annotations?.['k8s.io/initial-events-end'] === 'true') this.#listComplete()
      return
    }
    const key = printKey(keyOf(object))
    if (event.type === 'DELETED') this.#remove(key, object)
    else {
      this.#listed?.add(key)
      this.#set(key, object)
    }
  }

  #set(key: string, object: T): void {
    const old = this.#objects.get(key)
    if (old !== undefined && old.metadata.resourceVersion === object.metadata.resourceVersion) return
    this.#objects.set(key, object)
    for (const index of this.#indices.values()) {
      if (old !== undefined) index.replace(key, old, object)
      else index.add(key, object)
    }
    for (const handler of this.#handlers) {
      if (old === undefined) handler.added?.(object)
      else handler.updated?.(object, old)
    }
  }

  #remove(key: string, last: T): void {
    const old = this.#objects.get(key)
    if (old === undefined) return
    this.#objects.delete(key)
    for (const index of this.#indices.values()) index.remove(key, old)
    for (const handler of this.#handlers) handler.deleted?.(last)
  }

  /** What was known before a new list and is not in it was deleted meanwhile. */
  #listComplete(): void {
    const listed = this.#listed
    this.#listed = undefined
    if (listed !== undefined) {
      for (const [key, object] of this.#objects) if (!listed.has(key)) this.#remove(key, object)
    }
    this.#synced = true
    for (const resolve of this.#onSynced.splice(0)) resolve()
  }

  #closed(error: Error | undefined): void {
    this.#watch = undefined
    if (this.#stopped) return
    // A lost watch is not a failure of ours: the next list brings everything, whatever ended this one.
    const delayMs = error === undefined ? 0 : RELIST_DELAY_MS
    this.#relist = this.#clock.schedule(delayMs, () => this.start())
  }
}

const OWNER_INDEX = 'controller-uid'

function ownerUid(object: ApiObject): readonly string[] {
  const owner = controllerOf(object)
  return owner === undefined ? [] : [owner.uid]
}

class Index<T extends ApiObject> {
  readonly #values: IndexFunction<T>
  readonly #buckets = new Map<string, Map<string, T>>()

  constructor(values: IndexFunction<T>) {
    this.#values = values
  }

  get(value: string): readonly T[] {
    const bucket = this.#buckets.get(value)
    return bucket === undefined ? [] : [...bucket.values()]
  }

  add(key: string, object: T): void {
    this.#put(key, object, this.#values(object))
  }

  remove(key: string, object: T): void {
    for (const value of this.#values(object)) this.#drop(key, value)
  }

  /** Keeps an object's place in the buckets that it stays in. */
  replace(key: string, old: T, object: T): void {
    const after = this.#values(object)
    for (const value of this.#values(old)) if (!after.includes(value)) this.#drop(key, value)
    this.#put(key, object, after)
  }

  #put(key: string, object: T, values: readonly string[]): void {
    for (const value of values) {
      let bucket = this.#buckets.get(value)
      if (bucket === undefined) this.#buckets.set(value, (bucket = new Map()))
      bucket.set(key, object)
    }
  }

  #drop(key: string, value: string): void {
    const bucket = this.#buckets.get(value)
    bucket?.delete(key)
    if (bucket?.size === 0) this.#buckets.delete(value)
  }
}
