import { describe, expect, test } from 'vitest'
import { readAsked, writeAnswered } from '../../../../test/support/authorization-server.ts'
import { meshObject, MeshShop, type RequestParts } from '../../../../test/support/mesh-shop.ts'
import type { ApiObject } from '../../../api/object.ts'
import { VirtualClock } from '../../../world/virtual-clock.ts'
import { guardOf } from '../../authorize/guard.ts'
import { UNOBTAINABLE_KEYS } from '../../authorize/jwt/key-set.ts'
import type { ExtensionProvider, GrpcAuthorizer, HttpAuthorizer } from '../../config/types/extension-provider.ts'
import { headerValue } from '../../route/header-list.ts'
import { type Ask, carryOut } from '../in-process-driver.ts'
import type { AttemptStep, CheckedEvent, CheckStep, FailedEvent, HttpExchange } from '../steps.ts'

const HOST = 'check.shop.svc.cluster.local'
const CHECK = '10.0.2.1'
const cart = { selector: { matchLabels: { app: 'cart' } } }

function overHttp(written: HttpAuthorizer = {}): ExtensionProvider {
  return { name: 'http', envoyExtAuthzHttp: { service: HOST, port: 80, ...written } }
}

function overGrpc(written: GrpcAuthorizer = {}): ExtensionProvider {
  return { name: 'grpc', envoyExtAuthzGrpc: { service: HOST, port: 90, ...written } }
}

function custom(name: string, provider: string, spec: object = {}): ApiObject {
  return meshObject('AuthorizationPolicy', name, {
    ...cart,
    action: 'CUSTOM',
    provider: { name: provider },
    rules: [{}],
    ...spec,
  })
}

/** Who is asked: one pod, with a proxy before it where that is said. */
function checker(options: { readonly hasProxy?: boolean } = {}): readonly ApiObject[] {
  const { hasProxy = false } = options
  const ports = [
    { name: 'http', port: 80 },
    { name: 'grpc', port: 90 },
  ]
  const labels = { app: 'check', 'sidecar.istio.io/inject': String(hasProxy) }
  const spec = { serviceAccountName: 'check', containers: [{ name: 'app' }] }
  return [
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'check', namespace: 'shop', labels },
      spec,
      status: { podIP: CHECK, phase: 'Running' },
    } as ApiObject,
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'check', namespace: 'shop' },
      spec: { clusterIP: '10.96.0.2', ports },
    } as ApiObject,
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'check', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'check' } },
      endpoints: [{ addresses: [CHECK], targetRef: { kind: 'Pod', name: 'check', namespace: 'shop' } }],
      ports,
    } as ApiObject,
  ]
}

interface Played {
  readonly status: number
  readonly body: string
  readonly headers: readonly string[]
  readonly asked: readonly CheckStep[]
  readonly attempts: readonly AttemptStep[]
  readonly records: MeshShop['records']
  readonly tookMs: number
}

interface Scene {
  readonly objects: readonly ApiObject[]
  readonly providers?: readonly ExtensionProvider[]
  readonly several?: boolean
  readonly answer?: (step: CheckStep) => CheckedEvent | FailedEvent | Promise<never>
  readonly request?: RequestParts
  readonly body?: string
  /** How long the authorizer takes. */
  readonly tookMs?: number
  /** Whether the application is not there at first. */
  readonly isLate?: boolean
}

