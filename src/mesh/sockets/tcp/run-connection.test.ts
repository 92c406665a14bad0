import { once } from 'node:events'
import { afterEach, describe, expect, test } from 'vitest'
import { until } from '../../../../test/support/http1-proxy.ts'
import type { Clock } from '../../../world/clock.ts'
import { realWorld } from '../../../world/real-world.ts'
import type { ByteSocket, SocketListener } from '../../../world/sockets.ts'
import { VirtualClock } from '../../../world/virtual-clock.ts'
import type { Endpoint, TcpEnded, TcpExchange, TcpHappened, UpstreamOptions } from '../../exchange/steps.ts'
import { type Connector, plainConnector } from '../connector.ts'
import { type ConnectionRun, runConnection } from './run-connection.ts'

const { clock, sockets } = realWorld({ seed: 'tcp' })
const host = '127.0.0.1'
const open: SocketListener[] = []
afterEach(async () => {
  for (const listener of open.splice(0)) await listener.close()
})

async function listen(onConnection: (socket: ByteSocket) => void): Promise<number> {
  const listener = await sockets.listen({ host, port: 0, onConnection })
  open.push(listener)
  return listener.port
}

const PLAIN: UpstreamOptions = {
  cluster: 'outbound|3306||mysql.shop.svc.cluster.local',
  transport: 'plaintext',
  protocol: 'http1',
  connectTimeoutMs: 60_000,
  requestsPerConnectionMax: 0,
  idleTimeoutMs: 0,
}
const ENDPOINT: Endpoint = { address: '10.0.0.1', port: 3306, workload: undefined }

interface Told {
  readonly events: (TcpHappened | TcpEnded)[]
  readonly ended: Promise<TcpEnded>
}

interface Proxied extends Told {
  readonly port: number
  readonly runs: ConnectionRun[]
}

/** A proxy in front of `serverPort`, whose exchange connects once and pipes, or closes. */
async function proxyTo(
  serverPort: number,
  options: {
    idleTimeoutMs?: number
    timeoutMs?: number
    upstream?: Partial<UpstreamOptions>
    connector?: Connector
    time?: Clock
  } = {},
): Promise<Proxied> {
  const { idleTimeoutMs = 0, timeoutMs = 60_000, upstream = {}, time = clock } = options
  const events: (TcpHappened | TcpEnded)[] = []
  const runs: ConnectionRun[] = []
  let finish: (ended: TcpEnded) => void = () => undefined
  const ended = new Promise<TcpEnded>((resolve) => (finish = resolve))
  const exchange: TcpExchange = {
    start: () => ({ kind: 'connect', endpoint: ENDPOINT, upstream: { ...PLAIN, ...upstream }, timeoutMs }),
    on(happened) {
      events.push(happened)
      return happened.kind === 'connected' ? { kind: 'pipe', idleTimeoutMs } : { kind: 'close' }
    },
    ended(record) {
      events.push(record)
      finish(record)
    },
  }
  const connector = options.connector ?? plainConnector(sockets, () => ({ host, port: serverPort }))
  const addresses = { source: { address: '192.0.2.7', port: 51_000 }, destination: { address: '10.0.0.9', port: 3306 } }
  const context = { addresses, connector, clock: time }
  const port = await listen((client) => runs.push(runConnection(exchange, { client, ...context })))
  return { port, runs, events, ended }
}

/** To a server that neither answers nor refuses. */
function silentConnector(): { connector: Connector; cancelled(): number } {
  let cancelled = 0
  return { connector: { connect: () => ({ cancel: () => void cancelled++ }) }, cancelled: () => cancelled }
}

async function heardBy(socket: ByteSocket): Promise<string> {
  let heard = ''
  for await (const bytes of socket) heard += String(bytes)
  return heard
}

