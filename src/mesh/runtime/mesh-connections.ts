import type { Clock } from '../../world/clock.ts'
import type { ByteSocket, Sockets } from '../../world/sockets.ts'
import type { Mesh } from '../exchange/mesh.ts'
import { openServers } from '../proxy/gateway-servers.ts'
import type { Workload } from '../registry/workload.ts'
import { type Connector, type Locate, plainConnector } from '../sockets/connector.ts'
import { ConnectionPool } from '../sockets/http1/connection-pool.ts'
import { SessionPool } from '../sockets/http2/session-pool.ts'
import { type InProcessServers, inProcessUpstreams } from '../sockets/in-process-upstreams.ts'
import { Arrivals, type ConnectionPlan, upstreamsByProtocol } from '../sockets/listener-set.ts'
import { TimerWheel } from '../sockets/timer-wheel.ts'
import { tlsPlanOf } from '../sockets/tls/gateway-plan.ts'
import type { MeshTls } from '../sockets/tls/mesh-tls.ts'
import { meshConnector } from '../sockets/tls/tls-connector.ts'
import type { ProxiedAddresses } from './proxied-addresses.ts'

interface Address {
  readonly ip: string
  readonly port: number
}

export interface MeshConnectionsOptions {
  readonly mesh: Mesh
  readonly proxied: Pick<ProxiedAddresses, 'typeAt'>
  readonly sockets: Sockets
  readonly clock: Clock
  readonly tls: MeshTls
  readonly servers: InProcessServers
  /** Where on this host an address of the cluster is listened at; undefined: only as it is written. */
  doorOf(address: Address): Address | undefined
  /** How the cluster knows an address of this host. */
  clusterAddressOf(host: string): string
}

/** Envoy's own of Istio: heads within a minute is what nobody misses, an hour without a request is enough. */
const LIMITS = { headTimeoutMs: 60_000, idleTimeoutMs: 3_600_000 }
/** istio/api mesh/v1alpha1/config.proto protocol_detection_timeout: no time limit. */
const FIRST_BYTES_TIMEOUT_MS = 0
/** Beyond so many addresses those that have gone are forgotten. */
const ARRIVALS_MAX = 1_024
/**
 * The proxies' own address on this host: what comes from it has passed a proxy already, and is for the application. Only
 * where the system has all of 127.0.0.0/8.
 */
const OWN_ADDRESS = '127.255.255.254'

/** The proxies' side of connections that come to pods over the host's sockets. */
export class MeshConnections {
  readonly #options: MeshConnectionsOptions
  readonly #wheel: TimerWheel
  readonly #arrivals = new Map<string, Arrivals>()

  constructor(options: MeshConnectionsOptions) {
    this.#options = options
    this.#wheel = new TimerWheel(options.clock)
  }

  /** Returns whether a proxy stands before the address, and has taken the connection. */
  take(socket: ByteSocket, to: Address): boolean {
    const { mesh, proxied } = this.#options
    const type = proxied.typeAt(to.ip)
    if (type === undefined || socket.remoteAddress === OWN_ADDRESS) return false
    const workload = mesh.workloadAt(to.ip)
    if (workload === undefined) return false
    if (type === 'gateway' && openServers(mesh.proxyOf(workload).view, to.port).length === 0) return false
    this.#arrivalsAt(to, workload).take(socket)
    return true
  }

  #arrivalsAt(to: Address, workload: Workload): Arrivals {
    const key = `${to.ip}:${to.port}`
    const known = this.#arrivals.get(key)
    if (known !== undefined) return known
    if (this.#arrivals.size >= ARRIVALS_MAX) this.#sweep()
    const { sockets, clock, tls } = this.#options
    const arrivals = new Arrivals(this.#planOf(to, workload), {
      sockets,
      clock,
      wheel: this.#wheel,
      tls,
      limits: LIMITS,
    })
    this.#arrivals.set(key, arrivals)
    return arrivals
  }

  #sweep(): void {
    for (const [key, { size }] of this.#arrivals) {
      const [ip = ''] = key.split(':')
      if (size === 0 && this.#options.proxied.typeAt(ip) === undefined) this.#arrivals.delete(key)
    }
  }

  #planOf({ ip, port }: Address, workload: Workload): ConnectionPlan {
    const { mesh, servers, sockets } = this.#options
    const isGateway = workload.type === 'gateway'
    const direction = isGateway ? 'outbound' : 'inbound'
    const destination = { address: ip, port }
    const connector = this.#connectorOf(workload)
    const wheel = this.#wheel
    const onSockets = upstreamsByProtocol({
      http1: new ConnectionPool({ wheel, connector }),
      http2: new SessionPool({ wheel, connector, sockets }),
    })
    // A pod may get another's address: whose proxy it is is asked anew with each connection.
    const proxy = () => mesh.proxyOf(mesh.workloadAt(ip) ?? workload)
    return {
      direction,
      destination,
      clusterAddress: (host) => this.#options.clusterAddressOf(host),
      owner: workload,
      isGateway,
      readsProxyHeader: false,
      firstBytesTimeoutMs: FIRST_BYTES_TIMEOUT_MS,
      tlsPlan: ({ serverName: sni, alpn }) =>
        tlsPlanOf(proxy().tlsFor({ direction, destination, alpn, ...(sni !== undefined && { sni }) })),
      admit: (connection) => proxy().admit(connection),
      upstreams: inProcessUpstreams(servers, { podIp: ip, further: onSockets }),
      connector,
    }
  }

  /** To an application straight, past the proxy that stands before it; encrypted to that proxy. */
  #connectorOf(owner: Workload): Connector {
    const { tls, sockets, doorOf } = this.#options
    const locate = ({ address, port }: Parameters<Locate>[0], from: { readonly localAddress?: string }) => {
      const door = doorOf({ ip: address, port })
      return door === undefined ? { host: address, port } : { host: door.ip, port: door.port, ...from }
    }
    const plain = plainConnector(sockets, (endpoint) => locate(endpoint, { localAddress: OWN_ADDRESS }))
    const secured = meshConnector(tls, { owner, locate: (endpoint) => locate(endpoint, {}) })
    return {
      connect: (endpoint, upstream, waiting) =>
        (upstream.transport === 'plaintext' ? plain : secured).connect(endpoint, upstream, waiting),
    }
  }
}