/** What becomes of a request of `web` to `cart`, whose proxies are of one process. */
async function played(scene: Scene): Promise<Played> {
  const { objects, providers = [overHttp(), overGrpc()], several = false, request = {}, body = '' } = scene
  const shop = new MeshShop([...checker(), ...objects], {
    fuses: true,
    guardOf: guardOf({ keys: { keysOf: () => UNOBTAINABLE_KEYS } }),
    mesh: { extensionProviders: providers, multipleExternalProviders: several },
  })
  const clock = new VirtualClock(0)
  const asked: CheckStep[] = []
  const attempts: AttemptStep[] = []
  const ask: Ask = (step) => {
    asked.push(step)
    return clock.sleep(scene.tookMs ?? 0).then(() => scene.answer?.(step) ?? says(200))
  }
  const carried = carryOut(shop.exchange({ method: body === '' ? 'GET' : 'POST', ...request }), {
    clock,
    ask,
    requestBody: Buffer.from(body),
    send: (step) => {
      attempts.push(step as AttemptStep)
      if (scene.isLate === true && attempts.length === 1) {
        return Promise.resolve({ kind: 'failed', how: 'connect', beforeRequest: true })
      }
      return Promise.resolve({ kind: 'answered', status: 200, headers: ['x-from', 'cart'], body: 'tea' })
    },
  })
  let isDone = false
  void carried.finally(() => (isDone = true))
  await clock.runUntilTrue(() => isDone, 3_600_000)
  const answer = await carried
  if (answer === undefined) throw new Error('it was closed')
  const { status, headers, body: told } = answer
  return { status, headers, body: told, asked, attempts, records: shop.records, tookMs: clock.now() }
}

function says(status: number, headers: readonly string[] = [], body = ''): CheckedEvent {
  return { kind: 'checked', status, headers, body: Buffer.from(body), trailers: [] }
}

function saysByGrpc(answered: Parameters<typeof writeAnswered>[0]): CheckedEvent {
  const headers = ['content-type', 'application/grpc']
  return { kind: 'checked', status: 200, headers, body: writeAnswered(answered), trailers: ['grpc-status', '0'] }
}

describe('who is asked', () => {
  test('is an endpoint of the service, and the application is called when it agrees', async () => {
    const { status, body, asked, attempts } = await played({ objects: [custom('a', 'http')] })
    expect([status, body]).toEqual([200, 'tea'])
    expect(asked).toMatchObject([
      {
        asker: { name: expect.stringMatching(/^cart-/) as string },
        endpoint: { address: CHECK, port: 80 },
        upstream: { cluster: `outbound|80||${HOST}`, protocol: 'http1' },
        timeoutMs: 600_000,
        head: { authority: 'cart' },
      },
    ])
    const { headers = [] } = asked[0]?.head ?? {}
    expect(headerValue(headers, 'x-forwarded-for')).toBe(asked[0]?.asker.addresses[0])
    expect(headerValue(headers, 'x-envoy-internal')).toBe('true')
    expect(headerValue(headers, 'x-envoy-expected-rq-timeout-ms')).toBe('600000')
    expect(attempts).toHaveLength(1)
  })

  test('is told over gRPC who calls: by the certificate that proves it', async () => {
    const { asked } = await played({
      objects: [custom('a', 'grpc')],
      answer: () => saysByGrpc({ code: 0 }),
    })
    expect(asked[0]?.upstream.protocol).toBe('http2')
    expect(readAsked(asked[0]?.body ?? Buffer.alloc(0))).toMatchObject({
      source: { address: '10.0.0.1', port: 40_000, principal: 'spiffe://cluster.local/ns/shop/sa/web' },
      destination: { port: 8080, principal: 'spiffe://cluster.local/ns/shop/sa/cart' },
      http: { method: 'GET', host: 'cart', path: '/', protocol: 'HTTP/1.1' },
    })
  })

  test('is nobody about what no rule is about', async () => {
    const rules = [{ to: [{ operation: { paths: ['/admin'] } }] }]
    const objects = [custom('a', 'http', { rules })]
    expect((await played({ objects })).asked).toHaveLength(0)
    expect((await played({ objects, request: { target: '/admin' } })).asked).toHaveLength(1)
  })

  test('is each of several, by name, as long as they agree; what one changes the next is asked about', async () => {
    const onUser = { rules: [{ when: [{ key: 'request.headers[x-user]', values: ['ann'] }] }] }
    const objects = [custom('b', 'http', onUser), custom('a', 'grpc')]
    const allowed = { headers: [{ name: 'x-user', value: 'ann' }] }
    const answer = (step: CheckStep) => (step.endpoint.port === 90 ? saysByGrpc({ code: 0, allowed }) : says(200))
    const { asked } = await played({ objects, several: true, answer })
    expect(asked.map(({ endpoint }) => endpoint.port)).toEqual([90, 80])
    const refused = await played({ objects, several: true, answer: () => saysByGrpc({ code: 7 }) })
    expect([refused.status, refused.asked.length]).toEqual([403, 1])
  })

  test('is asked before policies that deny, and those that allow', async () => {
    const onUser = { when: [{ key: 'request.headers[x-user]', values: ['ann'] }] }
    const named = overHttp({ headersToUpstreamOnAllow: ['x-user'] })
    const scene = { providers: [named], answer: () => says(200, ['x-user', 'ann']) }
    const allow = meshObject('AuthorizationPolicy', 'allow', { ...cart, rules: [onUser] })
    const deny = meshObject('AuthorizationPolicy', 'deny', { ...cart, action: 'DENY', rules: [onUser] })
    expect((await played({ ...scene, objects: [custom('a', 'http'), allow] })).status).toBe(200)
    const denied = await played({ ...scene, objects: [custom('a', 'http'), deny] })
    expect([denied.status, denied.body, denied.attempts.length]).toEqual([403, 'RBAC: access denied', 0])
  })

  test('is nobody where the policy names none that can be asked: it is refused as by a rule', async () => {
    const { status, body, records } = await played({ objects: [custom('a', 'nobody')] })
    expect([status, body]).toEqual([403, 'RBAC: access denied'])
    expect(records[0]).toMatchObject({
      policy: 'shop/a',
      flags: [],
      details: expect.stringContaining('deny-due-to-bad-CUSTOM-action') as string,
    })
  })
})

