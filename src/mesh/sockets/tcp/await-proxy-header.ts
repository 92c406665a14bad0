import type { Clock } from '../../../world/clock.ts'
import type { ByteSocket } from '../../../world/sockets.ts'
import { holdBytes } from '../held-bytes.ts'
import { type ProxiedAddresses, readProxyHeader } from './proxy-protocol.ts'

/** Whoever is in front of a gateway sends its header at once. */
const HEADER_TIMEOUT_MS = 15_000

/**
 * Takes the PROXY header off the start of a connection and pauses it. A connection without one is closed, as Envoy does it:
 * whoever may leave it out could be anybody.
 */
export function awaitProxyHeader(
  socket: ByteSocket,
  options: {
    readonly clock: Clock
    /** `undefined`: the connection is the front proxy's own. */
    onKnown(addresses: ProxiedAddresses | undefined): void
    onGone(): void
  },
): void {
  const { clock, onKnown, onGone } = options
  const refuse = (): void => {
    socket.destroy()
    onGone()
  }
  holdBytes(socket, {
    clock,
    timeoutMs: HEADER_TIMEOUT_MS,
    read: (bytes) => {
      const reading = readProxyHeader(bytes)
      if (reading.kind === 'incomplete') return bytes.length + 1
      return { reading, takenBytes: reading.kind === 'header' ? reading.length : 0 }
    },
    onKnown: (reading) => (reading.kind === 'header' ? onKnown(reading.addresses) : refuse()),
    onTimeout: refuse,
    onGone,
  })
}
