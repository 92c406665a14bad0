import { once } from 'node:events'
import { createServer as createHttpServer, request as httpRequest, type Server } from 'node:http'
import {
  connect as connectHttp2,
  createServer as createHttp2Server,
  type Http2Server,
  type ServerHttp2Stream,
} from 'node:http2'
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Server as TcpServer,
  type Socket,
} from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { ApiObject } from '../../src/api/object.ts'
import { guardOf } from '../../src/mesh/authorize/guard.ts'
import { UNOBTAINABLE_KEYS } from '../../src/mesh/authorize/jwt/key-set.ts'
import type {
  ExtensionProvider,
  GrpcAuthorizer,
  HttpAuthorizer,
} from '../../src/mesh/config/types/extension-provider.ts'
import { Identities } from '../../src/mesh/identity/identities.ts'
import { newMeshAuthority } from '../../src/mesh/identity/mesh-authority.ts'
import { plainConnector } from '../../src/mesh/sockets/connector.ts'
import { ConnectionPool } from '../../src/mesh/sockets/http1/connection-pool.ts'
import { SessionPool } from '../../src/mesh/sockets/http2/session-pool.ts'
import { openListener, upstreamsByProtocol } from '../../src/mesh/sockets/listener-set.ts'
import { TimerWheel } from '../../src/mesh/sockets/timer-wheel.ts'
import { MeshTls } from '../../src/mesh/sockets/tls/mesh-tls.ts'
import { realWorld } from '../../src/world/real-world.ts'
import { type Answered, type Asked, readAsked, writeAnswered } from '../support/authorization-server.ts'
import { CART_PODS, meshObject, MeshShop, WEB } from '../support/mesh-shop.ts'

/*
 * Real authorizers on loopback, over HTTP and over gRPC, before a real application: a proxy stands before the application and
 * asks them. Whatever an authorizer does, a client gets the answer that Envoy would give it, and the application gets no
 * request that was not agreed to.
 */

const HOST = '127.0.0.1'
const CHECK_ADDRESS = '10.0.2.1'
const SERVICE = 'check.shop.svc.cluster.local'
const [CART = ''] = CART_PODS

const world = realWorld({ seed: 'authorizers' })
const { clock, sockets } = world
const wheel = new TimerWheel(clock)
const authority = newMeshAuthority({ organization: 'cluster.local' }, world)
const identities = new Identities({ authority, trust: { trustDomain: 'cluster.local' } }, world)
const tls = new MeshTls({ sockets, clock, identities, secrets: () => undefined })

interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

let application: Server
let bytesApplication: TcpServer
let httpAuthorizer: Server
let grpcAuthorizer: Http2Server
/** What the authorizers do next. */
let overHttp: (
  seen: Seen,
  socket: Socket,
) => { status: number; headers?: Record<string, string>; body?: string } | undefined
let overGrpc: (asked: Asked, stream: ServerHttp2Stream) => Answered | undefined
let reached: Seen[]
let asked: Seen[]
const open: { close(): unknown }[] = []

beforeAll(async () => {
  application = createHttpServer((request, response) => {
    void textOf(request).then((body) => {
      reached.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body })
      response.end('tea')
    })
  })
  bytesApplication = createTcpServer((socket) => socket.on('error', () => undefined).pipe(socket))
  httpAuthorizer = createHttpServer((request, response) => {
    void textOf(request).then((body) => {
      const seen = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body }
      asked.push(seen)
      const answer = overHttp(seen, request.socket)
      if (answer === undefined) return
      response.writeHead(answer.status, answer.headers).end(answer.body)
    })
  })
  grpcAuthorizer = createHttp2Server().on('stream', (stream) => {
    stream.on('error', () => undefined)
    const parts: Buffer[] = []
    stream.on('data', (part: Buffer) => parts.push(part))
    stream.on('end', () => {
      const answer = overGrpc(readAsked(Buffer.concat(parts)), stream)
      if (answer === undefined) return
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
      stream.end(writeAnswered(answer))
    })
  })
  for (const server of [application, bytesApplication, httpAuthorizer, grpcAuthorizer]) {
    server.listen(0, HOST)
    await once(server, 'listening')
  }
})

afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close()
})