describe('who refuses', () => {
  test('says with what: both sides tell of it', async () => {
    const headers = [
      'x-why',
      'poor',
      'content-type',
      'text/html',
      'content-length',
      '9',
      'date',
      'then',
      'server',
      'check',
    ]
    const answer = () => says(402, headers, 'pay first')
    const { status, body, headers: told, records, attempts } = await played({ objects: [custom('a', 'http')], answer })
    expect([status, body, attempts.length]).toEqual([402, 'pay first', 0])
    expect(headerValue(told, 'x-why')).toBe('poor')
    expect(headerValue(told, 'content-type')).toBe('text/html')
    expect(headerValue(told, 'content-length')).toBe('9')
    expect(headerValue(told, 'date')).toBe('then')
    expect(records).toMatchObject([
      { reporter: 'destination', status: 402, flags: ['UAEX'], details: 'ext_authz_denied', policy: 'shop/a' },
      { reporter: 'source', status: 402, flags: [], details: 'via_upstream' },
    ])
  })

  test('a client of gRPC is told in gRPC', async () => {
    const { status, headers } = await played({
      objects: [custom('a', 'grpc')],
      request: { headers: { 'content-type': 'application/grpc' } },
      answer: () => saysByGrpc({ code: 7, denied: { body: 'not you', headers: [{ name: 'x-why', value: 'poor' }] } }),
    })
    expect([status, headerValue(headers, 'grpc-status'), headerValue(headers, 'grpc-message')]).toEqual([
      200,
      '7',
      'not you',
    ])
    expect(headerValue(headers, 'x-why')).toBe('poor')
  })
})

