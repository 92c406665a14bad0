import type { Limits } from './cluster-policy.ts'
import type { PendingLimit } from './pending-limit.ts'
import type { UpstreamHost } from './upstream-host.ts'

export type LineProtocol = 'http1' | 'http2'

type LineLimits = Pick<Limits, 'connections' | 'requestsPerConnection' | 'streams'> & { readonly idleTimeoutMs: number }

/**
 * Which connection each request of a cluster has, where the cluster limits its connections; so that requests wait for one also
 * where hops need none.
 *
 *     host A, http1   [ busy ] [ busy ]     waiting: r7, r8
 *     host A, http2   [ 3 requests ]
 *     host B, http1   [ idle ]
 *
 * Invariants, as in envoyproxy/envoy source/common/conn_pool/conn_pool_base.cc:
 *  1. Connections of all hosts and protocols count together; who has none to a host gets one whatever the limit says.
 *  2. A connection that is begun is there at once. Who has to wait until it really is, counts that by itself.
 *  3. Who waits is served by the connections of its own host and protocol, in the order of coming.
 */
export class ConnectionLines {
  #connections = 0
  #limits: LineLimits = {
    connections: Number.POSITIVE_INFINITY,
    requestsPerConnection: 0,
    streams: Number.POSITIVE_INFINITY,
    idleTimeoutMs: 0,
  }
  readonly #pending: PendingLimit
  readonly #lines = new Map<UpstreamHost, Map<LineProtocol, Line>>()

  constructor(pending: PendingLimit) {
    this.#pending = pending
  }

  /** Connections to hosts that are no longer there end with what they carry. */
  configure(limits: LineLimits, hosts: readonly UpstreamHost[], nowMs: number): void {
    this.#limits = limits
    if (this.#lines.size === 0) return
    const known = new Set(hosts)
    for (const [host, lines] of this.#lines) {
      for (const line of lines.values()) {
        line.isGone = !known.has(host)
        if (line.isGone) this.#closeIdle(line, nowMs, 0)
        this.#serve(line, nowMs)
      }
      this.#forget(host, lines)
    }
  }

  /** Undefined: one too many waits already. */
  enter(host: UpstreamHost, protocol: LineProtocol, nowMs: number): Place | undefined {
    const line = this.#lineOf(host, protocol)
    const ready = this.#roomy(line, nowMs)
    if (ready !== undefined) return new Place(this, line, ready)
    if (this.#pending.isFull) return undefined
    const begun = this.#begin(line, nowMs)
    if (begun !== undefined) return new Place(this, line, begun)
    this.#pending.take()
    const place = new Place(this, line, undefined)
    line.waiting.add(place)
    return place
  }

  /** Of one that waited, or had its connection. */
  leave(place: Place, nowMs: number): void {
    const { line, connection } = place
    if (line.waiting.delete(place) || place.isWaiting) this.#pending.give()
    if (connection === undefined) return
    connection.requests--
    connection.idleSinceMs = nowMs
    const { requestsPerConnection } = this.#limits
    const isSpent = requestsPerConnection > 0 && connection.served >= requestsPerConnection
    if (connection.requests === 0 && (isSpent || line.isGone)) this.#close(line, connection)
    this.#serve(line, nowMs)
    const lines = this.#lines.get(line.host)
    if (line.isGone && lines !== undefined) this.#forget(line.host, lines)
  }

  /** Its turn has come, and it is told so. */
  called(): void {
    this.#pending.give()
  }

  #serve(line: Line, nowMs: number): void {
    for (const place of line.waiting) {
      const connection = this.#roomy(line, nowMs) ?? this.#begin(line, nowMs)
      if (connection === undefined) return
      line.waiting.delete(place)
      place.call(connection)
    }
  }

  #roomy(line: Line, nowMs: number): Connection | undefined {
    const { requestsPerConnection, streams, idleTimeoutMs } = this.#limits
    if (idleTimeoutMs > 0) this.#closeIdle(line, nowMs, idleTimeoutMs)
    const most = line.protocol === 'http1' ? 1 : streams
    for (const connection of line.connections) {
      const isSpent = requestsPerConnection > 0 && connection.served >= requestsPerConnection
      if (!isSpent && connection.requests < most) return connection
    }
    return undefined
  }

  #begin(line: Line, nowMs: number): Connection | undefined {
    const { connections, idleTimeoutMs } = this.#limits
    if (line.connections.size > 0 && this.#connections >= connections && idleTimeoutMs > 0) {
      for (const lines of this.#lines.values()) {
        for (const other of lines.values()) this.#closeIdle(other, nowMs, idleTimeoutMs)
      }
    }
    if (line.connections.size > 0 && this.#connections >= connections) return undefined
    const connection: Connection = { requests: 0, served: 0, idleSinceMs: nowMs }
    line.connections.add(connection)
    this.#connections++
    return connection
  }

  #closeIdle(line: Line, nowMs: number, idleMs: number): void {
    for (const connection of line.connections) {
      if (connection.requests === 0 && nowMs - connection.idleSinceMs >= idleMs) this.#close(line, connection)
    }
  }

  #close(line: Line, connection: Connection): void {
    if (line.connections.delete(connection)) this.#connections--
  }

  #forget(host: UpstreamHost, lines: Map<LineProtocol, Line>): void {
    for (const [protocol, line] of lines) {
      if (line.isGone && line.connections.size === 0 && line.waiting.size === 0) lines.delete(protocol)
    }
    if (lines.size === 0) this.#lines.delete(host)
  }

  #lineOf(host: UpstreamHost, protocol: LineProtocol): Line {
    let lines = this.#lines.get(host)
    if (lines === undefined) this.#lines.set(host, (lines = new Map()))
    let line = lines.get(protocol)
    if (line === undefined) {
      lines.set(protocol, (line = { host, protocol, isGone: false, connections: new Set(), waiting: new Set() }))
    }
    return line
  }
}

interface Connection {
  requests: number
  /** Of all times. */
  served: number
  idleSinceMs: number
}

interface Line {
  readonly host: UpstreamHost
  readonly protocol: LineProtocol
  isGone: boolean
  readonly connections: Set<Connection>
  /** In the order of coming. */
  readonly waiting: Set<Place>
}

/** A request's connection, or its place in the line for one. */
export class Place {
  readonly line: Line
  connection: Connection | undefined
  isWaiting: boolean
  readonly #lines: ConnectionLines
  #listener: (() => void) | undefined
  #isLeft = false

  constructor(lines: ConnectionLines, line: Line, connection: Connection | undefined) {
    this.#lines = lines
    this.line = line
    this.isWaiting = connection === undefined
    if (connection !== undefined) this.#take(connection)
  }

  onTurn(listener: () => void): void {
    this.#listener = listener
  }

  /** It is told a little later: whoever makes room is still at work. Until then it counts as waiting. */
  call(connection: Connection): void {
    this.#take(connection)
    queueMicrotask(() => {
      if (this.#isLeft) return
      this.isWaiting = false
      this.#lines.called()
      this.#listener?.()
    })
  }

  leave(nowMs: number): void {
    if (this.#isLeft) return
    this.#isLeft = true
    this.#lines.leave(this, nowMs)
  }

  #take(connection: Connection): void {
    this.connection = connection
    connection.requests++
    connection.served++
  }
}