afterAll(() => {
  application.close().closeAllConnections()
  httpAuthorizer.close().closeAllConnections()
  bytesApplication.close()
  grpcAuthorizer.close()
})

async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  let text = ''
  for await (const part of stream) text += String(part)
  return text
}

function checkObjects(provider: string): readonly ApiObject[] {
  const ports = [
    { name: 'http', port: 80 },
    { name: 'grpc', port: 90 },
  ]
  const custom = { selector: { matchLabels: { app: 'cart' } }, action: 'CUSTOM', provider: { name: provider } }
  const metadata = { name: 'check', namespace: 'shop' }
  const labels = { 'kubernetes.io/service-name': 'check' }
  return [
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { clusterIP: '10.96.0.2', ports } } as ApiObject,
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...metadata, labels },
      endpoints: [{ addresses: [CHECK_ADDRESS] }],
      ports,
    } as ApiObject,
    meshObject('AuthorizationPolicy', 'custom', { ...custom, rules: [{}] }),
  ]
}

interface Proxy {
  readonly port: number
  readonly shop: MeshShop
}

/** The proxy before `cart`, for HTTP or for bytes that are none. */
async function proxyAsking(provider: ExtensionProvider, traffic: 'http' | 'tcp' = 'http'): Promise<Proxy> {
  reached = []
  asked = []
  overHttp = () => ({ status: 200 })
  overGrpc = () => ({ code: 0 })
  const shop = new MeshShop(checkObjects(provider.name), {
    guardOf: guardOf({ keys: { keysOf: () => UNOBTAINABLE_KEYS } }),
    mesh: { extensionProviders: [provider] },
  })
  const cart = shop.mesh.workloadAt(CART)
  if (cart === undefined) throw new Error('nobody is there')
  const connector = plainConnector(sockets, ({ address, port }) => {
    const isCheck = address === CHECK_ADDRESS
    const behind = traffic === 'http' ? application : bytesApplication
    return { host: HOST, port: portOf(isCheck ? (port === 80 ? httpAuthorizer : grpcAuthorizer) : behind) }
  })
  const http1 = new ConnectionPool({ sockets, wheel, connector })
  const http2 = new SessionPool({ sockets, wheel, connector })
  const listener = await openListener(
    {
      host: HOST,
      port: 0,
      direction: 'inbound',
      destination: { address: CART, port: traffic === 'http' ? 8080 : 9999 },
      clusterAddress: () => WEB,
      owner: cart,
      isGateway: false,
      readsProxyHeader: false,
      firstBytesTimeoutMs: 0,
      tlsPlan: () => ({ kind: 'refuse' }),
      admit: (connection) => shop.mesh.proxyOf(cart).admit(connection),
      upstreams: upstreamsByProtocol({ http1, http2 }),
      connector,
    },
    { sockets, clock, wheel, tls, limits: { headTimeoutMs: 0, idleTimeoutMs: 0 } },
  )
  open.push({ close: () => listener.close(0) }, { close: () => http1.drain() }, { close: () => http2.drain() })
  return { port: listener.port, shop }
}

function portOf(server: { address(): AddressInfo | string | null }): number {
  return (server.address() as AddressInfo).port
}

function httpProvider(written: HttpAuthorizer = {}): ExtensionProvider {
  return { name: 'http', envoyExtAuthzHttp: { service: SERVICE, port: 80, ...written } }
}

function grpcProvider(written: GrpcAuthorizer = {}): ExtensionProvider {
  return { name: 'grpc', envoyExtAuthzGrpc: { service: SERVICE, port: 90, ...written } }
}

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

