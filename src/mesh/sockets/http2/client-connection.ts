import type { Http2ServerSession, Http2ServerStream } from '../../../world/http2.ts'
import type { ByteSocket, Sockets } from '../../../world/sockets.ts'
import type { HttpExchange, IncomingRequest } from '../../exchange/steps.ts'
import { ExchangeRunner, type RunnerContext } from '../exchange-runner.ts'
import type { ClientLimits } from '../http1/client-connection.ts'
import { Alarm } from '../timer-wheel.ts'
import { Http2ClientRequest } from './client-request.ts'
import {
  HEADERS_BYTES_MAX,
  HEADERS_MAX,
  RESETS_BURST,
  RESETS_PER_SECOND,
  STREAMS_MAX,
  WINDOW_BYTES,
} from './protocol.ts'

/** What all connections of clients that speak HTTP/2 share. */
export interface Http2ClientContext extends RunnerContext {
  readonly sockets: Pick<Sockets, 'acceptHttp2'>
  readonly limits: Pick<ClientLimits, 'idleTimeoutMs'>
  onClosed(connection: Http2ClientConnection): void
}

/**
 * A client's connection in HTTP/2: with prior knowledge, or as ALPN chose it. Each stream is an exchange.
 *
 * Invariants:
 *  1. Streams are independent of each other: one that is reset, refused or not read leaves the others alone.
 *  2. A connection that drains lets its streams come to their end, and takes no others.
 */
export class Http2ClientConnection {
  readonly socket: ByteSocket
  readonly #context: Http2ClientContext
  readonly #scheme: 'http' | 'https'
  readonly #exchangeOf: (request: IncomingRequest) => HttpExchange
  readonly #idle = new Alarm(() => this.drain())
  #session: Http2ServerSession | undefined
  #streams = 0
  #isClosed = false

  constructor(
    socket: ByteSocket,
    options: { readonly scheme: 'http' | 'https'; exchange(request: IncomingRequest): HttpExchange },
    context: Http2ClientContext,
  ) {
    this.socket = socket
    this.#context = context
    this.#scheme = options.scheme
    this.#exchangeOf = (request) => options.exchange(request)
  }

  /** What was read of the connection has been put back. */
  start(): void {
    const session = this.#context.sockets.acceptHttp2(this.socket, {
      streamsMax: STREAMS_MAX,
      headersMax: HEADERS_MAX,
      headersBytesMax: HEADERS_BYTES_MAX,
      windowBytes: WINDOW_BYTES,
      resetsBurst: RESETS_BURST,
      resetsPerSecond: RESETS_PER_SECOND,
    })
    this.#session = session
    session.on('stream', (stream, _headers, flags, raw: string[]) => this.#begin(stream, flags, raw))
    // Told by `close` as well, which follows.
    session.on('error', () => undefined)
    session.on('close', () => this.#onClose())
    this.#rest()
  }

  /** Lets the streams that are open finish, and closes. */
  drain(): void {
    if (this.#session?.closed === false) this.#session.close()
  }

  destroy(): void {
    this.#session?.destroy()
    this.socket.destroy()
  }

  #begin(stream: Http2ServerStream, flags: number, raw: readonly string[]): void {
    const { wheel } = this.#context
    this.#streams++
    wheel.clear(this.#idle)
    stream.once('close', () => {
      this.#streams--
      if (this.#streams === 0) this.#rest()
    })
    const request = new Http2ClientRequest(stream, { raw, flags, scheme: this.#scheme }, wheel)
    const { method, target } = request.request
    // Tunnels are not offered; a target in another form is none that configuration speaks of.
    if (method === 'CONNECT' || !(target.startsWith('/') || target === '*')) {
      request.respond({ status: method === 'CONNECT' ? 403 : 400, headers: [], body: '' })
      return
    }
    const runner = new ExchangeRunner(this.#exchangeOf(request.request), request, this.#context)
    request.reader = runner
    runner.start()
  }

  #rest(): void {
    const { wheel, limits } = this.#context
    if (limits.idleTimeoutMs > 0 && !this.#isClosed) wheel.set(this.#idle, limits.idleTimeoutMs)
  }

  #onClose(): void {
    this.#isClosed = true
    this.#context.wheel.clear(this.#idle)
    this.socket.destroy()
    this.#context.onClosed(this)
  }
}
