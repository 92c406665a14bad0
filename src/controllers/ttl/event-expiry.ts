import { Event } from '../../api/kinds/core/event.ts'
import type { Client } from '../../client/client.ts'
import {
  type Controller,
  type ControllerContext,
  type Outcome,
  requeueAfter,
  type Source,
} from '../../client/controller.ts'
import { type Clock, printTime } from '../../world/clock.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import { retryLostRace } from '../lost-race.ts'

/** How long events stay after their last write (kube-apiserver's --event-ttl). */
const KEPT_MS = 3_600_000
/** Events that end within a minute end together, as those do that share a lease of etcd. */
const TOGETHER_MS = 60_000
/** All events are looked at under one key. */
const ALL = 'events'

/**
 * Removes events that nobody has written to for an hour. It watches nothing, as events are what a cluster has most of:
 * no event can end before the oldest one does, and until then it sleeps.
 */
export class EventExpiry implements Controller {
  readonly name = 'event-expiry'
  readonly sources: readonly Source[] = []
  readonly workers = 1
  readonly #client: Client
  readonly #clock: Clock

  constructor({ client, clock }: ClusterOptions) {
    this.#client = client
    this.#clock = clock
  }

  start({ enqueue }: ControllerContext): void {
    enqueue(ALL)
  }

  async reconcile(): Promise<Outcome> {
    const { items } = await this.#client.list(Event)
    const startMs = this.#clock.now()
    const cutoff = printTime(startMs - KEPT_MS)
    const expired: Event[] = []
    let oldest: string | undefined
    for (const event of items) {
      const written = lastWrite(event)
      if (written <= cutoff) expired.push(event)
      else if (oldest === undefined || written < oldest) oldest = written
    }
    for (const event of expired) await this.#remove(event)
    const sleepMs = oldest === undefined ? KEPT_MS : Date.parse(oldest) + KEPT_MS - startMs
    return requeueAfter(Math.max(sleepMs, TOGETHER_MS))
  }

  /** An event that was written to meanwhile stays. */
  async #remove(event: Event): Promise<void> {
    const { resourceVersion } = event.metadata
    const preconditions = resourceVersion === undefined ? {} : { resourceVersion }
    await retryLostRace(() => this.#client.deleteObject(event, { preconditions }))
  }
}

/** Times of the API are texts of one form, which sort as what they say: parsing thousands of them would cost more. */
function lastWrite({ metadata }: Event): string {
  let last = metadata.creationTimestamp ?? ''
  for (const { time = '' } of metadata.managedFields ?? []) if (time > last) last = time
  return last
}
