import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { describe, expect, test } from 'vitest'
import { startBackend, TestClient, until } from '../../../test/support/http1-proxy.ts'
import {
  askThrough,
  GET,
  listen,
  MESH_TLS,
  MESH_UPSTREAM,
  MUTUAL,
  OK,
  open,
  serving,
  sockets,
  tls,
  WEB,
  wheel,
} from '../../../test/support/mesh-listener.ts'
import { ConnectionPool } from './http1/connection-pool.ts'
import { SessionPool } from './http2/session-pool.ts'
import { upstreamsByProtocol } from './listener-set.ts'
import { meshConnector } from './tls/tls-connector.ts'

describe('what comes to a listener', () => {
  test('in plain HTTP/1.1 is conversed with', async () => {
    const listener = await listen(await serving())
    await using client = new TestClient(listener.port)
    client.write(GET)
    expect(await client.read('ok')).toContain('200 OK')
    expect(listener.admitted).toEqual([
      {
        direction: 'inbound',
        destination: { address: '10.0.0.1', port: 80 },
        source: { address: 'cluster 127.0.0.1', port: client.socket.localPort },
        tls: 'plaintext',
        alpn: 'http/1.1',
      },
    ])
  })

  test('in HTTP/2 without TLS is conversed with', async () => {
    const listener = await listen(await serving())
    const session = connectHttp2(`http://127.0.0.1:${listener.port}`)
    open.push({ close: () => session.destroy() })
    const stream = session.request({ ':path': '/' })
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>]
    expect(headers[':status']).toBe(200)
    expect(listener.admitted[0]).toMatchObject({ alpn: 'h2c' })
  })

  test.each([
    ['http1', 'istio-http/1.1'],
    ['http2', 'istio-h2'],
  ] as const)('in mutual TLS and %s is let in by its certificate', async (protocol, alpn) => {
    const listener = await listen(await serving(), { plan: MUTUAL })
    const connector = meshConnector(tls, { owner: WEB, locate: () => ({ host: '127.0.0.1', port: listener.port }) })
    const http1 = new ConnectionPool({ sockets, wheel, connector })
    const http2 = new SessionPool({ wheel, connector, sockets })
    open.push({ close: () => http1.drain() }, { close: () => http2.drain() })
    const upstreams = upstreamsByProtocol({ http1, http2 })
    expect(await askThrough(upstreams, { ...MESH_UPSTREAM, protocol, tls: { ...MESH_TLS, alpn: [alpn] } })).toBe(200)
    const principal = 'cluster.local/ns/shop/sa/web'
    expect(listener.admitted[0]).toMatchObject({ tls: 'mtls', alpn, peerPrincipal: principal })
  })

  test('in TLS that is not to be had is cut off', async () => {
    const listener = await listen(await serving())
    const socket = sockets.connectTls({ host: '127.0.0.1', port: listener.port, context: sockets.tlsContext({}) })
    await expect(once(socket, 'secureConnect')).rejects.toThrow()
    // Asked only to be told of.
    expect(listener.admitted).toMatchObject([{ tls: 'tls' }])
  })

  test('in bytes that are no HTTP is passed on', async () => {
    const backend = await startBackend((socket) => socket.pipe(socket))
    open.push({ close: () => backend[Symbol.asyncDispose]() })
    const listener = await listen(backend, { admits: 'tcp' })
    await using client = new TestClient(listener.port)
    client.write('\x00\x01\n')
    expect(await client.read('\x00\x01\n')).toBe('\x00\x01\n')
    expect(listener.admitted[0]).not.toHaveProperty('alpn')
  })

  test('and says nothing is taken after a time for one that lets the server speak first', async () => {
    const backend = await startBackend((socket) => void socket.write('220 ready\r\n'))
    open.push({ close: () => backend[Symbol.asyncDispose]() })
    const listener = await listen(backend, { admits: 'tcp', firstBytesTimeoutMs: 20 })
    await using client = new TestClient(listener.port)
    expect(await client.read('\r\n')).toBe('220 ready\r\n')
  })

  test('and is not admitted is reset', async () => {
    const listener = await listen(await serving(), { admits: 'refuse' })
    await using client = new TestClient(listener.port)
    client.write(GET)
    const [error] = (await once(client.socket, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('ECONNRESET')
    await until(() => listener.size === 0)
  })

  test('and is no HTTP where that is wanted is told so, and closed', async () => {
    const admit = () => ({ kind: 'refuse', reason: 'protocol-error' }) as const
    const listener = await listen(await serving(), { admit })
    await using client = new TestClient(listener.port)
    client.write('\x00\x01\x02\r\n\r\n')
    expect(await client.readToEnd()).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n[^]*\r\n\r\nBad Request$/)
    await until(() => listener.size === 0)
  })
})

describe('a listener that closes', () => {
  test('lets what is under way finish, and takes nothing new', async () => {
    let answer: (() => void) | undefined
    const backend = await startBackend((socket) => void socket.on('data', () => (answer = () => socket.write(OK))))
    open.push({ close: () => backend[Symbol.asyncDispose]() })
    const listener = await listen(backend)
    await using client = new TestClient(listener.port)
    client.write(GET)
    await until(() => answer !== undefined)
    const closing = listener.close(10_000)
    await using late = new TestClient(listener.port)
    await expect(once(late.socket, 'connect')).rejects.toThrow('ECONNREFUSED')
    answer?.()
    expect(await client.readToEnd()).toContain('connection: close\r\n\r\nok')
    client.socket.end()
    await closing
    expect(listener.size).toBe(0)
  })

  test('cuts off what does not come to its end', async () => {
    const backend = await startBackend((socket) => void socket.resume())
    open.push({ close: () => backend[Symbol.asyncDispose]() })
    const listener = await listen(backend)
    await using client = new TestClient(listener.port)
    client.write(GET)
    await until(() => backend.sockets.length === 1)
    await listener.close(30)
    expect(await client.readToEnd()).toBe('')
  })
})
