import type { ExchangeObserver } from '../../src/mesh/exchange/records.ts'
import { Identities } from '../../src/mesh/identity/identities.ts'
import { newMeshAuthority } from '../../src/mesh/identity/mesh-authority.ts'
import type { Locate } from '../../src/mesh/sockets/connector.ts'
import { ConnectionPool } from '../../src/mesh/sockets/http1/connection-pool.ts'
import { SessionPool } from '../../src/mesh/sockets/http2/session-pool.ts'
import { type ListenerPlan, openListener, upstreamsByProtocol } from '../../src/mesh/sockets/listener-set.ts'
import { TimerWheel } from '../../src/mesh/sockets/timer-wheel.ts'
import { tlsPlanOf } from '../../src/mesh/sockets/tls/gateway-plan.ts'
import { MeshTls } from '../../src/mesh/sockets/tls/mesh-tls.ts'
import { meshConnector } from '../../src/mesh/sockets/tls/tls-connector.ts'
import { tunnellingConnector } from '../../src/mesh/sockets/tunnel/tunnelling-connector.ts'
import { realWorld } from '../../src/world/real-world.ts'
import { HOST } from './machine.ts'
import { CALLER, SERVICE, serverAddress, type TestMesh, testMesh } from './mesh-under-test.ts'

export interface TwoSidecarsOptions {
  /** Where callers come to the first sidecar. */
  readonly port: number
  readonly servers: readonly { readonly inboundPort: number; readonly backendPort: number }[]
  readonly observer: ExchangeObserver
  /** After so long tunnels are replaced, as with other certificates; absent: never. */
  readonly credentialLifetimeMs?: number
}

/**
 * The sidecars of a caller and of its servers in one process, with mutual TLS between them on a wire: the caller's has routes,
 * retries and outlier detection, the servers' an authorization policy; all report metrics.
 */
export async function serveTwoSidecars(options: TwoSidecarsOptions): Promise<TestMesh> {
  const { port, servers, observer, credentialLifetimeMs } = options
  const world = realWorld({ seed: 'bench' })
  const { clock, sockets } = world
  const made = testMesh(world, { servers: servers.length, observer, fuses: false })
  const authority = newMeshAuthority({ organization: 'cluster.local' }, world)
  const identities = new Identities({ authority, trust: { trustDomain: 'cluster.local' } }, world)
  const tls = new MeshTls({ sockets, clock, identities, secrets: () => undefined })
  const wheel = new TimerWheel(clock)
  const limits = { headTimeoutMs: 10_000, idleTimeoutMs: 3_600_000 }
  let credential = {}
  if (credentialLifetimeMs !== undefined) setInterval(() => (credential = {}), credentialLifetimeMs)

  async function listen(at: { address: string; port: number }, plan: SidecarPlan): Promise<void> {
    const { direction, destination, locate } = plan
    const workload = made.mesh.workloadAt(at.address)
    if (workload === undefined) throw new Error(`nobody is at ${at.address}`)
    const proxy = made.mesh.proxyOf(workload)
    const connector = meshConnector(tls, { owner: workload, locate })
    const tunnels = tunnellingConnector({ sockets, wheel, connector, credentialOf: () => credential })
    await openListener(
      {
        host: HOST,
        port: at.port,
        direction,
        destination,
        clusterAddress: () => CALLER,
        owner: workload,
        isGateway: false,
        readsProxyHeader: false,
        firstBytesTimeoutMs: 0,
        tlsPlan: ({ serverName: sni, alpn }) =>
          tlsPlanOf(proxy.tlsFor({ direction, destination, alpn, ...(sni !== undefined && { sni }) })),
        admit: (connection) => proxy.admit(connection),
        upstreams: upstreamsByProtocol({
          http1: new ConnectionPool({ sockets, wheel, connector: tunnels }),
          http2: new SessionPool({ wheel, connector, sockets }),
        }),
        connector,
      },
      { sockets, clock, wheel, tls, limits },
    )
  }

  const inboundPorts = new Map(servers.map(({ inboundPort }, server) => [serverAddress(server), inboundPort]))
  const toSidecar: Locate = ({ address }) => ({ host: HOST, port: inboundPorts.get(address) ?? 0 })
  await listen({ address: CALLER, port }, { direction: 'outbound', destination: SERVICE, locate: toSidecar })
  for (const [server, { inboundPort, backendPort }] of servers.entries()) {
    const address = serverAddress(server)
    await listen(
      { address, port: inboundPort },
      {
        direction: 'inbound',
        destination: { address, port: 8080 },
        locate: () => ({ host: HOST, port: backendPort }),
      },
    )
  }
  return made
}

type SidecarPlan = Pick<ListenerPlan, 'direction' | 'destination'> & { readonly locate: Locate }
