import type { ApiObject, Key } from '../api/object.ts'
import { printKey } from '../api/object.ts'
import type { ResourcePath, StoreEvent } from './engine.ts'

type EventListener = (event: StoreEvent) => void

/** The log may grow to so many times its size before it is trimmed: what it keeps is mostly old versions of objects. */
const SURPLUS = 1.25

/**
 * The bounded tail of the log, and those who follow it.
 *
 *   events:  [ 38 39 40 41 42 ]      compactedRevision = 37: the last one that is forgotten
 */
export class EventLog {
  readonly #eventsMax: number
  readonly #followers = new Map<ResourcePath, Set<EventListener>>()
  readonly #followersOfAll = new Set<EventListener>()
  readonly #unpublished: StoreEvent[] = []
  #events: StoreEvent[]
  #compactedRevision: number
  #publishing = false

  constructor(eventsMax: number, recovered: readonly StoreEvent[], revision: number) {
    this.#eventsMax = eventsMax
    this.#events = [...recovered]
    this.#compactedRevision = recovered[0] === undefined ? revision : recovered[0].revision - 1
  }

  get compactedRevision(): number {
    return this.#compactedRevision
  }

  /** A listener that writes leads back here: its events wait until all have seen the ones before. */
  publish(batch: readonly StoreEvent[]): void {
    this.#unpublished.push(...batch)
    if (this.#publishing) return
    this.#publishing = true
    for (let event = this.#unpublished.shift(); event !== undefined; event = this.#unpublished.shift()) {
      this.#events.push(event)
      for (const listener of this.#followers.get(event.resource) ?? []) listener(event)
      for (const listener of this.#followersOfAll) listener(event)
    }
    this.#publishing = false
    // Trimmed in large steps: a shift per event would move the whole array each time.
    if (this.#events.length > SURPLUS * this.#eventsMax) this.#trim(this.#events.length - this.#eventsMax)
  }

  compact(revision: number): void {
    const kept = this.#events.findIndex((event) => event.revision > revision)
    this.#trim(kept < 0 ? this.#events.length : kept)
    this.#compactedRevision = Math.max(this.#compactedRevision, revision)
  }

  follow(resource: ResourcePath, fromRevision: number, listener: EventListener): () => void {
    for (let index = this.#indexAfter(fromRevision); index < this.#events.length; index++) {
      const event = this.#events[index]
      if (event !== undefined && event.resource === resource) listener(event)
    }
    let listeners = this.#followers.get(resource)
    if (listeners === undefined) this.#followers.set(resource, (listeners = new Set()))
    const followed = listeners
    followed.add(listener)
    return () => followed.delete(listener)
  }

  followAll(listener: EventListener): () => void {
    this.#followersOfAll.add(listener)
    return () => this.#followersOfAll.delete(listener)
  }

  /** For each key of `resource` written after `revision`: what it held then (`undefined`: it did not exist). */
  undoneSince(
    resource: ResourcePath,
    revision: number,
    namespace: string | undefined,
  ): ReadonlyMap<string, { key: Key; object: ApiObject | undefined }> {
    const undone = new Map<string, { key: Key; object: ApiObject | undefined }>()
    for (let index = this.#events.length - 1; index >= 0; index--) {
      const event = this.#events[index]
      if (event === undefined || event.revision <= revision) break
      if (event.resource !== resource) continue
      if (namespace !== undefined && event.key.namespace !== namespace) continue
      undone.set(printKey(event.key), { key: event.key, object: event.previous })
    }
    return undone
  }

  #trim(count: number): void {
    const last = this.#events[count - 1]
    if (last === undefined) return
    this.#compactedRevision = last.revision
    this.#events = this.#events.slice(count)
  }

  /** The index of the first event after `revision`. Revisions ascend, so by halving. */
  #indexAfter(revision: number): number {
    let low = 0
    let high = this.#events.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#events[middle]?.revision ?? 0) > revision) high = middle
      else low = middle + 1
    }
    return low
  }
}
