import type { Clock } from './clock.ts'
import type { Datagrams } from './datagrams.ts'
import type { Disk } from './disk.ts'
import type { KeySource } from './keys.ts'
import type { Network } from './network.ts'
import type { Random } from './random.ts'
import type { Sockets } from './sockets.ts'

/** Everything outside the process, handed in. Nothing below the command line reaches it any other way. */
export interface World {
  readonly clock: Clock
  readonly random: Random
  readonly network: Network
  readonly sockets: Sockets
  readonly datagrams: Datagrams
  readonly disk: Disk
  readonly keys: KeySource
}