describe('who allows', () => {
  test('changes the request that the application sees, and the answer that the client sees', async () => {
    const provider = overHttp({ headersToUpstreamOnAllow: ['x-user'], headersToDownstreamOnAllow: ['x-seen'] })
    const { headers, attempts } = await played({
      objects: [custom('a', 'http')],
      providers: [provider],
      request: { headers: { 'x-user': 'mallory', authorization: 'x' } },
      answer: () => says(200, ['x-user', 'ann', 'x-seen', 'yes', 'x-envoy-auth-headers-to-remove', 'authorization']),
    })
    const { headers: sent = [] } = attempts[0]?.head ?? {}
    expect([headerValue(sent, 'x-user'), headerValue(sent, 'authorization')]).toEqual(['ann', undefined])
    expect([headerValue(headers, 'x-seen'), headerValue(headers, 'x-from')]).toEqual(['yes', 'cart'])
  })

  test('changes the answer of the proxy itself as well', async () => {
    const deny = meshObject('AuthorizationPolicy', 'deny', { ...cart, action: 'DENY', rules: [{}] })
    const { status, headers } = await played({
      objects: [custom('a', 'http'), deny],
      providers: [overHttp({ headersToDownstreamOnAllow: ['x-seen'] })],
      answer: () => says(200, ['x-seen', 'yes']),
    })
    expect([status, headerValue(headers, 'x-seen')]).toEqual([403, 'yes'])
  })

  test('and wants what cannot be said in HTTP has given no answer', async () => {
    const allowed = { headers: [{ name: 'x-user', value: 'ann\r\nx-admin: yes' }] }
    const { status, records, attempts } = await played({
      objects: [custom('a', 'grpc')],
      answer: () => saysByGrpc({ code: 0, allowed }),
    })
    expect([status, attempts.length]).toEqual([500, 0])
    expect(records[0]).toMatchObject({ details: 'ext_authz_invalid', flags: ['UAEX'] })
  })
})

describe('who does not answer', () => {
  const failed: FailedEvent = { kind: 'failed', how: 'closed', beforeRequest: false }
  const never = (): Promise<never> => new Promise(() => undefined)

  test.each<[string, Scene['answer']]>([
    ['breaks off', () => failed],
    ['answers with an error', () => says(503)],
  ])('but %s refuses with 403, or as the mesh says, or not at all', async (_, answer) => {
    const objects = [custom('a', 'http')]
    const { status, body, records } = await played({ objects, answer: answer ?? never })
    expect([status, body]).toEqual([403, ''])
    expect(records[0]).toMatchObject({ details: 'ext_authz_error', flags: ['UAEX'], policy: 'shop/a' })
    const other = await played({ objects, answer: answer ?? never, providers: [overHttp({ statusOnError: '503' })] })
    expect(other.status).toBe(503)
    const open = await played({ objects, answer: answer ?? never, providers: [overHttp({ failOpen: true })] })
    expect([open.status, open.body]).toEqual([200, 'tea'])
  })

  test('is waited for as long as it may take', async () => {
    const objects = [custom('a', 'grpc')]
    const { status, tookMs } = await played({ objects, answer: never, providers: [overGrpc({ timeout: '0.5s' })] })
    expect([status, tookMs]).toEqual([403, 500])
    expect((await played({ objects, answer: never })).tookMs).toBe(600_000)
  })

  test('is not waited for longer than the caller waits', async () => {
    const route = { route: [{ destination: { host: 'cart' } }], timeout: '2s' }
    const routes = meshObject('VirtualService', 'cart', { hosts: ['cart'], http: [route] })
    const scene = { objects: [custom('a', 'http'), routes], answer: never }
    const { status, body, tookMs, records } = await played(scene)
    expect([status, body, tookMs]).toEqual([504, 'upstream request timeout', 2_000])
    expect(records).toMatchObject([{ flags: ['DC'] }, { flags: ['UT'] }])
  })

  test('but in the end leaves the application what is left of the caller’s time, at each attempt', async () => {
    const route = { route: [{ destination: { host: 'cart' } }], timeout: '2s' }
    const routes = meshObject('VirtualService', 'cart', { hosts: ['cart'], http: [route] })
    const scene = { objects: [custom('a', 'http'), routes], tookMs: 500, isLate: true }
    const { status, attempts, tookMs } = await played(scene)
    expect([status, attempts[0]?.timeoutMs]).toEqual([200, 1_500])
    expect(attempts[1]?.timeoutMs).toBeCloseTo(2_000 - tookMs, 5)
  })

  test('since nobody is there refuses at once', async () => {
    const nobody: ExtensionProvider = overHttp({ port: 81 })
    const { status, asked } = await played({ objects: [custom('a', 'http')], providers: [nobody] })
    expect([status, asked.length]).toEqual([403, 0])
  })

  test('leaves nothing behind that counts as a request', async () => {
    const shop = new MeshShop([...checker(), custom('a', 'http')], {
      fuses: true,
      guardOf: guardOf({ keys: { keysOf: () => UNOBTAINABLE_KEYS } }),
      mesh: { extensionProviders: [overHttp()] },
    })
    const exchange = shop.exchange({})
    const step = exchange.start(0)
    if (step.kind !== 'check') throw new Error(`not asked: ${step.kind}`)
    const cluster = shop.mesh.proxyOf(step.asker).cluster(step.upstream.cluster, 0)
    expect(cluster?.state.active).toBe(1)
    expect(exchange.on({ kind: 'client-gone' }, 5).kind).toBe('close')
    exchange.ended({ how: 'client-gone', requestBytes: 0, responseBytes: 0 }, 5)
    expect(cluster?.state.active).toBe(0)
    expect(shop.cluster('outbound|80||cart.shop.svc.cluster.local').state.active).toBe(0)
    expect(shop.records).toMatchObject([{ flags: ['DC'] }, { flags: ['DC'] }])
  })
})