async function call(
  { port }: Proxy,
  { path = '/', headers = {}, body }: { path?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const method = body === undefined ? 'GET' : 'POST'
  const request = httpRequest({ host: HOST, port, path, method, headers: { host: 'cart', ...headers }, agent: false })
  request.on('error', () => undefined)
  request.end(body)
  const [response] = (await once(request, 'response')) as [
    AsyncIterable<unknown> & { statusCode: number; headers: object },
  ]
  return { status: response.statusCode, headers: { ...response.headers }, body: await textOf(response) }
}

describe('an authorizer over HTTP', () => {
  test('sees the request, and what it says of it reaches the application and the client', async () => {
    const proxy = await proxyAsking(
      httpProvider({
        pathPrefix: '/check',
        includeRequestHeadersInCheck: ['x-token'],
        headersToUpstreamOnAllow: ['x-user'],
        headersToDownstreamOnAllow: ['x-seen'],
      }),
    )
    overHttp = () => ({ status: 200, headers: { 'x-user': 'ann', 'x-seen': 'yes', 'x-other': 'no' } })
    const answer = await call(proxy, { path: '/a?b=c', headers: { 'x-token': 't', 'x-user': 'mallory' } })
    expect(answer).toMatchObject({ status: 200, body: 'tea', headers: { 'x-seen': 'yes' } })
    expect(asked).toMatchObject([
      { method: 'GET', url: '/check/a?b=c', headers: { host: 'cart', 'x-token': 't' }, body: '' },
    ])
    expect(asked[0]?.headers).not.toHaveProperty('x-user')
    expect(reached).toMatchObject([{ url: '/a?b=c', headers: { 'x-user': 'ann', 'x-token': 't' } }])
    expect(reached[0]?.headers).not.toHaveProperty('x-other')
  })

  test('refuses in its own words', async () => {
    const proxy = await proxyAsking(httpProvider())
    overHttp = () => ({
      status: 401,
      headers: { 'www-authenticate': 'Basic', 'content-type': 'text/html' },
      body: '<p>who?',
    })
    expect(await call(proxy)).toMatchObject({
      status: 401,
      body: '<p>who?',
      headers: {
        'www-authenticate': 'Basic',
        'content-type': 'text/html',
        'content-length': '7',
        server: 'istio-envoy',
      },
    })
    expect(reached).toEqual([])
    expect(proxy.shop.records).toMatchObject([{ status: 401, flags: ['UAEX'], details: 'ext_authz_denied' }])
  })

  test('sees the beginning of a body, and the application all of it', async () => {
    const proxy = await proxyAsking(
      httpProvider({ includeRequestBodyInCheck: { maxRequestBytes: 1_000, allowPartialMessage: true } }),
    )
    const body = 'tea '.repeat(700_000)
    expect((await call(proxy, { body })).status).toBe(200)
    expect(asked[0]?.body).toBe(body.slice(0, 1_000))
    expect(asked[0]?.headers).toMatchObject({ 'x-envoy-auth-partial-body': 'true', 'content-length': '1000' })
    expect(reached[0]?.body === body).toBe(true)
  })

  test('sees all of a body that is short enough; a longer one is refused before anybody is asked', async () => {
    const proxy = await proxyAsking(httpProvider({ includeRequestBodyInCheck: { maxRequestBytes: 2_000_000 } }))
    const body = 'tea '.repeat(400_000)
    expect((await call(proxy, { body })).status).toBe(200)
    expect([asked[0]?.body === body, reached[0]?.body === body]).toEqual([true, true])
    expect(await call(proxy, { body: body + body })).toMatchObject({ status: 413, body: 'Payload Too Large' })
    expect([asked.length, reached.length]).toEqual([1, 1])
  })

  test('does not let a client wait that waits to be told to send its body', async () => {
    const proxy = await proxyAsking(httpProvider({ includeRequestBodyInCheck: { maxRequestBytes: 100 } }))
    const headers = { host: 'cart', expect: '100-continue', 'content-length': '3' }
    const request = httpRequest({ host: HOST, port: proxy.port, method: 'POST', headers, agent: false })
    request.on('error', () => undefined)
    request.flushHeaders()
    await once(request, 'continue')
    request.end('tea')
    await once(request, 'response')
    expect([asked[0]?.body, reached[0]?.body]).toEqual(['tea', 'tea'])
  })

  test('is left alone when the client has gone', async () => {
    const proxy = await proxyAsking(httpProvider())
    const gone = Promise.withResolvers<void>()
    const arrived = Promise.withResolvers<void>()
    overHttp = (_, socket) => {
      socket.once('close', () => gone.resolve())
      arrived.resolve()
      return undefined
    }
    const socket = connect(proxy.port, HOST)
    socket.on('error', () => undefined)
    socket.write('GET / HTTP/1.1\r\nhost: cart\r\n\r\n')
    await arrived.promise
    socket.destroy()
    await gone.promise
    await expect.poll(() => proxy.shop.records).toMatchObject([{ flags: ['DC'] }])
    expect(reached).toEqual([])
  })
})

describe('an authorizer over gRPC', () => {
  test('is told all of the request, and changes it', async () => {
    const proxy = await proxyAsking(grpcProvider())
    let told: Asked | undefined
    overGrpc = (question) => {
      told = question
      return {
        code: 0,
        allowed: {
          headers: [{ name: 'x-user', value: 'ann' }],
          removed: ['authorization'],
          responseHeaders: [{ name: 'x-seen', value: 'yes' }],
          query: { user: 'ann' },
        },
      }
    }
    const answer = await call(proxy, { path: '/a?b=c', headers: { authorization: 'x' } })
    expect(answer).toMatchObject({ status: 200, headers: { 'x-seen': 'yes' } })
    expect(told).toMatchObject({
      source: { address: WEB, principal: '' },
      destination: { address: CART, port: 8080 },
      http: { method: 'GET', path: '/a?b=c', host: 'cart', protocol: 'HTTP/1.1', headers: { authorization: 'x' } },
    })
    expect(reached).toMatchObject([{ url: '/a?b=c&user=ann', headers: { 'x-user': 'ann' } }])
    expect(reached[0]?.headers).not.toHaveProperty('authorization')
  })

  test('refuses with 403, or in its own words', async () => {
    const proxy = await proxyAsking(grpcProvider())
    overGrpc = () => ({ code: 7 })
    expect(await call(proxy)).toMatchObject({ status: 403, body: '' })
    const headers = [{ name: 'x-price', value: '1' }]
    overGrpc = () => ({ code: 7, denied: { status: 402, headers, body: 'pay first' } })
    expect(await call(proxy)).toMatchObject({ status: 402, body: 'pay first', headers: { 'x-price': '1' } })
    expect(reached).toEqual([])
  })

  test('answers many at once, each for itself', async () => {
    const proxy = await proxyAsking(grpcProvider())
    overGrpc = ({ http }) => {
      const [, number = ''] = http?.path.split('/') ?? []
      const isAllowed = Number(number) % 2 === 0
      const headers = [{ name: 'x-number', value: number }]
      return isAllowed ? { code: 0, allowed: { responseHeaders: headers } } : { code: 7, denied: { headers } }
    }
    const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => call(proxy, { path: `/${index}` })))
    expect(answers.map(({ status }) => status)).toEqual(answers.map((_, index) => (index % 2 === 0 ? 200 : 403)))
    expect(answers.map(({ headers }) => headers['x-number'])).toEqual(answers.map((_, index) => String(index)))
    expect(reached).toHaveLength(50)
  })
})

