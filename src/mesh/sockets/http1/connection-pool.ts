import type { Sockets } from '../../../world/sockets.ts'
import { ConnectionLimit, type LimitUser } from '../../balance/connection-limit.ts'
import type { PendingLimit } from '../../balance/pending-limit.ts'
import type { Endpoint, UpstreamOptions } from '../../exchange/steps.ts'
import type { Connecting, Connector } from '../connector.ts'
import type { AnswerReader, ServerStream, StreamFailure, StreamTarget, Upstreams } from '../streams.ts'
import { Alarm, type TimerWheel } from '../timer-wheel.ts'
import { HeadScanner } from './head-scanner.ts'
import { type ConnectionOwner, ServerConnection } from './server-connection.ts'
import { ServerRequest } from './server-request.ts'

export interface PoolOptions {
  readonly sockets: Pick<Sockets, 'readInPlace' | 'gatheredWriter'>
  readonly connector: Connector
  readonly wheel: TimerWheel
}

/**
 * Connections to all servers that are spoken to in HTTP/1.1. One that has carried a request to its end waits for the next
 * to the same endpoint by the same means; the last one used is taken first, so that those that are not needed grow idle.
 */
export class ConnectionPool implements Upstreams {
  readonly #options: PoolOptions
  readonly #scanner = new HeadScanner()
  /** By address and means, because configuration may make new objects of both that say the same. */
  readonly #pools = new Map<string, EndpointPool>()
  /** The one that an endpoint had last: the objects of both are the same until configuration changes. */
  readonly #last = new WeakMap<Endpoint, EndpointPool>()

  constructor(options: PoolOptions) {
    this.#options = options
  }

  open(target: StreamTarget, hasBody: boolean, reader: AnswerReader): ServerStream {
    const { endpoint, upstream } = target
    const last = this.#last.get(endpoint)
    const pool = last?.upstream === upstream ? last : this.#poolOf(endpoint, upstream)
    return pool.open(new ServerRequest(target.head, hasBody, reader))
  }

  /** How many connections there are. */
  get size(): number {
    let size = 0
    for (const pool of this.#pools.values()) size += pool.connections.size
    return size
  }

  /** Closes what nobody uses; what carries a request is closed after it. */
  drain(): void {
    for (const pool of this.#pools.values()) pool.drain()
    this.#pools.clear()
  }

  #poolOf(endpoint: Endpoint, upstream: UpstreamOptions): EndpointPool {
    const key = poolKey(endpoint, upstream)
    const pool =
      this.#pools.get(key) ??
      new EndpointPool({
        ...this.#options,
        scanner: this.#scanner,
        endpoint,
        upstream,
        onFirst: (own) => this.#pools.set(key, own),
        onLast: () => this.#pools.delete(key),
        limit: upstream.connections ?? new ConnectionLimit(),
      })
    pool.upstream = upstream
    this.#last.set(endpoint, pool)
    return pool
  }
}

/** Clusters with different certificates do not share connections, nor do subsets whose connections have other limits. */
export function poolKey({ address, port }: Endpoint, upstream: UpstreamOptions): string {
  const { cluster, transport, tls, proxyProtocol = '' } = upstream
  const means = tls === undefined ? '' : JSON.stringify(tls)
  return `${address}|${port}|${cluster}|${transport}|${proxyProtocol}|${means}`
}

interface EndpointPoolOptions extends PoolOptions {
  readonly scanner: HeadScanner
  readonly endpoint: Endpoint
  readonly upstream: UpstreamOptions
  /** The cluster's. */
  readonly limit: ConnectionLimit
  /** Told before the pool makes a connection while it has none, and when it has none any more: endpoints come and go. */
  onFirst(pool: EndpointPool): void
  onLast(): void
}

/**
 * So many connections to an endpoint are begun at once. A burst finds those that come back sooner than it would get more, and
 * handshakes that compete with each other end late, all of them.
 */
const CONNECTING_MAX = 32

/** What a request waits with, and the connection that is made for it. */
interface Waiting {
  readonly alarm: Alarm
  connecting: Connecting | undefined
  /** What it is counted by. */
  readonly pending: PendingLimit | undefined
}

class EndpointPool implements ConnectionOwner, LimitUser {
  readonly sockets: Pick<Sockets, 'readInPlace' | 'gatheredWriter'>
  readonly scanner: HeadScanner
  readonly connections = new Set<ServerConnection>()
  upstream: UpstreamOptions
  readonly #wheel: TimerWheel
  readonly #idle: ServerConnection[] = []
  /** In the order in which they came. */
  readonly #waiting = new Map<ServerRequest, Waiting>()
  #connecting = 0
  readonly #options: EndpointPoolOptions
  #isDraining = false

  constructor(options: EndpointPoolOptions) {
    this.sockets = options.sockets
    this.scanner = options.scanner
    this.upstream = options.upstream
    this.#options = options
    this.#wheel = options.wheel
  }

  open(request: ServerRequest): ServerRequest {
    const connection = this.#idle.pop()
    if (connection === undefined) {
      const { pending } = this.upstream
      if (pending === undefined || pending.take()) this.#wait(request, pending)
      else this.#refuse(request)
    } else {
      this.#wheel.clear(connection.idleAlarm)
      request.attach(connection)
    }
    return request
  }

