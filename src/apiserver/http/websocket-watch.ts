import type { IncomingMessage } from 'node:http'
import { WebSocket, WebSocketServer } from 'ws'
import type { Connection } from '../../world/network.ts'
import { acceptWebSocket } from './accept-websocket.ts'
import type { EventSink } from './watch-stream.ts'

/** Binary messages for clients that ask for them, base64 text for those that cannot take binary, text otherwise. */
const PROTOCOLS = ['binary.k8s.io', 'base64.binary.k8s.io'] as const

export function isWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket'
}

/** Takes a connection over as a WebSocket; a watch then sends one event a message. */
export class WebSockets {
  readonly #server = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => PROTOCOLS.find((protocol) => offered.has(protocol)) ?? false,
  })

  accept(request: IncomingMessage, connection: Connection): Promise<WebSocket> {
    return acceptWebSocket(this.#server, request, connection)
  }
}

export function webSocketSink(socket: WebSocket): EventSink {
  const isBase64 = socket.protocol === 'base64.binary.k8s.io'
  const isBinary = socket.protocol === 'binary.k8s.io'
  return {
    open: () => undefined,
    send(event) {
      const bytes = typeof event === 'string' ? Buffer.from(event.trimEnd()) : Buffer.from(event)
      if (isBase64) socket.send(bytes.toString('base64'))
      else socket.send(bytes, { binary: isBinary || typeof event !== 'string' })
    },
    get unreadBytes() {
      return socket.bufferedAmount
    },
    end: () => socket.close(1000),
    destroy: () => socket.terminate(),
    onClose: (listener) => (socket.readyState === WebSocket.CLOSED ? listener() : socket.once('close', listener)),
  }
}
