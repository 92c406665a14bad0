/**
 * Two sidecars in one process, with mutual TLS between them on a wire: `node serve-mtls.ts PORT INBOUND_PORT BACKEND_PORT`. The
 * caller's has routes, retries and outlier detection, the server's an authorization policy; both report metrics.
 */
import { Identities } from '../../src/mesh/identity/identities.ts'
import { newMeshAuthority } from '../../src/mesh/identity/mesh-authority.ts'
import { ConnectionPool } from '../../src/mesh/sockets/http1/connection-pool.ts'
import { SessionPool } from '../../src/mesh/sockets/http2/session-pool.ts'
import { type ListenerPlan, openListener, upstreamsByProtocol } from '../../src/mesh/sockets/listener-set.ts'
import { TimerWheel } from '../../src/mesh/sockets/timer-wheel.ts'
import { tlsPlanOf } from '../../src/mesh/sockets/tls/gateway-plan.ts'
import { MeshTls, type ProxyOwner } from '../../src/mesh/sockets/tls/mesh-tls.ts'
import { meshConnector } from '../../src/mesh/sockets/tls/tls-connector.ts'
import { realWorld } from '../../src/world/real-world.ts'
import { HOST } from './machine.ts'
import { CALLER, SERVICE, serverAddress, testMesh } from './mesh-under-test.ts'

const [port = 0, inboundPort = 0, backendPort = 0] = process.argv.slice(2).map(Number)
const SERVER = { address: serverAddress(0), port: 8080 }

const world = realWorld({ seed: 'bench' })
const { clock, sockets } = world
let records = 0
const observer = { exchange: () => void records++, connection: () => undefined }
const { mesh } = testMesh(world, { servers: 1, observer, fuses: false })
const authority = newMeshAuthority({ organization: 'cluster.local' }, world)
const identities = new Identities({ authority, trust: { trustDomain: 'cluster.local' } }, world)
const tls = new MeshTls({ sockets, clock, identities, secrets: () => undefined })
const wheel = new TimerWheel(clock)
const limits = { headTimeoutMs: 10_000, idleTimeoutMs: 3_600_000 }

await openListener(sidecar('outbound', { address: CALLER, port, leadsTo: inboundPort }), {
  sockets,
  clock,
  wheel,
  tls,
  limits,
})
await openListener(sidecar('inbound', { address: SERVER.address, port: inboundPort, leadsTo: backendPort }), {
  sockets,
  clock,
  wheel,
  tls,
  limits,
})

function sidecar(
  direction: ListenerPlan['direction'],
  options: { readonly address: string; readonly port: number; readonly leadsTo: number },
): ListenerPlan {
  const workload = mesh.workloadAt(options.address)
  if (workload === undefined) throw new Error(`nobody is at ${options.address}`)
  const proxy = mesh.proxyOf(workload)
  const owner: ProxyOwner = workload
  const connector = meshConnector(tls, { owner, locate: () => ({ host: HOST, port: options.leadsTo }) })
  const destination = direction === 'outbound' ? SERVICE : SERVER
  return {
    host: HOST,
    port: options.port,
    direction,
    destination,
    clusterAddress: () => CALLER,
    owner,
    isGateway: false,
    readsProxyHeader: false,
    firstBytesTimeoutMs: 0,
    tlsPlan: ({ serverName: sni, alpn }) =>
      tlsPlanOf(proxy.tlsFor({ direction, destination, alpn, ...(sni !== undefined && { sni }) })),
    admit: (connection) => proxy.admit(connection),
    upstreams: upstreamsByProtocol({
      http1: new ConnectionPool({ sockets: world.sockets, wheel, connector }),
      http2: new SessionPool({ wheel, connector, sockets }),
    }),
    connector,
  }
}
