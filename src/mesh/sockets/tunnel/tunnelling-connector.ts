import type { ByteSocket, Sockets } from '../../../world/sockets.ts'
import type { Endpoint, UpstreamOptions } from '../../exchange/steps.ts'
import type { Connecting, Connector, ConnectWaiting } from '../connector.ts'
import { poolKey } from '../http1/connection-pool.ts'
import { Alarm, type TimerWheel } from '../timer-wheel.ts'
import { Tunnel } from './tunnel.ts'
import { carriedProtocol, tunnelProtocol } from './tunnel-protocol.ts'

export interface TunnellingOptions {
  readonly sockets: Pick<Sockets, 'readInPlace' | 'gatheredWriter'>
  readonly wheel: TimerWheel
  /** Makes connections that stand by themselves, and those that tunnels go over. */
  readonly connector: Connector
  /** What a handshake would be made with now: a tunnel that was made with something else takes no new connections. */
  credentialOf(upstream: UpstreamOptions): object
}

export interface TunnellingConnector extends Connector {
  /** Tunnels take no new connections, and close with their last. */
  drain(): void
}

/** A tunnel that carries nothing is closed after so long. */
const IDLE_MS = 60_000
/** After so long a new one takes its place: both sides look at each other's certificates again. */
const AGE_MAX_MS = 600_000
/** Endpoints of which something is known; of others it is found out again. */
const ENDPOINTS_MAX = 1_024

/**
 * Connections to proxies of the mesh go over one tunnel for each endpoint, where its proxy knows how: they share handshakes,
 * and what many of them send in a turn is encrypted and sent at once. All others stand by themselves.
 */
export function tunnellingConnector(options: TunnellingOptions): TunnellingConnector {
  const endpoints = new Map<string, EndpointTunnel>()
  return {
    connect(endpoint, upstream, waiting) {
      const isInMesh = upstream.transport === 'mtls' && (upstream.tls?.alpn.length ?? 0) > 0
      if (!isInMesh || waiting.preamble !== undefined) return options.connector.connect(endpoint, upstream, waiting)
      const key = poolKey(endpoint, upstream)
      const known = endpoints.get(key) ?? new EndpointTunnel(endpoint, options)
      endpoints.delete(key)
      endpoints.set(key, known)
      forgetOldest(endpoints)
      return known.connect(upstream, waiting)
    },
    drain() {
      for (const endpoint of endpoints.values()) endpoint.retire()
      endpoints.clear()
    },
  }
}

function forgetOldest(endpoints: Map<string, EndpointTunnel>): void {
  for (const [key, endpoint] of endpoints) {
    if (endpoints.size <= ENDPOINTS_MAX) return
    endpoint.retire()
    endpoints.delete(key)
  }
}

/** Who waits for a connection, and what is under way for it alone. */
interface Waiter {
  readonly upstream: UpstreamOptions
  readonly waiting: ConnectWaiting
  isOver: boolean
  connecting: Connecting | undefined
}

interface OpenTunnel {
  readonly tunnel: Tunnel
  readonly protocol: string
  readonly credential: object
  readonly idle: Alarm
  readonly age: Alarm
}

/** The tunnel to one endpoint: at most one that takes new connections, or that is being made. */
class EndpointTunnel {
  readonly #endpoint: Endpoint
  readonly #options: TunnellingOptions
  #open: OpenTunnel | undefined
  /** All who wait for the tunnel that is being made. */
  readonly #waiters = new Set<Waiter>()
  #making: Connecting | undefined
  /** It was asked, and knows of no tunnels. */
  #isForeign = false

  constructor(endpoint: Endpoint, options: TunnellingOptions) {
    this.#endpoint = endpoint
    this.#options = options
  }

