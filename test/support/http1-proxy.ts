import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { plainConnector } from '../../src/mesh/sockets/connector.ts'
import { ClientConnection, type ClientLimits } from '../../src/mesh/sockets/http1/client-connection.ts'
import { ConnectionPool } from '../../src/mesh/sockets/http1/connection-pool.ts'
import { HeadScanner } from '../../src/mesh/sockets/http1/head-scanner.ts'
import { TimerWheel } from '../../src/mesh/sockets/timer-wheel.ts'
import type { Ended, Endpoint, Happened, RefusedRequest } from '../../src/mesh/exchange/steps.ts'
import { realWorld } from '../../src/world/real-world.ts'
import { type Forwarding, forwardingExchange, PLAINTEXT } from './forwarding-exchange.ts'

const host = '127.0.0.1'
/** How long a test waits for what must come. */
const PATIENCE_MS = 60_000

/** A server on a bare socket: what it says, and when, is the test's. */
export interface Backend extends AsyncDisposable {
  readonly endpoint: Endpoint
  /** All connections that were ever made to it. */
  readonly sockets: readonly Socket[]
}

export async function startBackend(onConnection: (socket: Socket, number: number) => void): Promise<Backend> {
  const sockets: Socket[] = []
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket)
    socket.on('error', () => undefined)
    onConnection(socket, sockets.length)
  })
  const port = await listening(server)
  return {
    endpoint: { address: host, port, workload: undefined },
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await Promise.resolve()
    },
  }
}

/** Answers each head that it gets with the same bytes. */
export function answering(answer: string): (socket: Socket) => void {
  return (socket) => {
    let heard = ''
    socket.on('data', (bytes: Buffer) => {
      heard += bytes.toString('latin1')
      for (let end = heard.indexOf('\r\n\r\n'); end >= 0; end = heard.indexOf('\r\n\r\n')) {
        heard = heard.slice(end + 4)
        socket.write(answer, 'latin1')
      }
    })
  }
}

export interface TestProxy extends AsyncDisposable {
  readonly port: number
  readonly pool: ConnectionPool
  readonly connections: ReadonlySet<ClientConnection>
  readonly refused: readonly RefusedRequest[]
  /** How exchanges ended, in that order. */
  readonly ended: readonly (Ended & { readonly target: string; readonly happened: readonly Happened[] })[]
}

export async function startProxy(
  forwarding: Partial<Forwarding> & Pick<Forwarding, 'endpoint'>,
  limits: Partial<ClientLimits> = {},
): Promise<TestProxy> {
  const world = realWorld({ seed: 'proxy' })
  const wheel = new TimerWheel(world.clock)
  const connector = plainConnector(world.sockets, ({ address, port }) => ({ host: address, port }))
  const pool = new ConnectionPool({ sockets: world.sockets, wheel, connector })
  const connections = new Set<ClientConnection>()
  const refused: RefusedRequest[] = []
  const ended: (Ended & { readonly target: string; readonly happened: readonly Happened[] })[] = []
  const context = {
    clock: world.clock,
    wheel,
    upstreams: pool,
    sockets: world.sockets,
    scanner: new HeadScanner(),
    limits: { headTimeoutMs: 0, idleTimeoutMs: 0, ...limits },
    onClosed: (connection: ClientConnection) => void connections.delete(connection),
    onRefused: (request: RefusedRequest) => void refused.push(request),
  }
  const full: Forwarding = {
    upstream: PLAINTEXT,
    onEnded: (end, request, happened) => ended.push({ ...end, target: request.target, happened }),
    ...forwarding,
  }
  const listener = await world.sockets.listen({
    host,
    port: 0,
    onConnection(socket) {
      const exchange = (request: Parameters<typeof forwardingExchange>[0]): ReturnType<typeof forwardingExchange> =>
        forwardingExchange(request, full)
      const connection = new ClientConnection(socket, { scheme: 'http', exchange }, context)
      connections.add(connection)
      connection.start()
    },
  })
  return {
    port: listener.port,
    pool,
    connections,
    refused,
    ended,
    async [Symbol.asyncDispose]() {
      await listener.close()
      for (const connection of connections) connection.destroy()
      pool.drain()
    },
  }
}

/** A client on a bare socket. */
export class TestClient implements AsyncDisposable {
  readonly socket: Socket
  #heard = ''

  constructor(port: number) {
    this.socket = connect({ host, port, allowHalfOpen: true })
    this.socket.on('data', (bytes: Buffer) => (this.#heard += bytes.toString('latin1')))
    this.socket.on('error', () => undefined)
    this.socket.setMaxListeners(0)
  }

  /** All that has come, until `text` is in it; what has been read is not read again. */
  async read(text: string): Promise<string> {
    while (!this.#heard.includes(text)) {
      if (this.socket.closed || this.socket.readableEnded)
        throw new Error(`closed after ${JSON.stringify(this.#heard)}`)
      await Promise.race([once(this.socket, 'data'), once(this.socket, 'end'), once(this.socket, 'close')])
    }
    const end = this.#heard.indexOf(text) + text.length
    const read = this.#heard.slice(0, end)
    this.#heard = this.#heard.slice(end)
    return read
  }

  async readToEnd(): Promise<string> {
    if (!this.socket.closed && !this.socket.readableEnded) {
      await Promise.race([once(this.socket, 'end'), once(this.socket, 'close')])
    }
    return this.#heard
  }

  write(text: string): this {
    this.socket.write(text, 'latin1')
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy()
    await Promise.resolve()
  }
}

async function listening(server: Server): Promise<number> {
  server.listen(0, host)
  await once(server, 'listening')
  return (server.address() as { readonly port: number }).port
}

/** Waits until something holds that nobody tells of. */
export async function until(holds: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + PATIENCE_MS
  while (performance.now() < deadlineMs) {
    if (holds()) return
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  throw new Error('it never came to hold')
}
