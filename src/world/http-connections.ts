import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

// An import statement would look at every export, and so load fetch and WebSocket too, with each start and for nothing.
const http = process.getBuiltinModule('node:http')

/** What is done with the requests of one connection. */
export type OnHttpRequest = (request: IncomingMessage, response: ServerResponse) => void

/** How long a connection may be idle between two requests. */
const IDLE_MS = 60_000
/** How long the head of a request may take, the first from when its connection was made. */
const HEAD_MS = 60_000
/** Heads that take longer are looked for so often in that time. */
const LOOKS = 4

/** Speaks HTTP/1.1 on connections that somebody else has accepted: one server for any number of listeners. */
export class HttpConnections {
  readonly #server: ReturnType<typeof http.createServer>
  readonly #handlers = new WeakMap<Socket, OnHttpRequest>()

  constructor({ headMs = HEAD_MS }: { readonly headMs?: number } = {}) {
    this.#server = http.createServer({
      keepAliveTimeout: IDLE_MS,
      headersTimeout: headMs,
      requestTimeout: 0,
      connectionsCheckingInterval: headMs / LOOKS,
    })
    // Node's server keeps the time of heads from when it listens on: this one never does.
    this.#server.emit('listening')
    this.#server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#handlers.get(request.socket)?.(request, response)
    })
  }

  take(socket: Socket, onRequest: OnHttpRequest): void {
    this.#handlers.set(socket, onRequest)
    this.#server.emit('connection', socket)
    socket.resume()
  }

  /** Those who accepted the connections end them. */
  close(): void {
    this.#server.close()
  }
}
