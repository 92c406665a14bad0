import { messageOf } from '../../../base/message-of.ts'
import type { Http2ClientSession } from '../../../world/http2.ts'
import type { ByteSocket, Sockets } from '../../../world/sockets.ts'
import { ConnectionLimit, type LimitUser } from '../../balance/connection-limit.ts'
import type { Endpoint, UpstreamOptions } from '../../exchange/steps.ts'
import type { Connector } from '../connector.ts'
import { poolKey } from '../http1/connection-pool.ts'
import type { AnswerReader, ServerStream, StreamFailure, StreamTarget, Upstreams } from '../streams.ts'
import { Alarm, type TimerWheel } from '../timer-wheel.ts'
import { HEADERS_MAX, isBrokenConnection, WINDOW_BYTES } from './protocol.ts'
import { Http2ServerRequest, UpgradeNotOffered } from './server-request.ts'

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
    const made = {
      ...this.#options,
      endpoint,
      limit: upstream.connections ?? new ConnectionLimit(),
      onEmpty: () => this.#pools.delete(key),
    }
    const pool = this.#pools.get(key) ?? new EndpointSessions(upstream, made)
    pool.upstream = upstream
    this.#pools.set(key, pool)
    this.#last.set(endpoint, pool)
    return pool
  }
}

interface EndpointSessionsOptions extends SessionPoolOptions {
  readonly endpoint: Endpoint
  /** The cluster's. */
  readonly limit: ConnectionLimit
  onEmpty(): void
}

interface OpenSession {
  readonly session: Http2ClientSession
  readonly idle: Alarm
  streams: number
  requests: number
}

/**
 * The connections to one endpoint, as few as its requests need: another is made when none has room, one at a time, and as
 * far as the cluster allows (envoyproxy/envoy source/common/conn_pool/conn_pool_base.cc). What finds no room waits.
 */
class EndpointSessions implements LimitUser {
  upstream: UpstreamOptions
  readonly #options: EndpointSessionsOptions
  readonly #open = new Set<OpenSession>()
  /** In the order in which they came. */
  readonly #waiting: Http2ServerRequest[] = []
  #isConnecting = false

  constructor(upstream: UpstreamOptions, options: EndpointSessionsOptions) {
    this.upstream = upstream
    this.#options = options
  }

  get size(): number {
    return this.#open.size
  }

  get isEmpty(): boolean {
    return this.#open.size === 0 && !this.#isConnecting && this.#waiting.length === 0
  }

  send(request: Http2ServerRequest): void {
    const open = this.#waiting.length === 0 ? this.#roomy() : undefined
    if (open !== undefined) return this.#attach(open, request)
    if (!request.waitAs(this.upstream.pending)) {
      // Nobody may be told while the request is being opened.
      queueMicrotask(() => request.fail({ how: 'overflow', beforeRequest: true }))
      return
    }
    this.#waiting.push(request)
    this.#grow()
  }

  drain(): void {
    for (const { session } of this.#open) session.close()
  }

  onRoom(): void {
    this.#grow()
  }

  #roomy(): OpenSession | undefined {
    for (const open of this.#open) if (this.#hasRoom(open)) return open
    return undefined
  }

  #hasRoom({ session, streams, requests }: OpenSession): boolean {
    const { requestsPerConnectionMax, streamsMax = Number.POSITIVE_INFINITY } = this.upstream
    if (session.closed || session.destroyed) return false
    if (requestsPerConnectionMax > 0 && requests >= requestsPerConnectionMax) return false
    return streams < Math.min(streamsMax, session.remoteSettings.maxConcurrentStreams ?? Number.POSITIVE_INFINITY)
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
      const how = failure instanceof UpgradeNotOffered ? 'reset' : 'protocol'
      queueMicrotask(() => request.fail({ how, beforeRequest: how === 'protocol', reason: messageOf(failure) }))
    }
  }

  #onStreamClosed(open: OpenSession): void {
    const { idleTimeoutMs, requestsPerConnectionMax } = this.upstream
    open.streams--
    if (open.streams === 0 && this.#open.has(open)) {
      if (requestsPerConnectionMax > 0 && open.requests >= requestsPerConnectionMax) open.session.close()
      else if (idleTimeoutMs > 0) this.#options.wheel.set(open.idle, idleTimeoutMs)
    }
    this.#serve()
  }

  /** Those who wait get what room there is now. */
  #serve(): void {
    while (this.#waiting.length > 0) {
      const open = this.#roomy()
      if (open === undefined) break
      const request = this.#waiting.shift()
      if (request?.isOver === false) this.#attach(open, request)
    }
    this.#grow()
  }

  /** Makes another connection, where somebody waits for one. */
  #grow(): void {
    while (this.#waiting[0]?.isOver === true) this.#waiting.shift()
    if (this.#waiting.length > 0 && !this.#isConnecting) {
      if (this.#options.limit.take(this, this.#open.size)) this.#connect()
    }
    if (this.isEmpty) this.#options.onEmpty()
  }

  #connect(): void {
    const { connector, endpoint, wheel, limit } = this.#options
    this.#isConnecting = true
    let isSettled = false
    let open: OpenSession | undefined
    const settle = (): boolean => {
      if (isSettled) return false
      isSettled = true
      this.#isConnecting = false
      wheel.clear(alarm)
      return true
    }
    const fail = (failure: StreamFailure): void => {
      if (!settle()) return
      // A session gives its place back when it closes.
      if (open === undefined) limit.give()
      for (const request of this.#waiting.splice(0)) request.fail(failure)
      if (this.isEmpty) this.#options.onEmpty()
    }
    const alarm = new Alarm(() => {
      connecting.cancel()
      fail({ how: 'connect-timeout', beforeRequest: true })
    })
    const connecting = connector.connect(endpoint, this.upstream, {
      onConnected: (socket) => {
        const opened = this.#opened(socket)
        open = opened
        // The server speaks first, and says how many requests it takes.
        opened.session.once('remoteSettings', () => {
          if (settle()) this.#add(opened)
        })
        let how: 'closed' | 'protocol' = 'closed'
        opened.session.once('error', (error) => (how = isBrokenConnection(error) ? 'protocol' : 'closed'))
        opened.session.once('close', () => fail({ how, beforeRequest: true }))
      },
      onFailed: (how, reason) => fail({ how, beforeRequest: true, reason }),
    })
    if (this.upstream.connectTimeoutMs > 0) wheel.set(alarm, this.upstream.connectTimeoutMs)
  }

  #add(open: OpenSession): void {
    const { idleTimeoutMs } = this.upstream
    this.#open.add(open)
    this.#serve()
    // Who waited for it may have gone meanwhile.
    if (open.streams === 0 && idleTimeoutMs > 0) this.#options.wheel.set(open.idle, idleTimeoutMs)
  }

  #opened(socket: ByteSocket): OpenSession {
    const { sockets, wheel, limit } = this.#options
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
      limit.give()
      this.#grow()
    })
    return open
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
