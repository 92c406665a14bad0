import { messageOf } from '../../../base/message-of.ts'
import type { Http2ClientSession } from '../../../world/http2.ts'
import type { ByteSocket, Sockets } from '../../../world/sockets.ts'
import type { Endpoint, UpstreamOptions } from '../../exchange/steps.ts'
import type { Connector } from '../connector.ts'
import { poolKey } from '../http1/connection-pool.ts'
import type { AnswerReader, ServerStream, StreamFailure, StreamTarget, Upstreams } from '../streams.ts'
import { Alarm, type TimerWheel } from '../timer-wheel.ts'
import { HEADERS_MAX, WINDOW_BYTES } from './protocol.ts'
import { Http2ServerRequest } from './server-request.ts'

export interface SessionPoolOptions {
  readonly connector: Connector
  readonly wheel: TimerWheel
  readonly sockets: Pick<Sockets, 'openHttp2'>
}

/** Connections to all servers that are spoken to in HTTP/2. Requests to one endpoint share one, as far as it allows. */
export class SessionPool implements Upstreams {
  readonly #options: SessionPoolOptions
  readonly #pools = new Map<string, EndpointSessions>()
  readonly #last = new WeakMap<Endpoint, EndpointSessions>()

  constructor(options: SessionPoolOptions) {
    this.#options = options
  }

  open(target: StreamTarget, hasBody: boolean, reader: AnswerReader): ServerStream {
    const { endpoint, upstream } = target
    const last = this.#last.get(endpoint)
    const pool = last?.upstream === upstream && !last.isEmpty ? last : this.#poolOf(endpoint, upstream)
    const request = new Http2ServerRequest(target.head, hasBody, reader)
    pool.send(request)
    return request
  }

