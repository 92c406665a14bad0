import type { SocketListener, Sockets, HostSocket } from '../../world/sockets.ts'
import type { Address } from '../service-endpoints.ts'

const LOOPBACK = '127.0.0.1'
/** Ports that stand in for others; below those that systems give to outgoing connections. */
const STAND_IN_FIRST = 20_000
const STAND_IN_COUNT = 10_000

/** Where something can be reached from the host. */
export interface Door {
  readonly host: string
  readonly port: number
  close(): Promise<void>
}

export interface DoorWanted {
  /** Where it should be: the first that can be had is taken. */
  readonly places: readonly Address[]
  /** What its stand-in is derived from, so that it is the same at the next start. */
  readonly name: string
}

/** The system has no more descriptors for this process. */
export class OutOfDescriptors extends Error {
  override readonly name = 'OutOfDescriptors'
}

/**
 * Opens a listener at the place where it should be, or else at a port of 127.0.0.1: an address that the system does not
 * have (only Linux has all of 127.0.0.0/8), a port that takes privileges, a port that is taken.
 */
export async function openDoor(
  { places, name }: DoorWanted,
  sockets: Pick<Sockets, 'listen'>,
  onConnection: (socket: HostSocket) => void,
): Promise<Door> {
  const standIn = { ip: LOOPBACK, port: STAND_IN_FIRST + (hashOf(name) % STAND_IN_COUNT) }
  const tries = [...places, standIn, { ip: LOOPBACK, port: 0 }]
  let refused: unknown
  for (const { ip, port } of tries) {
    try {
      return doorOf(await sockets.listen({ host: ip, port, onConnection }))
    } catch (error) {
      const { code = '' } = error as { code?: string }
      if (code === 'EMFILE' || code === 'ENFILE') throw new OutOfDescriptors('too many open files', { cause: error })
      if (!['EADDRNOTAVAIL', 'EADDRINUSE', 'EACCES'].includes(code)) throw error
      refused = error
    }
  }
  throw refused
}

/** Whether the system has addresses beside 127.0.0.1 that can be listened at. */
export async function hasLoopbackNetwork(sockets: Pick<Sockets, 'listen'>): Promise<boolean> {
  try {
    const listener = await sockets.listen({ host: '127.244.0.1', port: 0, onConnection: (socket) => socket.destroy() })
    await listener.close()
    return true
  } catch {
    return false
  }
}

function doorOf({ host, port, close }: SocketListener): Door {
  return { host, port, close }
}

/** FNV-1a (Fowler, Noll, Vo). */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash >>> 0
}
