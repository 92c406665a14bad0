import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { afterEach, describe, expect, test } from 'vitest'
import { forwardingExchange, PLAINTEXT } from '../../../test/support/forwarding-exchange.ts'
import { answering, type Backend, startBackend, TestClient, until } from '../../../test/support/http1-proxy.ts'
import { realWorld } from '../../world/real-world.ts'
import type { Admission, IncomingConnection, TlsPlan, UpstreamOptions } from '../exchange/steps.ts'
import { Identities } from '../identity/identities.ts'
import { newMeshAuthority } from '../identity/mesh-authority.ts'
import { plainConnector } from './connector.ts'
import { ConnectionPool } from './http1/connection-pool.ts'
import { SessionPool } from './http2/session-pool.ts'
import { type ListenerPlan, openListener, type OpenListener, upstreamsByProtocol } from './listener-set.ts'
import { MeshTls } from './tls/mesh-tls.ts'
import { meshConnector } from './tls/tls-connector.ts'
import { TimerWheel } from './timer-wheel.ts'

const world = realWorld({ seed: 'listener' })
const { clock, sockets } = world
const wheel = new TimerWheel(clock)
const trust = { trustDomain: 'cluster.local' }
const authority = newMeshAuthority({ organization: 'cluster.local' }, world)
const identities = new Identities({ authority, trust }, world)
const tls = new MeshTls({ sockets, clock, identities, secrets: () => undefined })
const CART = { namespace: 'shop', serviceAccount: 'cart' }
const WEB = { namespace: 'shop', serviceAccount: 'web' }
const MUTUAL: TlsPlan = {
  kind: 'terminate',
  certificate: 'default',
  clientCertificate: 'required',
  alpn: ['istio-http/1.1', 'istio-h2', 'h2', 'istio'],
}
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const GET = 'GET / HTTP/1.1\r\nHost: shop\r\n\r\n'

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close()
})

interface Opened extends OpenListener {
  readonly admitted: readonly IncomingConnection[]
}

/** A listener before a server, which admits everybody in one way. */
async function listen(
  backend: Backend,
  {
    admits = 'http',
    plan = { kind: 'refuse' },
    ...fields
  }: Partial<ListenerPlan> & { admits?: Admission['kind']; plan?: TlsPlan } = {},
): Promise<Opened> {
  const admitted: IncomingConnection[] = []
  const locate = ({ address, port }: { address: string; port: number }) => ({ host: address, port })
  const connector = plainConnector(sockets, locate)
  const http1 = new ConnectionPool({ sockets, wheel, connector })
  const http2 = new SessionPool({ wheel, connector, sockets })
  const { endpoint } = backend
  const listener = await openListener(
    {
      host: '127.0.0.1',
      port: 0,
      direction: 'inbound',
      destination: { address: '10.0.0.1', port: 80 },
      clusterAddress: (host) => `cluster ${host}`,
      owner: CART,
      isGateway: false,
      readsProxyHeader: false,
      firstBytesTimeoutMs: 0,
      tlsPlan: () => plan,
      admit(connection) {
        admitted.push(connection)
        if (admits === 'refuse') return { kind: 'refuse', reason: 'no-filter-chain' }
        if (admits === 'http') {
          const forwarding = { endpoint, upstream: PLAINTEXT }
          return { kind: 'http', exchange: (request) => forwardingExchange(request, forwarding) }
        }
        const exchange = {
          start: () => ({ kind: 'connect', endpoint, upstream: PLAINTEXT, timeoutMs: 1_000 }) as const,
          on: (happened: { kind: string }) =>
            happened.kind === 'connected'
              ? ({ kind: 'pipe', idleTimeoutMs: 0 } as const)
              : ({ kind: 'close' } as const),
          ended: () => undefined,
        }
        return { kind: 'tcp', exchange: () => exchange }
      },
      upstreams: upstreamsByProtocol({ http1, http2 }),
      connector,
      ...fields,
    },
    { sockets, clock, wheel, tls, limits: { headTimeoutMs: 0, idleTimeoutMs: 0 } },
  )
  open.push({ close: () => listener.close(0) }, { close: () => http1.drain() })
  return Object.defineProperties({ admitted } as unknown as Opened, Object.getOwnPropertyDescriptors(listener))
}

async function serving(answer = OK): Promise<Backend> {
  const backend = await startBackend(answering(answer))
  open.push({ close: () => backend[Symbol.asyncDispose]() })
  return backend
}

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
    const upstream: UpstreamOptions = {
      ...PLAINTEXT,
      transport: 'mtls',
      protocol,
      tls: { sni: 'outbound_.80_._.cart', alpn: [alpn], subjectAltNames: [], skipsVerification: false },
    }
    const head = { method: 'GET', scheme: 'http', authority: 'shop', target: '/', headers: [] }
    const target = { endpoint: { address: '10.0.0.1', port: 80, workload: undefined }, head, upstream }
    const status = await new Promise<number | string>((resolve) => {
      upstreamsByProtocol({ http1, http2 }).open(target, false, {
        onInformational: () => undefined,
        onAnswerHead: resolve,
        onAnswerData: () => undefined,
        onAnswerEnd: () => undefined,
        onAnswerPause: () => undefined,
        onServerDrain: () => undefined,
        onFailed: ({ how, reason }) => resolve(`${how}: ${reason}`),
      })
    })
    expect(status).toBe(200)
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
