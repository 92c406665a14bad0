import type { ApiObject, Key } from '../api/object.ts'

/** A kind's place in the store: `apps/deployments`, `/pods` for the core group. */
export type ResourcePath = `${string}/${string}`

/** One entry of the ordered log. `object` of a DELETED event is the last state, stamped with the event's revision. */
export interface StoreEvent {
  readonly revision: number
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly resource: ResourcePath
  readonly key: Key
  readonly object: ApiObject
  /** What the key held before; absent for ADDED. */
  readonly previous?: ApiObject | undefined
}

/** What survived the last process. */
export interface Recovered {
  readonly revision: number
  readonly objects: readonly { readonly resource: ResourcePath; readonly object: ApiObject }[]
  /** The tail of the log, oldest first: watches may resume at any revision that it covers. */
  readonly history: readonly StoreEvent[]
}

/**
 * Where the log is kept. The store itself answers every read from memory; an engine makes writes outlive the process.
 *
 * Invariants:
 *  1. When `append` returns, every event of the batch is durable, or it threw and none is.
 *  2. `recover` gives back exactly the batches that `append` returned for, whatever happened in between.
 */
export interface Engine {
  readonly name: string
  /** True when a batch costs a disk flush, so that writes are worth gathering into one. */
  readonly gathers: boolean
  recover(): Recovered
  append(batch: readonly StoreEvent[]): void
  /** Forgets history up to and including `revision`. */
  compact(revision: number): void
  close(): void
}
