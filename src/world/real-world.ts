import { randomBytes } from 'node:crypto'
import { systemKeys } from './keys.ts'
import { SeededRandom } from './random.ts'
import { RealClock } from './real-clock.ts'
import { RealDatagrams } from './real-datagrams.ts'
import { RealDisk } from './real-disk.ts'
import { RealNetwork } from './real-network.ts'
import { RealSockets } from './real-sockets.ts'
import type { World } from './world.ts'

/** The host itself. Without a seed the dice differ at every start. */
export function realWorld(options: { seed?: string } = {}): World {
  return {
    clock: new RealClock(),
    random: new SeededRandom(options.seed ?? randomBytes(16).toString('hex')),
    network: new RealNetwork(),
    sockets: new RealSockets(),
    datagrams: new RealDatagrams(),
    disk: new RealDisk(),
    keys: systemKeys,
  }
}
