/**
 * One proxy, as a process of its own that can be pinned to a core: `node serve.ts dabba|node|undici PORT BACKEND_PORT`.
 * `dabba` is a sidecar with routes, retries, outlier detection, an authorization policy and metrics; `node` and `undici` take
 * requests by node:http, pass them on by its keep-alive agent or by undici's pool, and know nothing.
 */
import { Agent, createServer, request as httpRequest } from 'node:http'
import { Pool } from 'undici'
import { serveWithMesh } from './mesh-proxy.ts'

const HOST = '127.0.0.1'
const [kind, port = '0', backendPort = '0'] = process.argv.slice(2)

if (kind === 'node') serveWithNode(Number(port), Number(backendPort))
else if (kind === 'undici') serveWithUndici(Number(port), Number(backendPort))
else {
  let records = 0
  await serveWithMesh({
    port: Number(port),
    servers: 1,
    locate: () => ({ host: HOST, port: Number(backendPort) }),
    observer: { exchange: () => void records++, connection: () => undefined },
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

function serveWithUndici(listenPort: number, serverPort: number): void {
  const pool = new Pool(`http://${HOST}:${serverPort}`, { connections: 1_024 })
  const server = createServer((incoming, outgoing) => {
    const { method = 'GET', url: path = '/', headers } = incoming
    const { connection: _, ...passed } = headers
    // A body of null is none: undici would send one of unknown length for a stream that is already at its end.
    const hasBody = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined
    const options = { method, path, headers: passed, body: hasBody ? incoming : null }
    pool
      .stream(options, (answer) => outgoing.writeHead(answer.statusCode, answer.headers))
      .catch(() => outgoing.destroy())
  })
  server.keepAliveTimeout = 600_000
  server.listen(listenPort, HOST)
}