describe('a connection of bytes', () => {
  test('is passed on both ways, whoever speaks first, and each end goes on alone', async () => {
    const server = await listen((socket) => {
      socket.write('5.7.1-MySQL ')
      socket.on('data', (bytes: Buffer) => socket.write(bytes))
      socket.on('end', () => clock.schedule(20, () => socket.end(' bye')))
      socket.resume()
    })
    const { port, ended } = await proxyTo(server)
    const client = sockets.connect({ host, port })
    client.end('select 1')
    expect(await heardBy(client)).toBe('5.7.1-MySQL select 1 bye')
    expect(await ended).toEqual({ how: 'complete', receivedBytes: 8, sentBytes: 24 })
  })

  test('that nobody takes up is closed', async () => {
    const { port, events, ended } = await proxyTo(1)
    const client = sockets.connect({ host, port })
    client.on('error', () => undefined)
    expect(await heardBy(client).catch(() => 'reset')).toMatch(/^(reset)?$/)
    await ended
    expect(events).toMatchObject([{ kind: 'failed', how: 'connect' }, { how: 'upstream-gone' }])
  })

  test('that takes too long to come about is given up', async () => {
    const { connector, cancelled } = silentConnector()
    const { port, events, ended } = await proxyTo(9, { timeoutMs: 50, connector })
    sockets.connect({ host, port }).on('error', () => undefined)
    await ended
    expect(events[0]).toEqual({ kind: 'failed', how: 'connect-timeout', reason: 'connection timed out' })
    expect(cancelled()).toBe(1)
  })

  test('whose proxy closes it while the server is awaited is told as gone', async () => {
    const { connector, cancelled } = silentConnector()
    const { port, runs, events, ended } = await proxyTo(9, { timeoutMs: 0, connector })
    const client = sockets.connect({ host, port })
    client.on('error', () => undefined)
    await until(() => runs.length === 1)
    runs[0]?.close()
    await ended
    expect(events[0]).toEqual({ kind: 'client-gone' })
    expect(cancelled()).toBe(1)
  })

  test('on which nothing is said for long is closed, and not before', async () => {
    const server = await listen((socket) => {
      socket.on('data', (bytes: Buffer) => socket.write(bytes))
      socket.resume()
    })
    const time = new VirtualClock(0)
    const { port, events, ended } = await proxyTo(server, { idleTimeoutMs: 400, time })
    const client = sockets.connect({ host, port })
    for (let round = 0; round < 4; round++) {
      client.write('x')
      await once(client, 'data')
      await time.advance(350)
    }
    expect(events).toEqual([{ kind: 'connected' }])
    await time.advance(50)
    expect(await ended).toEqual({ how: 'timeout', receivedBytes: 4, sentBytes: 4 })
  })

  test.each([
    ['client-gone', (client: ByteSocket) => client.resetAndDestroy()],
    ['upstream-gone', (_: ByteSocket, server: ByteSocket) => server.resetAndDestroy()],
  ])('that is broken off is told as %s, and closed on the other side', async (how, breakOff) => {
    const served = Promise.withResolvers<ByteSocket>()
    const port = await listen((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => served.resolve(socket))
      socket.resume()
    })
    const proxy = await proxyTo(port)
    const client = sockets.connect({ host, port: proxy.port })
    client.on('error', () => undefined)
    client.resume()
    client.write('hello')
    const server = await served.promise
    const closed = Promise.all([client, server].map((socket) => once(socket, 'close').catch(() => undefined)))
    for (const socket of [client, server]) socket.on('end', () => socket.end())
    breakOff(client, server)
    expect(await proxy.ended).toEqual({ how, receivedBytes: 5, sentBytes: 0 })
    await closed
  })

  test('of a slow reader is held back: what is in between stays small', async () => {
    const totalBytes = 64 * 2 ** 20
    let written = 0
    const server = await listen((socket) => {
      const chunk = Buffer.alloc(2 ** 16)
      const pump = (): void => {
        while (written < totalBytes) {
          written += chunk.length
          if (!socket.write(chunk)) return
        }
        socket.end()
      }
      socket.on('drain', pump)
      pump()
    })
    const { port, ended } = await proxyTo(server)
    const client = sockets.connect({ host, port })
    await once(client, 'connect')
    await clock.sleep(300)
    // Kernels hold some megabytes on the way; the proxy nothing worth mentioning.
    expect(written).toBeLessThan(24 * 2 ** 20)
    let heardBytes = 0
    client.on('data', (bytes: Buffer) => (heardBytes += bytes.length))
    client.on('end', () => client.end())
    const closed = once(client, 'close')
    expect(await ended).toMatchObject({ how: 'complete', sentBytes: totalBytes })
    await closed
    expect(heardBytes).toBe(totalBytes)
  })

  test.each([
    ['V1', 'PROXY TCP4 192.0.2.7 10.0.0.9 51000 3306\r\n'],
    ['V2', '\r\n\r\n\0\r\nQUIT\n'],
  ] as const)('begins with a PROXY header of version %s where the cluster wants one', async (version, start) => {
    const served = Promise.withResolvers<string>()
    const port = await listen((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', (bytes: Buffer) => served.resolve(bytes.toString('latin1')))
      socket.resume()
    })
    const proxy = await proxyTo(port, { upstream: { proxyProtocol: version } })
    const client = sockets.connect({ host, port: proxy.port })
    client.on('error', () => undefined)
    client.write('hello')
    expect((await served.promise).slice(0, start.length)).toBe(start)
    proxy.runs[0]?.close()
    await proxy.ended
  })
})