describe('a client that speaks HTTP/2', () => {
  test('is asked about stream by stream, and its bodies come whole to who is called', async () => {
    const proxy = await proxyAsking(
      grpcProvider({ includeRequestBodyInCheck: { maxRequestBytes: 10, allowPartialMessage: true } }),
    )
    const bodies: string[] = []
    overGrpc = ({ http }) => {
      bodies.push(http?.body ?? '')
      return http?.path === '/no' ? { code: 7, denied: { body: 'not you' } } : { code: 0 }
    }
    const session = connectHttp2(`http://${HOST}:${proxy.port}`)
    open.push({ close: () => session.destroy() })
    const ask = async (path: string, body: string): Promise<readonly [number, string]> => {
      const stream = session.request({ ':method': 'POST', ':path': path, ':authority': 'cart' })
      stream.end(body)
      const [headers] = (await once(stream, 'response')) as [Record<string, unknown>]
      return [Number(headers[':status']), await textOf(stream)]
    }
    const long = 'tea '.repeat(200_000)
    const answers = await Promise.all([ask('/a', long), ask('/no', long), ask('/b', 'tea')])
    expect(answers).toEqual([
      [200, 'tea'],
      [403, 'not you'],
      [200, 'tea'],
    ])
    expect(bodies.toSorted()).toEqual(['tea', 'tea tea te', 'tea tea te'])
    expect(reached.map(({ body }) => body.length).toSorted((a, b) => a - b)).toEqual([3, long.length])
  })
})

