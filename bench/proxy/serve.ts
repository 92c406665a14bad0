/**
 * One proxy, as a process of its own that can be pinned to a core: `node serve.ts dabba|node PORT BACKEND_PORT`. `dabba` is a
 * sidecar with routes, retries, outlier detection, an authorization policy and metrics; `node` passes requests on by node:http
 * and a keep-alive agent, and knows nothing.
 */
import { Agent, createServer, request as httpRequest } from 'node:http'
import type { ExchangeRecord } from '../../src/mesh/exchange/steps.ts'
import { plainConnector } from '../../src/mesh/sockets/connector.ts'
import { ClientConnection } from '../../src/mesh/sockets/http1/client-connection.ts'
import { ConnectionPool } from '../../src/mesh/sockets/http1/connection-pool.ts'
import { HeadScanner } from '../../src/mesh/sockets/http1/head-scanner.ts'
import { TimerWheel } from '../../src/mesh/sockets/timer-wheel.ts'
import { realWorld } from '../../src/world/real-world.ts'
import { CALLER, SERVICE, testMesh } from './mesh-under-test.ts'

const HOST = '127.0.0.1'
const [kind, port = '0', backendPort = '0'] = process.argv.slice(2)

if (kind === 'node') serveWithNode(Number(port), Number(backendPort))
else await serveWithMesh(Number(port), Number(backendPort))

async function serveWithMesh(listenPort: number, serverPort: number): Promise<void> {
  const world = realWorld({ seed: 'bench' })
  let records = 0
  const counted = { exchange: (_record: ExchangeRecord) => void records++, connection: () => undefined }
  const { mesh } = testMesh(world, { servers: 1, observer: counted })
  const wheel = new TimerWheel(world.clock)
  const connector = plainConnector(world.sockets, () => ({ host: HOST, port: serverPort }))
  const upstreams = new ConnectionPool({ wheel, connector })
  const context = {
    clock: world.clock,
    wheel,
    upstreams,
    scanner: new HeadScanner(),
    limits: { headTimeoutMs: 10_000, idleTimeoutMs: 3_600_000 },
    onClosed: () => undefined,
  }
  const caller = mesh.workloadAt(CALLER)
  if (caller === undefined) throw new Error('the caller is no workload')
  const proxy = mesh.proxyOf(caller)
  await world.sockets.listen({
    host: HOST,
    port: listenPort,
    onConnection(socket) {
      const source = { address: CALLER, port: socket.remotePort ?? 0 }
      const admission = proxy.admit({
        direction: 'outbound',
        destination: SERVICE,
        source,
        tls: 'plaintext',
        alpn: 'http/1.1',
      })
      if (admission.kind !== 'http') throw new Error(`the connection is not taken: ${JSON.stringify(admission)}`)
      new ClientConnection(
        socket,
        { scheme: 'http', exchange: (request) => admission.exchange(request) },
        context,
      ).start()
    },
  })
}

function serveWithNode(listenPort: number, serverPort: number): void {
  const agent = new Agent({ keepAlive: true, maxSockets: 1_024, maxFreeSockets: 1_024 })
  const server = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming
    const options = { agent, host: HOST, port: serverPort, method, path: url, headers }
    const passed = httpRequest(options, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    passed.on('error', () => outgoing.destroy())
    incoming.pipe(passed)
  })
  server.keepAliveTimeout = 600_000
  server.listen(listenPort, HOST)
}