describe('who may be asked by few at once', () => {
  const WAITED = { kind: 'waited' } as const
  const LEFT = { how: 'client-gone', requestBytes: 0, responseBytes: 0 } as const

  /** All requests go to one pod, whose proxy has one connection to the authorizer. */
  function limited(): MeshShop {
    const sameHeader = { loadBalancer: { consistentHash: { httpHeaderName: 'x-same' } } }
    const connectionPool = { tcp: { maxConnections: 1 }, http: { http1MaxPendingRequests: 1 } }
    const objects = [
      ...checker(),
      custom('a', 'http'),
      meshObject('DestinationRule', 'cart', { host: 'cart', trafficPolicy: sameHeader }),
      meshObject('DestinationRule', 'check', { host: 'check', trafficPolicy: { connectionPool } }),
    ]
    return new MeshShop(objects, {
      fuses: true,
      guardOf: guardOf({ keys: { keysOf: () => UNOBTAINABLE_KEYS } }),
      mesh: { extensionProviders: [overHttp()] },
    })
  }

  function toSame(shop: MeshShop): HttpExchange {
    return shop.exchange({ headers: { 'x-same': 'yes' } })
  }

  test('is asked one after the other, and not at all by one too many', async () => {
    const shop = limited()
    const [first, second, third] = [toSame(shop), toSame(shop), toSame(shop)]
    expect(first.start(0).kind).toBe('check')
    const waiting = second.start(0)
    expect(third.start(0)).toMatchObject({ kind: 'respond', status: 403 })
    if (waiting.kind !== 'queue') throw new Error(`it waits, and is not asked for ${waiting.kind}`)
    expect(waiting.timeoutMs).toBe(600_000)
    const turn = new Promise((resolve) => waiting.turn.onTurn(() => resolve(second.on(WAITED, 7))))
    expect(first.on(says(200), 7).kind).toBe('attempt')
    expect(await turn).toMatchObject({ kind: 'check', timeoutMs: 600_000 - 7 })
  })

  test('is not waited for by a client that has gone, nor for longer than may be', () => {
    const shop = limited()
    toSame(shop).start(0)
    const gone = toSame(shop)
    expect(gone.start(0).kind).toBe('queue')
    gone.on({ kind: 'client-gone' }, 1)
    gone.ended(LEFT, 1)
    const late = toSame(shop)
    expect(late.start(2).kind).toBe('queue')
    const timeUp = { kind: 'failed', how: 'timeout', beforeRequest: false } as const
    expect(late.on(timeUp, 600_002)).toMatchObject({ kind: 'respond', status: 403 })
    expect(toSame(shop).start(600_003).kind).toBe('queue')
  })
})