describe('an authorizer that gives no answer', () => {
  const kinds: readonly [string, () => void][] = [
    ['hangs', () => ((overHttp = () => undefined), (overGrpc = () => undefined))],
    [
      'breaks off',
      () => {
        overHttp = (_, socket) => void socket.resetAndDestroy()
        overGrpc = (_, stream) => {
          stream.session?.destroy()
          return undefined
        }
      },
    ],
    [
      'resets the request alone, or answers with an error',
      () => {
        overHttp = () => ({ status: 503 })
        overGrpc = (_, stream) => {
          stream.close(2)
          return undefined
        }
      },
    ],
    [
      'sends garbage',
      () => {
        overHttp = (_, socket) => void socket.end('garbage\r\n\r\n')
        overGrpc = (_, stream) => {
          stream.respond({ ':status': 200, 'content-type': 'application/grpc' })
          stream.end('garbage')
          return undefined
        }
      },
    ],
    [
      'breaks off in the middle of its answer',
      () => {
        overHttp = (_, socket) => {
          socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf')
          socket.end()
          return undefined
        }
        overGrpc = (_, stream) => {
          stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
          stream.write(writeAnswered({ code: 0 }))
          clock.schedule(20, () => stream.close(2))
          return undefined
        }
      },
    ],
  ]
  const timeout = '0.2s'

  test.each(kinds)('and %s refuses with 403, or as is said', async (_, misbehave) => {
    for (const provider of [httpProvider({ timeout }), grpcProvider({ timeout, statusOnError: '503' })]) {
      const proxy = await proxyAsking(provider)
      misbehave()
      const answer = await call(proxy)
      expect(answer).toMatchObject({ status: provider.name === 'http' ? 403 : 503, body: '' })
      expect(proxy.shop.records).toMatchObject([{ flags: ['UAEX'], details: 'ext_authz_error' }])
      expect(reached).toEqual([])
    }
  })

  test.each(kinds)('and %s lets pass where that is said', async (_, misbehave) => {
    for (const provider of [httpProvider({ timeout, failOpen: true }), grpcProvider({ timeout, failOpen: true })]) {
      const proxy = await proxyAsking(provider)
      misbehave()
      expect(await call(proxy)).toMatchObject({ status: 200, body: 'tea' })
      expect(reached).toHaveLength(1)
    }
  })
})

describe('bytes that are no HTTP', () => {
  async function said({ port }: Proxy, text: string): Promise<string> {
    const socket = connect(port, HOST)
    socket.on('error', () => undefined)
    socket.write(text)
    const heard = new Promise<string>((resolve) => {
      socket.once('data', (bytes: Buffer) => resolve(bytes.toString()))
      socket.once('close', () => resolve('closed'))
    })
    const answer = await heard
    socket.destroy()
    return answer
  }

  test('pass where the authorizer agrees to the connection', async () => {
    const proxy = await proxyAsking(grpcProvider(), 'tcp')
    let told: Asked | undefined
    overGrpc = (question) => {
      told = question
      return { code: 0 }
    }
    expect(await said(proxy, '\0bytes')).toBe('\0bytes')
    expect(told).toMatchObject({
      source: { address: WEB },
      destination: { address: CART, port: 9999 },
      http: undefined,
    })
  })

  test('are cut off where it does not, or cannot be asked', async () => {
    const proxy = await proxyAsking(grpcProvider({ timeout: '0.2s' }), 'tcp')
    overGrpc = () => ({ code: 7 })
    expect(await said(proxy, '\0bytes')).toBe('closed')
    overGrpc = () => undefined
    expect(await said(proxy, '\0bytes')).toBe('closed')
    const open = await proxyAsking(grpcProvider({ timeout: '0.2s', failOpen: true }), 'tcp')
    overGrpc = (_, stream) => {
      stream.close(2)
      return undefined
    }
    expect(await said(open, '\0bytes')).toBe('\0bytes')
  })

  test('are not asked about over HTTP', async () => {
    const proxy = await proxyAsking(httpProvider(), 'tcp')
    overHttp = () => ({ status: 403 })
    expect(await said(proxy, '\0bytes')).toBe('\0bytes')
    expect(asked).toEqual([])
  })
})
