import { once } from 'node:events'
import { type ClientHttp2Session, connect, createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2'
import { afterEach, beforeEach } from 'vitest'
import type {
  Ended,
  Endpoint,
  Happened,
  HttpExchange,
  IncomingRequest,
  Step,
  UpstreamOptions,
} from '../../src/mesh/exchange/steps.ts'
import { plainConnector } from '../../src/mesh/sockets/connector.ts'
import { Http2ClientConnection } from '../../src/mesh/sockets/http2/client-connection.ts'
import { SessionPool } from '../../src/mesh/sockets/http2/session-pool.ts'
import { TimerWheel } from '../../src/mesh/sockets/timer-wheel.ts'
import { realWorld } from '../../src/world/real-world.ts'
import type { SocketListener } from '../../src/world/sockets.ts'

export const { clock, sockets } = realWorld({ seed: 'http2' })
const wheel = new TimerWheel(clock)
export const host = '127.0.0.1'

export const UPSTREAM: UpstreamOptions = {
  cluster: 'outbound|80||cart.shop.svc.cluster.local',
  transport: 'plaintext',
  protocol: 'http2',
  connectTimeoutMs: 60_000,
  requestsPerConnectionMax: 0,
  idleTimeoutMs: 0,
}
const ENDPOINT: Endpoint = { address: '10.0.0.1', port: 80, workload: undefined }

interface Told {
  readonly events: Happened[]
  readonly ended: Ended[]
}

/** A proxy between clients and a proxy.server, both of HTTP/2, and what a test wants of it besides passing everything on. */
interface Http2Proxy {
  timeoutMs: number
  upstream: UpstreamOptions
  onHappened: ((happened: Happened) => Step | undefined) | undefined
  told: Told
  server: Http2Server
  onStream: (stream: ServerHttp2Stream, headers: Record<string, unknown>) => void
  pool: SessionPool
  serverPort: number
  connections: Set<Http2ClientConnection>
}

/** Made anew for each test. */
export const proxy = {} as Http2Proxy
let listener: SocketListener
let clients: ClientHttp2Session[]

function exchangeOf(request: IncomingRequest): HttpExchange {
  const { method, scheme, authority, target, headers } = request
  const attempt: Step = {
    kind: 'attempt',
    endpoint: ENDPOINT,
    head: { method, scheme, authority, target, headers },
    timeoutMs: proxy.timeoutMs,
    upstream: proxy.upstream,
    mayRepeat: false,
  }
  return {
    start: () => (target === '/direct' ? answer(404, 'not here') : attempt),
    on(happened) {
      proxy.told.events.push(happened)
      const wanted = proxy.onHappened?.(happened)
      if (wanted !== undefined) return wanted
      if (happened.kind === 'answered')
        return { kind: 'relay', status: happened.status, headers: happened.headers, timeoutMs: 0 }
      return happened.kind === 'client-gone' || happened.kind === 'malformed'
        ? { kind: 'close' }
        : answer(503, happened.kind === 'failed' ? happened.how : '')
    },
    ended: (ended) => void proxy.told.ended.push(ended),
  }
}

function answer(status: number, body: string): Step {
  return { kind: 'respond', status, headers: ['content-type', 'text/plain'], body, closes: false }
}

beforeEach(async () => {
  proxy.timeoutMs = 0
  proxy.upstream = UPSTREAM
  proxy.onHappened = undefined
  proxy.told = { events: [], ended: [] }
  clients = []
  proxy.connections = new Set()
  proxy.onStream = (stream, headers) => {
    stream.respond({ ':status': 200, 'x-path': headers[':path'] as string })
    stream.pipe(stream)
  }
  proxy.server = createServer()
  proxy.server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined)
    proxy.onStream(stream, headers)
  })
  proxy.server.listen(0, host)
  await once(proxy.server, 'listening')
  proxy.serverPort = (proxy.server.address() as { port: number }).port
  proxy.pool = new SessionPool({
    connector: plainConnector(sockets, () => ({ host, port: proxy.serverPort })),
    wheel,
    sockets,
  })
  const context = {
    clock,
    wheel,
    sockets,
    upstreams: proxy.pool,
    limits: { idleTimeoutMs: 0 },
    onClosed: (connection: Http2ClientConnection) => proxy.connections.delete(connection),
  }
  listener = await sockets.listen({
    host,
    port: 0,
    onConnection(socket) {
      socket.on('error', () => undefined)
      const connection = new Http2ClientConnection(socket, { scheme: 'http', exchange: exchangeOf }, context)
      proxy.connections.add(connection)
      connection.start()
    },
  })
})

afterEach(async () => {
  for (const client of clients) client.destroy()
  for (const connection of proxy.connections) connection.destroy()
  proxy.pool.drain()
  await listener.close()
  proxy.server.close()
})

/** Where clients connect to. */
export function proxyPort(): number {
  return listener.port
}

export function client(): ClientHttp2Session {
  const session = connect(`http://${host}:${listener.port}`)
  session.on('error', () => undefined)
  clients.push(session)
  return session
}

interface Answer {
  readonly status: number
  readonly headers: Record<string, unknown>
  readonly body: string
  readonly trailers: Record<string, unknown> | undefined
  readonly rstCode: number
}

export async function ask(
  session: ClientHttp2Session,
  headers: Record<string, string>,
  body?: string,
): Promise<Answer> {
  const stream = session.request({ ':path': '/', ...headers }, { endStream: body === undefined })
  let heard = ''
  let head: Record<string, unknown> = {}
  let trailers: Record<string, unknown> | undefined
  stream.on('response', (given) => (head = given))
  stream.on('trailers', (given) => (trailers = given))
  stream.on('data', (bytes: Buffer) => (heard += bytes.toString()))
  stream.on('error', () => undefined)
  if (body !== undefined) stream.end(body)
  await new Promise((resolve) => stream.once('close', resolve))
  return { status: Number(head[':status']), headers: head, body: heard, trailers, rstCode: stream.rstCode ?? 0 }
}
