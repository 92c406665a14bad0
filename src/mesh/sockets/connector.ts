import type { ByteSocket, Sockets } from '../../world/sockets.ts'
import type { Endpoint, FailedEvent, UpstreamOptions } from '../exchange/steps.ts'
import { connectReason } from './connect-reason.ts'

/** Makes connections to endpoints, up to where the first byte of a request can be sent: TLS is made on the way. */
export interface Connector {
  /** Tells `onConnected` or `onFailed`, once and not before it has returned; nothing after `cancel`. */
  connect(endpoint: Endpoint, upstream: UpstreamOptions, waiting: ConnectWaiting): Connecting
}

export interface ConnectWaiting {
  /** Bytes that go before all others, TLS too: a PROXY header. */
  readonly preamble?: Buffer
  /** `protocol` is what ALPN chose, where it was asked. */
  onConnected(socket: ByteSocket, protocol?: string): void
  onFailed(how: Extract<FailedEvent['how'], 'connect' | 'tls'>, reason: string): void
}

export interface Connecting {
  cancel(): void
}

/** Where an endpoint of the cluster is to be found on this host. */
export type Locate = (endpoint: { readonly address: string; readonly port: number }) => {
  readonly host: string
  readonly port: number
  /** Where the connection comes from, as the other side sees it; absent: what the system chooses. */
  readonly localAddress?: string
}

/** Connections without TLS. */
export function plainConnector(sockets: Sockets, locate: Locate): Connector {
  return {
    connect(endpoint, _upstream, waiting) {
      const socket = sockets.connect(locate(endpoint))
      let isOver = false
      const onError = (error: Error): void => {
        if (!isOver) waiting.onFailed('connect', connectReason(error))
        isOver = true
      }
      socket.once('error', onError)
      socket.once('connect', () => {
        socket.off('error', onError)
        if (!isOver && waiting.preamble !== undefined) socket.write(waiting.preamble)
        if (!isOver) waiting.onConnected(socket)
        isOver = true
      })
      return {
        cancel() {
          isOver = true
          socket.destroy()
        },
      }
    },
  }
}
