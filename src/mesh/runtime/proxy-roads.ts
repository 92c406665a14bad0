import type { Clock } from '../../world/clock.ts'
import type { Sockets } from '../../world/sockets.ts'
import type { WireEnd } from '../exchange/exchange-proxy.ts'
import type { UpstreamOptions } from '../exchange/steps.ts'
import { isInbound } from '../proxy/cluster-name.ts'
import type { Workload } from '../registry/workload.ts'
import { CONNECTION_REFUSED } from '../sockets/connect-reason.ts'
import {
  type Connecting,
  type Connector,
  type ConnectWaiting,
  type Locate,
  plainConnector,
} from '../sockets/connector.ts'
import { ConnectionPool } from '../sockets/http1/connection-pool.ts'
import { SessionPool } from '../sockets/http2/session-pool.ts'
import { type InProcessServers, inProcessUpstreams } from '../sockets/in-process-upstreams.ts'
import { upstreamsByProtocol } from '../sockets/listener-set.ts'
import type { Upstreams } from '../sockets/streams.ts'
import type { TimerWheel } from '../sockets/timer-wheel.ts'
import type { MeshTls } from '../sockets/tls/mesh-tls.ts'
import { meshConnector } from '../sockets/tls/tls-connector.ts'
import { tunnellingConnector } from '../sockets/tunnel/tunnelling-connector.ts'
import type { ProxiedAddresses } from './proxied-addresses.ts'

/** An address of the cluster, or of this host. */
export interface Address {
  readonly ip: string
  readonly port: number
}

/** What the host has for the cluster's addresses. */
export interface HostAddresses {
  /** Where on this host an address of the cluster is listened at; undefined: only as it is written. */
  doorOf(address: Address): Address | undefined
  /** Where on this host a pod's connections come from; undefined: from wherever the system says. */
  hostAddressOf(ip: string): string | undefined
}

export interface ProxyRoadsOptions extends HostAddresses {
  readonly sockets: Sockets
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly tls: MeshTls
  readonly servers: InProcessServers
  readonly proxied: Pick<ProxiedAddresses, 'typeAt'>
}

/** How one proxy's requests and connections reach those whom they are for. */
export interface Road {
  readonly upstreams: Upstreams
  readonly connector: Connector
  /** Closes what nobody uses. */
  drain(): void
}

/**
 * The proxies' own address on this host: what comes from it has passed a proxy already, and is for the application. Only
 * where the system has all of 127.0.0.0/8.
 */
export const OWN_ADDRESS = '127.255.255.254'
/** Beyond so many, the roads of those that have gone are given up. */
const ROADS_MAX = 1_024

/**
 * The roads of all proxies of this process.
 *
 *     to the application behind the proxy   a call, or a socket that the proxy before it does not take
 *     to an application without a proxy     a call
 *     to another proxy of this process      a socket to its listener, from the caller's own address
 *     out of the cluster                    a socket
 */
export class ProxyRoads {
  readonly #options: ProxyRoadsOptions
  /** By who the owner is: a pod may get another's address, and shows its own certificate then. */
  readonly #roads = new Map<string, { readonly road: Road; readonly ip: string }>()

  constructor(options: ProxyRoadsOptions) {
    this.#options = options
  }

  of(owner: Workload): Road {
    const [ip = ''] = owner.addresses
    const key = `${ip} ${owner.namespace}/${owner.serviceAccount}`
    const known = this.#roads.get(key)
    if (known !== undefined) return known.road
    if (this.#roads.size >= ROADS_MAX) this.#sweep()
    const road = this.#made(owner, ip)
    this.#roads.set(key, { road, ip })
    return road
  }

  /** Whether a socket leads to a proxy that stands before the address. */
  leadTo({ address: ip, port }: WireEnd): boolean {
    const { proxied, doorOf } = this.#options
    return proxied.typeAt(ip) !== undefined && doorOf({ ip, port }) !== undefined
  }

  #made(owner: Workload, ip: string): Road {
    const { servers, sockets, wheel, tls } = this.#options
    const connector = this.#connectorOf(owner, ip)
    const tunnels = tunnellingConnector({
      sockets,
      wheel,
      connector,
      credentialOf: (upstream) => tls.clientContext(upstream, owner),
    })
    const http1 = new ConnectionPool({ sockets, wheel, connector: tunnels })
    const http2 = new SessionPool({ wheel, connector, sockets })
    const onSockets = upstreamsByProtocol({ http1, http2 })
    const calls = inProcessUpstreams(servers, { podIp: ip, further: onSockets })
    return {
      connector,
      upstreams: {
        open: (target, hasBody, reader) => {
          const isCall = isInbound(target.upstream.cluster) || !this.leadTo(target.endpoint)
          return (isCall ? calls : onSockets).open(target, hasBody, reader)
        },
      },
      drain: () => {
        http1.drain()
        http2.drain()
        tunnels.drain()
      },
    }
  }

  #connectorOf(owner: Workload, ip: string): Connector {
    const { tls, sockets, clock, servers, doorOf, hostAddressOf } = this.#options
    const locateFrom =
      (localAddress: string | undefined): Locate =>
      ({ address, port }) => {
        const door = doorOf({ ip: address, port })
        if (door === undefined) return { host: address, port }
        return { host: door.ip, port: door.port, ...(localAddress !== undefined && { localAddress }) }
      }
    const inside = plainConnector(sockets, locateFrom(OWN_ADDRESS))
    const outside = meshConnector(tls, { owner, locate: (endpoint) => locateFrom(hostAddressOf(ip))(endpoint) })
    const connectorFor = ({ cluster }: UpstreamOptions): Connector => (isInbound(cluster) ? inside : outside)
    return {
      connect(endpoint, upstream, waiting) {
        const { address, port } = endpoint
        const isClosed = servers.owns(address) && doorOf({ ip: address, port }) === undefined
        return isClosed ? refused(waiting, clock) : connectorFor(upstream).connect(endpoint, upstream, waiting)
      },
    }
  }

  #sweep(): void {
    for (const [key, { road, ip }] of this.#roads) {
      if (this.#options.proxied.typeAt(ip) !== undefined) continue
      road.drain()
      this.#roads.delete(key)
    }
  }
}

/** Nobody listens at an address of the cluster; whoever has it outside of the cluster is not meant. */
function refused(waiting: ConnectWaiting, clock: Clock): Connecting {
  return clock.schedule(0, () => waiting.onFailed('connect', CONNECTION_REFUSED))
}
