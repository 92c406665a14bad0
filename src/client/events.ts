import { type Client, isAlreadyExists, isNotFound } from './client.ts'
import type { ApiObject } from '../api/object.ts'
import { Event } from '../api/kinds/core/event.ts'
import type { Event as EventObject, ObjectReference } from '../api/types.generated.ts'
import { type Clock, printTime } from '../world/clock.ts'
import { StatusError } from '../api/errors.ts'
import { EventCorrelator, type EventNote, type Occurrence, type Written } from './event-correlator.ts'

/** How often a name that is taken is replaced by the next one. */
const NAME_TRIES = 100

export type { EventNote }

/** Writes Events about objects, as few as tell what happens: see `EventCorrelator`. */
export class EventRecorder {
  readonly #client: Client
  readonly #clock: Clock
  readonly #source: { readonly component: string; readonly host?: string }
  readonly #correlator = new EventCorrelator()
  #order = 0

  constructor(options: { client: Client; clock: Clock; component: string; host?: string }) {
    this.#client = options.client
    this.#clock = options.clock
    const { component, host } = options
    this.#source = host === undefined ? { component } : { component, host }
  }

  async record(about: ApiObject, note: EventNote): Promise<void> {
    const { occurrence, message, isSpam } = this.#correlator.hear(about, note, this.#clock.now())
    if (isSpam) return
    // A write of the same Event may be under way: then this one raises its count.
    while (occurrence.busy !== undefined) await occurrence.busy
    const writing = this.#write(about, occurrence, message)
    occurrence.busy = writing.catch(() => undefined)
    await writing
  }

  async #write(about: ApiObject, occurrence: Occurrence, message: string): Promise<void> {
    try {
      const { written } = occurrence
      if (written !== undefined) await this.#again(about, occurrence, { message, written })
      else occurrence.written = await this.#create(about, occurrence, message)
    } catch (error) {
      // The namespace is going away and takes its events with it; nothing is left to tell.
      if (!(error instanceof StatusError && (error.code === 403 || error.code === 404))) throw error
      occurrence.written = undefined
    } finally {
      occurrence.busy = undefined
    }
  }

  /** Another recorder may have taken the name for the same object at the same instant. */
  async #create(about: ApiObject, occurrence: Occurrence, message: string): Promise<Written> {
    const firstTimestamp = printTime(this.#clock.now())
    for (let tries = 1; ; tries++) {
      try {
        const written = { key: this.#newKey(about), firstTimestamp }
        await this.#client.create(this.#event(about, occurrence, { message, written }))
        return written
      } catch (error) {
        if (!isAlreadyExists(error) || tries === NAME_TRIES) throw error
      }
    }
  }

  async #again(about: ApiObject, occurrence: Occurrence, { message, written }: Wording): Promise<void> {
    const { count } = occurrence
    const change = { count, lastTimestamp: printTime(this.#clock.now()), message }
    try {
      await this.#client.mergePatch(Event, written.key, change)
    } catch (error) {
      if (!isNotFound(error)) throw error
      await this.#client.create(this.#event(about, occurrence, { message, written }))
    }
  }

  /** Names sort by time, and two of one instant differ: upstream uses nanoseconds, which a virtual clock does not have. */
  #newKey({ metadata: { name, namespace = 'default' } }: ApiObject): Written['key'] {
    const stamp = (BigInt(this.#clock.now()) * 1_000_000n + BigInt(this.#order++ % 1_000_000)).toString(16)
    return { namespace, name: `${name}.${stamp}` }
  }

  #event(about: ApiObject, { note, count }: Occurrence, { message, written }: Wording): EventObject {
    const { type, reason, action, fieldPath } = note
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: written.key,
      involvedObject: referenceTo(about, fieldPath),
      type,
      reason,
      message,
      ...(action === undefined ? {} : { action }),
      source: this.#source,
      reportingComponent: this.#source.component,
      reportingInstance: this.#source.host ?? '',
      firstTimestamp: written.firstTimestamp,
      lastTimestamp: printTime(this.#clock.now()),
      count,
    }
  }
}

/** How an occurrence is told: with which message, by which Event. */
interface Wording {
  readonly message: string
  readonly written: Written
}

/** There are more Events than anything else, and fields that are set one by one cost less than objects spread into one. */
function referenceTo({ apiVersion, kind, metadata }: ApiObject, fieldPath: string | undefined): ObjectReference {
  const { name, namespace, uid, resourceVersion } = metadata
  const reference: { -readonly [Field in keyof ObjectReference]: ObjectReference[Field] } = { apiVersion, kind, name }
  if (namespace !== undefined) reference.namespace = namespace
  if (uid !== undefined) reference.uid = uid
  if (resourceVersion !== undefined) reference.resourceVersion = resourceVersion
  if (fieldPath !== undefined) reference.fieldPath = fieldPath
  return reference
}
