import { once } from 'node:events'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { forwardingExchange, PLAINTEXT } from '../../../../test/support/forwarding-exchange.ts'
import { answering, startBackend, TestClient } from '../../../../test/support/http1-proxy.ts'
import { uncaughtDuring } from '../../../../test/support/uncaught.ts'
import { realWorld } from '../../../world/real-world.ts'
import type { SocketListener } from '../../../world/sockets.ts'
import type { Endpoint, Ended } from '../../exchange/steps.ts'
import { plainConnector } from '../connector.ts'
import { ClientConnection } from '../http1/client-connection.ts'
import { ConnectionPool } from '../http1/connection-pool.ts'
import { HeadScanner } from '../http1/head-scanner.ts'
import { TimerWheel } from '../timer-wheel.ts'
import { Http2ClientConnection } from './client-connection.ts'
import { SessionPool } from './session-pool.ts'

const host = '127.0.0.1'
const { clock, sockets } = realWorld({ seed: 'versions' })
const wheel = new TimerWheel(clock)
const connector = plainConnector(sockets, ({ address, port }) => ({ host: address, port }))

interface Between extends AsyncDisposable {
  readonly port: number
  readonly ended: readonly Ended[]
}

/** A proxy that speaks one version with its clients and the other with the server. */
async function proxyTo(endpoint: Endpoint, server: 'http1' | 'http2'): Promise<Between> {
  const pool =
    server === 'http1'
      ? new ConnectionPool({ sockets, wheel, connector })
      : new SessionPool({ sockets, wheel, connector })
  const upstream = { ...PLAINTEXT, protocol: server }
  const ended: Ended[] = []
  const open = new Set<{ destroy(): void }>()
  const context = {
    clock,
    wheel,
    sockets,
    upstreams: pool,
    scanner: new HeadScanner(),
    limits: { headTimeoutMs: 0, idleTimeoutMs: 0 },
    onClosed: (connection: { destroy(): void }) => void open.delete(connection),
  }
  const Connection = server === 'http1' ? Http2ClientConnection : ClientConnection
  const listener: SocketListener = await sockets.listen({
    host,
    port: 0,
    onConnection(socket) {
      socket.on('error', () => undefined)
      const exchange = (request: Parameters<typeof forwardingExchange>[0]): ReturnType<typeof forwardingExchange> =>
        forwardingExchange(request, { endpoint, upstream, onEnded: (how) => ended.push(how) })
      const connection = new Connection(socket, { scheme: 'http', exchange }, context)
      open.add(connection)
      connection.start()
    },
  })
  return {
    port: listener.port,
    ended,
    async [Symbol.asyncDispose]() {
      await listener.close()
      for (const connection of open) connection.destroy()
      pool.drain()
    },
  }
}

/** What a client of HTTP/2 gets for one request. */
async function asked(port: number): Promise<object> {
  const session = connectHttp2(`http://${host}:${port}`)
  session.on('error', () => undefined)
  const stream = session.request({ ':path': '/' })
  stream.on('error', () => undefined)
  const early: string[] = []
  let status = 0
  let trailers = {}
  stream.on('headers', (head) => early.push(head[':status'] === undefined ? '' : String(head[':status'])))
  stream.on('response', (head) => (status = head[':status'] ?? 0))
  stream.on('trailers', (given) => (trailers = { ...given }))
  stream.resume()
  await new Promise((resolve) => stream.once('close', resolve))
  session.destroy()
  return { early, status, trailers, rstCode: stream.rstCode }
}

describe('what a server of HTTP/1.1 says before and after its answer', () => {
  test.each([
    ['x-name: 1\r\nX-Name: 2', { early: ['103'], trailers: { 'x-name': '1, 2' } }],
    ['keep-alive: x', { early: ['103'], trailers: {} }],
    ['http2-settings: x', { early: ['103'], trailers: {} }],
    ['te: gzip', { early: ['103'], trailers: {} }],
    ['content-type: a\r\ncontent-type: b', { early: [], rstCode: 2 }],
    ['etag: a\r\netag: b', { early: [], rstCode: 2 }],
  ])('ends no more than its own request, where HTTP/2 has no place for it: %j', async (lines, passed) => {
    const answer = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n'
    await using backend = await startBackend(
      answering(`HTTP/1.1 103 Early Hints\r\n${lines}\r\n\r\n${answer}${lines}\r\n\r\n`),
    )
    await using proxy = await proxyTo(backend.endpoint, 'http1')
    const uncaught = await uncaughtDuring(async () => {
      expect(await asked(proxy.port)).toMatchObject({ status: 200, ...passed })
    })
    expect(uncaught).toEqual([])
    expect(proxy.ended).toHaveLength(1)
  })
})

describe('what a client of HTTP/1.1 says after its request', () => {
  test.each([
    ['x-name: 1', 200],
    ['http2-settings: x', 200],
    ['te: gzip', 200],
    ['content-type: a\r\ncontent-type: b', 503],
  ])('ends no more than that, where HTTP/2 has no place for it: %j', async (lines, status) => {
    const server = createHttp2Server()
    server.on('stream', (stream) => {
      stream.on('error', () => undefined)
      stream.resume()
      stream.on('end', () => {
        if (stream.closed) return
        stream.respond({ ':status': 200 })
        stream.end('fine')
      })
    })
    server.listen(0, host)
    await once(server, 'listening')
    const endpoint = { address: host, port: (server.address() as AddressInfo).port, workload: undefined }
    await using proxy = await proxyTo(endpoint, 'http2')
    await using client = new TestClient(proxy.port)
    const uncaught = await uncaughtDuring(async () => {
      client.write(`POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n${lines}\r\n\r\n`)
      expect(await client.read('\r\n\r\n')).toContain(`HTTP/1.1 ${status} `)
    })
    server.close()
    expect(uncaught).toEqual([])
  })
})
