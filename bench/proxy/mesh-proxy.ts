import type { ExchangeObserver } from '../../src/mesh/exchange/records.ts'
import { type Locate, plainConnector } from '../../src/mesh/sockets/connector.ts'
import { ClientConnection } from '../../src/mesh/sockets/http1/client-connection.ts'
import { ConnectionPool } from '../../src/mesh/sockets/http1/connection-pool.ts'
import { HeadScanner } from '../../src/mesh/sockets/http1/head-scanner.ts'
import { TimerWheel } from '../../src/mesh/sockets/timer-wheel.ts'
import { realWorld } from '../../src/world/real-world.ts'
import { CALLER, SERVICE, type TestMesh, testMesh } from './mesh-under-test.ts'

export interface MeshProxyOptions {
  readonly port: number
  readonly servers: number
  readonly locate: Locate
  readonly observer: ExchangeObserver
}

/** The sidecar of the caller, on sockets. */
export async function serveWithMesh({ port, servers, locate, observer }: MeshProxyOptions): Promise<TestMesh> {
  const world = realWorld({ seed: 'bench' })
  const made = testMesh(world, { servers, observer })
  const wheel = new TimerWheel(world.clock)
  const upstreams = new ConnectionPool({
    sockets: world.sockets,
    wheel,
    connector: plainConnector(world.sockets, locate),
  })
  const context = {
    clock: world.clock,
    wheel,
    upstreams,
    sockets: world.sockets,
    scanner: new HeadScanner(),
    limits: { headTimeoutMs: 10_000, idleTimeoutMs: 3_600_000 },
    onClosed: () => undefined,
  }
  const caller = made.mesh.workloadAt(CALLER)
  if (caller === undefined) throw new Error('the caller is no workload')
  const proxy = made.mesh.proxyOf(caller)
  await world.sockets.listen({
    host: '127.0.0.1',
    port,
    onConnection(socket) {
      const source = { address: CALLER, port: socket.remotePort ?? 0 }
      const connection = {
        direction: 'outbound',
        destination: SERVICE,
        source,
        tls: 'plaintext',
        alpn: 'http/1.1',
      } as const
      const admission = proxy.admit(connection)
      if (admission.kind !== 'http') throw new Error(`the connection is not taken: ${JSON.stringify(admission)}`)
      const exchange = (request: Parameters<typeof admission.exchange>[0]): ReturnType<typeof admission.exchange> =>
        admission.exchange(request)
      new ClientConnection(socket, { scheme: 'http', exchange }, context).start()
    },
  })
  return made
}
