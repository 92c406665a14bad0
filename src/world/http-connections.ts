import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

// An import statement would look at every export, and so load fetch and WebSocket too, with each start and for nothing.
const http = process.getBuiltinModule('node:http')

/** What is done with the requests of one connection. */
export type OnHttpRequest = (request: IncomingMessage, response: ServerResponse) => void

/** How long a connection may be idle between two requests, and how long the head of one may take. */
const IDLE_MS = 60_000
const HEAD_MS = 60_000

/** Speaks HTTP/1.1 on connections that somebody else has accepted: one server for any number of listeners. */
export class HttpConnections {
  readonly #server: ReturnType<typeof http.createServer>
  readonly #handlers = new WeakMap<Socket, OnHttpRequest>()

  constructor() {
    this.#server = http.createServer({ keepAliveTimeout: IDLE_MS, headersTimeout: HEAD_MS, requestTimeout: 0 })
    this.#server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#handlers.get(request.socket)?.(request, response)
    })
  }

  take(socket: Socket, onRequest: OnHttpRequest): void {
    this.#handlers.set(socket, onRequest)
    this.#server.emit('connection', socket)
    socket.resume()
  }
}
