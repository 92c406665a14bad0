import type { Clock } from '../../world/clock.ts'
import type { HostSocket, Sockets } from '../../world/sockets.ts'
import type { Mesh } from '../exchange/mesh.ts'
import { openServers } from '../proxy/gateway-servers.ts'
import type { Workload } from '../registry/workload.ts'
import type { InProcessServers } from '../sockets/in-process-upstreams.ts'
import { Arrivals, type ConnectionPlan } from '../sockets/listener-set.ts'
import { TimerWheel } from '../sockets/timer-wheel.ts'
import { tlsPlanOf } from '../sockets/tls/gateway-plan.ts'
import type { MeshTls } from '../sockets/tls/mesh-tls.ts'
import type { ProxiedAddresses } from './proxied-addresses.ts'
import { type Address, type HostAddresses, OWN_ADDRESS, ProxyRoads } from './proxy-roads.ts'

export interface MeshConnectionsOptions extends HostAddresses {
  readonly mesh: Mesh
  readonly proxied: Pick<ProxiedAddresses, 'typeAt'>
  readonly sockets: Sockets
  readonly clock: Clock
  readonly tls: MeshTls
  readonly servers: InProcessServers
  /** How the cluster knows an address of this host. */
  clusterAddressOf(host: string): string
}

/** Envoy's own of Istio: heads within a minute is what nobody misses, an hour without a request is enough. */
const LIMITS = { headTimeoutMs: 60_000, idleTimeoutMs: 3_600_000 }
/** istio/api mesh/v1alpha1/config.proto protocol_detection_timeout: no time limit. */
const FIRST_BYTES_TIMEOUT_MS = 0
/** Beyond so many addresses those that have gone are forgotten. */
const ARRIVALS_MAX = 1_024
/** The proxies' side of connections that come to pods over the host's sockets. */
export class MeshConnections {
  /** By which proxies reach each other, applications, and what is outside. */
  readonly roads: ProxyRoads
  readonly #options: MeshConnectionsOptions
  readonly #wheel: TimerWheel
  readonly #arrivals = new Map<string, Arrivals>()

  constructor(options: MeshConnectionsOptions) {
    this.#options = options
    this.#wheel = new TimerWheel(options.clock)
    this.roads = new ProxyRoads({ ...options, wheel: this.#wheel })
  }

  /** Returns whether a proxy stands before the address, and has taken the connection. */
  take(socket: HostSocket, to: Address, isDenied?: () => boolean): boolean {
    const { mesh, proxied } = this.#options
    const type = proxied.typeAt(to.ip)
    if (type === undefined || this.isOwn(socket)) return false
    const workload = mesh.workloadAt(to.ip)
    if (workload === undefined) return false
    if (type === 'gateway' && openServers(mesh.proxyOf(workload).view, to.port).length === 0) return false
    this.#arrivalsAt(to, workload).take(socket, isDenied)
    return true
  }

  /** Whether a proxy has made the connection, for the application behind it: who may come was asked before. */
  isOwn({ remoteAddress }: HostSocket): boolean {
    return remoteAddress === OWN_ADDRESS
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
    const { mesh } = this.#options
    const { roads } = this
    const isGateway = workload.type === 'gateway'
    const direction = isGateway ? 'outbound' : 'inbound'
    const destination = { address: ip, port }
    // A pod may get another's address: whose proxy it is is asked anew with each connection.
    const owner = () => mesh.workloadAt(ip) ?? workload
    const proxy = () => mesh.proxyOf(owner())
    return {
      direction,
      destination,
      clusterAddress: (host) => this.#options.clusterAddressOf(host),
      get owner() {
        return owner()
      },
      isGateway,
      get readsProxyHeader() {
        const { topology } = mesh.snapshot.mesh
        return isGateway && (owner().topology?.readsProxyHeader ?? topology?.readsProxyHeader ?? false)
      },
      firstBytesTimeoutMs: FIRST_BYTES_TIMEOUT_MS,
      tlsPlan: ({ serverName: sni, alpn }) =>
        tlsPlanOf(
          proxy().tlsFor({ direction, destination, alpn, ...(sni !== undefined && { sni }) }),
          mesh.snapshot.mesh,
        ),
      waitsForBytes: (connection) => proxy().waitsForBytes({ ...connection, tls: 'plaintext' }),
      admit: (connection) => proxy().admit(connection),
      get upstreams() {
        return roads.of(owner()).upstreams
      },
      upstreamsOf: (asker) => roads.of(asker).upstreams,
      get connector() {
        return roads.of(owner()).connector
      },
    }
  }
}
