import type { Client } from '../client/client.ts'
import type { Informers } from '../client/informers.ts'
import type { Clock } from '../world/clock.ts'
import type { Runtime } from './runtime.ts'
import type { References } from './volumes/references.ts'

/** What every part of the kubelets works with. */
export interface KubeletDeps {
  readonly client: Client
  readonly informers: Informers
  readonly clock: Clock
  readonly runtime: Runtime
  readonly references: References
}