  /** How many connections there are. */
  get size(): number {
    let size = 0
    for (const pool of this.#pools.values()) size += pool.size
    return size
  }

  /** Lets what is under way finish, and closes. */
  drain(): void {
    for (const pool of this.#pools.values()) pool.drain()
    this.#pools.clear()
  }

  #poolOf(endpoint: Endpoint, upstream: UpstreamOptions): EndpointSessions {
    const key = poolKey(endpoint, upstream)
    const made = { ...this.#options, endpoint, onEmpty: () => this.#pools.delete(key) }
    const pool = this.#pools.get(key) ?? new EndpointSessions(upstream, made)
    pool.upstream = upstream
    this.#pools.set(key, pool)
    this.#last.set(endpoint, pool)
    return pool
  }
}

interface EndpointSessionsOptions extends SessionPoolOptions {
  readonly endpoint: Endpoint
  onEmpty(): void
}

interface OpenSession {
  readonly session: Http2ClientSession
  readonly idle: Alarm
  streams: number
  requests: number
}

class EndpointSessions {
  upstream: UpstreamOptions
  readonly #options: EndpointSessionsOptions
  readonly #open = new Set<OpenSession>()
  /** Wait for the connection that is being made. */
  #waiting: Http2ServerRequest[] | undefined

  constructor(upstream: UpstreamOptions, options: EndpointSessionsOptions) {
    this.upstream = upstream
    this.#options = options
  }

  get size(): number {
    return this.#open.size
  }

  get isEmpty(): boolean {
    return this.#open.size === 0 && this.#waiting === undefined
  }

  send(request: Http2ServerRequest): void {
    for (const open of this.#open) {
      if (this.#hasRoom(open)) return this.#attach(open, request)
    }
    if (this.#waiting === undefined) this.#connect([request])
    else this.#waiting.push(request)
  }

  drain(): void {
    for (const { session } of this.#open) session.close()
  }

  #hasRoom({ session, streams, requests }: OpenSession): boolean {
    const { requestsPerConnectionMax } = this.upstream
    if (session.closed || session.destroyed) return false
    if (requestsPerConnectionMax > 0 && requests >= requestsPerConnectionMax) return false
    return streams < (session.remoteSettings.maxConcurrentStreams ?? Number.POSITIVE_INFINITY)
  }

  #attach(open: OpenSession, request: Http2ServerRequest): void {
    const { wheel } = this.#options
    try {
      const stream = request.attach(open.session)
      wheel.clear(open.idle)
      open.streams++
      open.requests++
      stream.once('close', () => this.#onStreamClosed(open))
    } catch (failure) {
      // Nobody may be told while the request is being opened.
      queueMicrotask(() => request.fail({ how: 'protocol', beforeRequest: true, reason: messageOf(failure) }))
    }
  }

  #onStreamClosed(open: OpenSession): void {
    const { idleTimeoutMs, requestsPerConnectionMax } = this.upstream
    open.streams--
    if (open.streams > 0 || !this.#open.has(open)) return
    if (requestsPerConnectionMax > 0 && open.requests >= requestsPerConnectionMax) open.session.close()
    else if (idleTimeoutMs > 0) this.#options.wheel.set(open.idle, idleTimeoutMs)
  }

  #connect(waiting: Http2ServerRequest[]): void {
    const { connector, endpoint, wheel } = this.#options
    this.#waiting = waiting
    const settle = (): readonly Http2ServerRequest[] => {
      wheel.clear(alarm)
      if (this.#waiting === waiting) this.#waiting = undefined
      return waiting.splice(0).filter(({ isOver }) => !isOver)
    }
    const fail = (failure: StreamFailure): void => {
      for (const request of settle()) request.fail(failure)
      this.#endIfEmpty()
    }
    const alarm = new Alarm(() => {
      connecting.cancel()
      fail({ how: 'connect-timeout', beforeRequest: true })
    })
    const connecting = connector.connect(endpoint, this.upstream, {
      onConnected: (socket) => {
        const open = this.#opened(socket)
        // The server speaks first, and says how many requests it takes.
        open.session.once('remoteSettings', () => {
          this.#open.add(open)
          for (const request of settle()) {
            if (this.#hasRoom(open)) this.#attach(open, request)
            else this.send(request)
          }
        })
        open.session.once('close', () => fail({ how: 'closed', beforeRequest: true }))
      },
      onFailed: (how, reason) => fail({ how, beforeRequest: true, reason }),
    })
    if (this.upstream.connectTimeoutMs > 0) wheel.set(alarm, this.upstream.connectTimeoutMs)
  }

  #opened(socket: ByteSocket): OpenSession {
    const { sockets, wheel } = this.#options
    const scheme = this.upstream.transport === 'plaintext' ? 'http' : 'https'
    const session = sockets.openHttp2(socket, { scheme, headersMax: HEADERS_MAX, windowBytes: WINDOW_BYTES })
    const open: OpenSession = { session, idle: new Alarm(() => session.close()), streams: 0, requests: 0 }
    const { keepalive } = this.upstream
    const stopAsking = keepalive && askAgain(session, { ...keepalive, wheel })
    // Told to its streams, and by `close`, which follows.
    session.on('error', () => undefined)
    session.on('close', () => {
      wheel.clear(open.idle)
      stopAsking?.()
      this.#open.delete(open)
      socket.destroy()
      this.#endIfEmpty()
    })
    return open
  }

  #endIfEmpty(): void {
    if (this.isEmpty) this.#options.onEmpty()
  }
}

/** Asks a server from time to time whether it is there, and takes one that does not answer for gone. */
function askAgain(
  session: Http2ClientSession,
  { intervalMs, timeoutMs, wheel }: NonNullable<UpstreamOptions['keepalive']> & { readonly wheel: TimerWheel },
): () => void {
  const giveUp = new Alarm(() => session.destroy())
  const ask = new Alarm(() => {
    // It is on its way out, and `close` has not come yet.
    if (session.destroyed) return
    wheel.set(giveUp, timeoutMs)
    session.ping(() => {
      wheel.clear(giveUp)
      if (!session.destroyed) wheel.set(ask, intervalMs)
    })
  })
  wheel.set(ask, intervalMs)
  return () => {
    wheel.clear(ask)
    wheel.clear(giveUp)
  }
}
