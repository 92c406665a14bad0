import { type Client, isAlreadyExists, isNotFound } from './client.ts'
import type { ApiObject } from '../api/object.ts'
import { Event } from '../api/kinds/core/event.ts'
import type { Event as EventObject } from '../api/types.generated.ts'
import { type Clock, printTime } from '../world/clock.ts'
import { StatusError } from '../api/errors.ts'

/** How many distinct events are remembered for counting repeats; the oldest is forgotten first. */
const REMEMBERED_MAX = 4_096
/** How often a name that is taken is replaced by the next one. */
const NAME_TRIES = 100

export interface EventNote {
  readonly type: 'Normal' | 'Warning'
  /** CamelCase and stable: tools filter by it. */
  readonly reason: string
  readonly message: string
  /** What was done, for events.k8s.io; empty for most. */
  readonly action?: string
  /** Where in the object, such as `spec.containers{web}`. */
  readonly fieldPath?: string
}

/** Writes Events about objects. The same note about the same object again raises a count instead of adding an Event. */
export class EventRecorder {
  readonly #client: Client
  readonly #clock: Clock
  readonly #component: string
  readonly #host: string | undefined
  readonly #written = new Map<string, EventObject>()
  #order = 0

  constructor(options: { client: Client; clock: Clock; component: string; host?: string }) {
    this.#client = options.client
    this.#clock = options.clock
    this.#component = options.component
    this.#host = options.host
  }

  async record(about: ApiObject, note: EventNote): Promise<void> {
    const identity = `${about.metadata.uid}|${note.fieldPath ?? ''}|${note.type}|${note.reason}|${note.message}`
    const known = this.#written.get(identity)
    try {
      const written = known === undefined ? await this.#create(about, note) : await this.#again(known)
      this.#written.delete(identity)
      this.#written.set(identity, written)
      if (this.#written.size > REMEMBERED_MAX) this.#forgetOldest()
    } catch (error) {
      // The namespace is going away and takes its events with it; nothing is left to tell.
      if (!(error instanceof StatusError && (error.code === 403 || error.code === 404))) throw error
      this.#written.delete(identity)
    }
  }

  /** Another recorder may have taken the name for the same object at the same instant. */
  async #create(about: ApiObject, note: EventNote): Promise<EventObject> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#client.create(this.#first(about, note))
      } catch (error) {
        if (!isAlreadyExists(error) || tries === NAME_TRIES) throw error
      }
    }
  }

  async #again(known: EventObject): Promise<EventObject> {
    const key = { namespace: known.metadata.namespace, name: known.metadata.name }
    const change = { count: (known.count ?? 1) + 1, lastTimestamp: printTime(this.#clock.now()) }
    try {
      return await this.#client.mergePatch(Event, key, change)
    } catch (error) {
      if (!isNotFound(error)) throw error
      const { resourceVersion: _version, uid: _uid, ...metadata } = known.metadata
      return this.#client.create({ ...known, ...change, metadata })
    }
  }

  #first(about: ApiObject, { type, reason, message, action, fieldPath }: EventNote): EventObject {
    const now = printTime(this.#clock.now())
    const { name, namespace, uid, resourceVersion } = about.metadata
    // Names sort by time, and two of one instant differ: upstream uses nanoseconds, which a virtual clock does not have.
    const stamp = (BigInt(this.#clock.now()) * 1_000_000n + BigInt(this.#order++ % 1_000_000)).toString(16)
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${name}.${stamp}`, namespace: namespace ?? 'default' },
      involvedObject: {
        apiVersion: about.apiVersion,
        kind: about.kind,
        name,
        ...(namespace === undefined ? {} : { namespace }),
        ...(uid === undefined ? {} : { uid }),
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
        ...(fieldPath === undefined ? {} : { fieldPath }),
      },
      type,
      reason,
      message,
      ...(action === undefined ? {} : { action }),
      source: { component: this.#component, ...(this.#host === undefined ? {} : { host: this.#host }) },
      reportingComponent: this.#component,
      reportingInstance: this.#host ?? '',
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
    }
  }

  #forgetOldest(): void {
    const [oldest] = this.#written.keys()
    if (oldest !== undefined) this.#written.delete(oldest)
  }
}
