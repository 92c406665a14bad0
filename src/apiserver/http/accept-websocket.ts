import type { IncomingMessage } from 'node:http'
import type { WebSocket, WebSocketServer } from 'ws'
import { badRequest } from '../../api/errors.ts'
import type { Connection } from '../../world/network.ts'

/** Takes a connection over as a WebSocket. Rejects when its client is gone before, or asked in a way that was refused. */
export function acceptWebSocket(
  server: WebSocketServer,
  request: IncomingMessage,
  { socket, head }: Connection,
): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const onClose = (): void => reject(badRequest('the connection did not become a WebSocket'))
    if (socket.closed) return onClose()
    socket.once('close', onClose)
    server.handleUpgrade(request, socket, head, (webSocket) => {
      socket.off('close', onClose)
      // Whoever sends what makes no sense is cut off, and its user told by `close`.
      webSocket.on('error', () => undefined)
      resolve(webSocket)
    })
  })
}
