import type { Client } from '../client/client.ts'
import type { EventRecorder } from '../client/events.ts'
import type { Informers } from '../client/informers.ts'
import type { Clock } from '../world/clock.ts'
import type { Random } from '../world/random.ts'
import type { Expectations } from './pods/expectations.ts'

/** What workload controllers are given. */
export interface WorkloadOptions {
  readonly client: Client
  readonly informers: Informers
  readonly clock: Clock
  readonly random: Random
  events(component: string): EventRecorder
}

/** The same, with what the controllers of one cluster share. */
export interface WorkloadDeps extends WorkloadOptions {
  readonly expectations: Expectations
}
