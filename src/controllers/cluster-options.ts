import type { Client } from '../client/client.ts'
import type { EventRecorder } from '../client/events.ts'
import type { Informers } from '../client/informers.ts'
import type { Clock } from '../world/clock.ts'
import type { Random } from '../world/random.ts'

/** What controllers are given. */
export interface ClusterOptions {
  readonly client: Client
  readonly informers: Informers
  readonly clock: Clock
  readonly random: Random
  events(component: string): EventRecorder
}