describe('a body', () => {
  const wish = { maxRequestBytes: 4, allowPartialMessage: true }
  const asking = (change: object) => ({
    objects: [custom('a', 'grpc')],
    providers: [overGrpc({ includeRequestBodyInCheck: { ...wish, ...change } })],
    answer: () => saysByGrpc({ code: 0 }),
  })
  const toldOf = ({ asked }: Played) => readAsked(asked[0]?.body ?? Buffer.alloc(0)).http

  test('is shown as far as it is asked for', async () => {
    const all = toldOf(await played({ ...asking({}), body: 'tea' }))
    expect([all?.body, all?.headers['x-envoy-auth-partial-body'], all?.size]).toEqual(['tea', 'false', 3])
    const part = toldOf(await played({ ...asking({}), body: 'coffee' }))
    expect([part?.body, part?.headers['x-envoy-auth-partial-body'], part?.size]).toEqual(['coff', 'true', 6])
  })

  test('that is too long where all of it is wanted is refused, even where errors are let pass', async () => {
    const provider = overGrpc({
      failOpen: true,
      includeRequestBodyInCheck: { maxRequestBytes: 4, allowPartialMessage: false },
    })
    const scene = { objects: [custom('a', 'grpc')], providers: [provider], body: 'coffee' }
    const { status, body, asked, records } = await played(scene)
    expect([status, body, asked.length]).toEqual([413, 'Payload Too Large', 0])
    expect(records[0]).toMatchObject({ details: 'request_payload_too_large', flags: [] })
  })

  test('that is not there is not told of', async () => {
    expect(toldOf(await played(asking({})))?.headers).not.toHaveProperty('x-envoy-auth-partial-body')
  })

  test('is not waited for where the request goes on as another protocol', async () => {
    const headers = { connection: 'upgrade', upgrade: 'websocket' }
    expect(toldOf(await played({ ...asking({}), request: { headers }, body: 'tea' }))?.body).toBe('')
  })
})

describe('the proxy of who is asked', () => {
  const guarded = (objects: readonly ApiObject[], answer: Scene['answer']) =>
    played({ objects: [...checker({ hasProxy: true }), custom('a', 'http'), ...objects], ...(answer && { answer }) })

  test('heeds its own policies, and tells of what it was asked', async () => {
    const forCart = { from: [{ source: { principals: ['cluster.local/ns/shop/sa/cart'] } }] }
    const only = meshObject('AuthorizationPolicy', 'only', {
      selector: { matchLabels: { app: 'check' } },
      rules: [forCart],
    })
    const { status, asked, records } = await guarded([only], undefined)
    expect(status).toBe(200)
    expect(asked[0]?.upstream.cluster).toBe('inbound|80||')
    expect(records.map(({ reporter, destination }) => [reporter, destination?.labels['app']])).toEqual([
      ['destination', 'check'],
      ['destination', 'cart'],
      ['source', 'cart'],
    ])
    expect(records[0]).toMatchObject({ source: { labels: { app: 'cart' } }, status: 200, isMutualTls: true })
    const nobody = meshObject('AuthorizationPolicy', 'nobody', { selector: { matchLabels: { app: 'check' } } })
    const refused = await guarded([nobody], undefined)
    expect([refused.status, refused.body]).toEqual([403, 'RBAC: access denied'])
    expect(refused.records[1]).toMatchObject({ details: 'ext_authz_denied', flags: ['UAEX'] })
  })

  test('may not ask in a circle', async () => {
    const everywhere = custom('everywhere', 'http', { selector: undefined })
    const { status, asked, records } = await guarded([everywhere], undefined)
    expect([status, asked.length]).toEqual([403, 0])
    expect(records.at(-2)).toMatchObject({ details: 'ext_authz_denied' })
  })
})