  drain(): void {
    this.#isDraining = true
    for (const connection of this.#idle.splice(0)) connection.destroy()
  }

  onReusable(connection: ServerConnection): void {
    const { requestsPerConnectionMax } = this.upstream
    if (this.#isDraining || (requestsPerConnectionMax > 0 && connection.requests >= requestsPerConnectionMax)) {
      connection.destroy()
      return
    }
    this.#offer(connection)
  }

  onGone(connection: ServerConnection): void {
    this.#wheel.clear(connection.idleAlarm)
    if (this.connections.delete(connection)) this.#options.limit.give()
    const index = this.#idle.indexOf(connection)
    if (index >= 0) this.#idle.splice(index, 1)
    this.#goOn()
  }

  /** Takes the first connection that can be had: one whose request has ended meanwhile, or one that is made for it. */
  #wait(request: ServerRequest, pending: PendingLimit | undefined): void {
    if (this.connections.size === 0 && this.#waiting.size === 0) this.#options.onFirst(this)
    const waiting: Waiting = {
      connecting: undefined,
      pending,
      alarm: new Alarm(() => {
        waiting.connecting?.cancel()
        this.#fail(request, { how: 'connect-timeout', beforeRequest: true })
      }),
    }
    this.#waiting.set(request, waiting)
    // Who has to wait for others' requests to end waits as long as its own may take.
    if (!this.#isLimited) this.#limitWait(waiting)
    request.waitFor({
      cancel: () => {
        waiting.connecting?.cancel()
        this.#endWait(request)
        this.#goOn()
      },
    })
    if (this.#mayConnect()) this.#connect(request, waiting)
  }

  /** Too many wait already. Nobody may be told while the request is being opened. */
  #refuse(request: ServerRequest): void {
    let isWanted = true
    request.waitFor({ cancel: () => (isWanted = false) })
    queueMicrotask(() => {
      if (!isWanted) return
      request.detach()
      request.reader.onFailed({ how: 'overflow', beforeRequest: true })
    })
  }

  get #isLimited(): boolean {
    return this.#options.limit.max !== Number.POSITIVE_INFINITY
  }

  #limitWait({ alarm }: Waiting): void {
    const { connectTimeoutMs } = this.upstream
    if (connectTimeoutMs > 0) this.#wheel.set(alarm, connectTimeoutMs)
  }

  /** Whether another connection may be begun, which is then counted. */
  #mayConnect(): boolean {
    const own = this.connections.size + this.#connecting
    return this.#connecting < CONNECTING_MAX && this.#options.limit.take(this, own)
  }

  onRoom(): void {
    this.#goOn()
  }

  #connect(request: ServerRequest, waiting: Waiting): void {
    const { connector, endpoint } = this.#options
    this.#connecting++
    if (this.#isLimited) this.#limitWait(waiting)
    const made = connector.connect(endpoint, this.upstream, {
      onConnected: (socket) => {
        end(true)
        const connection = new ServerConnection(socket, this)
        this.connections.add(connection)
        this.#offer(connection, request)
        this.#goOn()
      },
      onFailed: (how, reason) => {
        end(false)
        this.#fail(request, { how, beforeRequest: true, reason })
      },
    })
    const end = (isConnected: boolean): void => {
      if (waiting.connecting === undefined) return
      waiting.connecting = undefined
      this.#connecting--
      if (!isConnected) this.#options.limit.give()
    }
    waiting.connecting = {
      cancel: () => {
        end(false)
        made.cancel()
      },
    }
  }

  #fail(request: ServerRequest, failure: StreamFailure): void {
    if (this.#endWait(request)) {
      request.detach()
      request.reader.onFailed(failure)
    }
    this.#goOn()
  }

  /** There may be room for connections that could not be begun, or nothing left to do. */
  #goOn(): void {
    if (this.#waiting.size > this.#connecting) {
      for (const [request, waiting] of this.#waiting) {
        if (waiting.connecting !== undefined) continue
        if (!this.#mayConnect()) break
        this.#connect(request, waiting)
      }
    }
    if (this.connections.size === 0 && this.#waiting.size === 0) this.#options.onLast()
  }

  /** To a request that waits for it, to the one that has waited longest, or to nobody. */
  #offer(connection: ServerConnection, wanted?: ServerRequest): void {
    const [longest] = this.#waiting.keys()
    const request = wanted !== undefined && this.#waiting.has(wanted) ? wanted : longest
    if (request === undefined) {
      const { idleTimeoutMs } = this.upstream
      if (this.#isDraining) return connection.destroy()
      if (idleTimeoutMs > 0) this.#wheel.set(connection.idleAlarm, idleTimeoutMs)
      this.#idle.push(connection)
      return
    }
    this.#endWait(request)
    request.attach(connection)
    request.sendEarly()
  }

  /** False where it has ended before. */
  #endWait(request: ServerRequest): boolean {
    const waiting = this.#waiting.get(request)
    if (waiting === undefined) return false
    this.#wheel.clear(waiting.alarm)
    waiting.pending?.give()
    return this.#waiting.delete(request)
  }
}