  connect(upstream: UpstreamOptions, waiting: ConnectWaiting): Connecting {
    const waiter: Waiter = { upstream, waiting, isOver: false, connecting: undefined }
    const open = this.#usable(upstream)
    // Nobody is told before this has returned, and a connection that has been begun has somebody who listens to it.
    if (open !== undefined) queueMicrotask(() => this.#give(waiter))
    else this.#join(waiter)
    return { cancel: () => this.#cancel(waiter) }
  }

  /** The tunnel takes no new connections, and closes with its last. */
  retire(): void {
    this.#open?.tunnel.retire()
  }

  #usable(upstream: UpstreamOptions): OpenTunnel | undefined {
    if (this.#open !== undefined && this.#open.credential !== this.#options.credentialOf(upstream)) this.retire()
    return this.#open
  }

  #give(waiter: Waiter): void {
    if (waiter.isOver) return
    const carried = this.#open?.tunnel.open()
    if (this.#open === undefined || carried === undefined) return this.#join(waiter)
    this.#options.wheel.clear(this.#open.idle)
    waiter.isOver = true
    waiter.waiting.onConnected(carried, this.#open.protocol)
  }

  #join(waiter: Waiter): void {
    if (this.#isForeign) return this.#connectAlone(waiter)
    this.#waiters.add(waiter)
    if (this.#making === undefined) this.#make(waiter.upstream)
  }

  #connectAlone(waiter: Waiter): void {
    waiter.connecting = this.#options.connector.connect(this.#endpoint, waiter.upstream, waiter.waiting)
  }

  #make(upstream: UpstreamOptions): void {
    const credential = this.#options.credentialOf(upstream)
    this.#making = this.#options.connector.connect(this.#endpoint, askingForTunnels(upstream), {
      onConnected: (socket, protocol) => {
        this.#making = undefined
        const carried = carriedProtocol(protocol)
        if (carried === undefined) this.#onForeign(socket, protocol)
        else this.#onTunnel(socket, carried, credential)
      },
      onFailed: (how, reason) => {
        this.#making = undefined
        for (const { waiting } of this.#takeWaiters()) waiting.onFailed(how, reason)
      },
    })
  }

  #onForeign(socket: ByteSocket, protocol: string | undefined): void {
    this.#isForeign = true
    const [first, ...others] = this.#takeWaiters()
    if (first === undefined) socket.destroy()
    else {
      first.isOver = true
      first.waiting.onConnected(socket, protocol)
    }
    for (const waiter of others) if (!waiter.isOver) this.#connectAlone(waiter)
  }

  #onTunnel(socket: ByteSocket, protocol: string, credential: object): void {
    const { sockets, wheel } = this.#options
    const tunnel: Tunnel = new Tunnel(socket, {
      sockets,
      onRetired: () => {
        if (this.#open === open) this.#open = undefined
        wheel.clear(open.age)
        wheel.clear(open.idle)
        if (tunnel.size === 0) tunnel.destroy()
      },
      onEmpty: () => {
        if (this.#open === open) wheel.set(open.idle, IDLE_MS)
        else tunnel.destroy()
      },
    })
    const retire = (): void => tunnel.retire()
    const open: OpenTunnel = { tunnel, protocol, credential, idle: new Alarm(retire), age: new Alarm(retire) }
    this.#open = open
    wheel.set(open.age, AGE_MAX_MS)
    for (const waiter of this.#takeWaiters()) this.#give(waiter)
  }

  #takeWaiters(): readonly Waiter[] {
    const waiters = [...this.#waiters]
    this.#waiters.clear()
    return waiters
  }

  #cancel(waiter: Waiter): void {
    waiter.isOver = true
    waiter.connecting?.cancel()
    if (!this.#waiters.delete(waiter) || this.#waiters.size > 0) return
    this.#making?.cancel()
    this.#making = undefined
  }
}

function askingForTunnels(upstream: UpstreamOptions): UpstreamOptions {
  const { tls } = upstream
  if (tls === undefined) return upstream
  return { ...upstream, tls: { ...tls, alpn: [...tls.alpn, ...tls.alpn.map(tunnelProtocol)] } }
}
