import { keysFrom } from './keys.ts'
import { RealDatagrams } from './real-datagrams.ts'
import { RealDisk } from './real-disk.ts'
import { RealNetwork } from './real-network.ts'
import { RealSockets } from './real-sockets.ts'
import { SeededRandom } from './random.ts'
import { VirtualClock } from './virtual-clock.ts'
import type { World } from './world.ts'

/** 2026-01-01T00:00:00Z: where virtual time starts unless told otherwise. */
export const VIRTUAL_EPOCH_MS = 1_767_225_600_000

/** A world whose time stands still until it is turned, and whose dice are known. */
export interface RehearsedWorld extends World {
  readonly clock: VirtualClock
}

export function rehearsedWorld(options: { seed?: string; startMs?: number } = {}): RehearsedWorld {
  const random = new SeededRandom(options.seed ?? 'dabba')
  return {
    clock: new VirtualClock(options.startMs ?? VIRTUAL_EPOCH_MS),
    random,
    network: new RealNetwork(),
    sockets: new RealSockets(),
    datagrams: new RealDatagrams(),
    disk: new RealDisk(),
    keys: keysFrom(random.fork('keys')),
  }
}
