import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  CART,
  CART_PODS,
  cartPolicy,
  cartRoutes,
  meshObject,
  MeshShop,
  TO_CART,
} from '../../../test/support/mesh-shop.ts'
import { headerValue } from '../route/header-list.ts'
import type { AttemptStep, FailureKind, Happened, HttpExchange, RespondStep, Step } from './steps.ts'

const OK: Happened = { kind: 'answered', status: 200, headers: ['content-type', 'text/html'] }
const ENDED = { how: 'complete', requestBytes: 0, responseBytes: 0 } as const

function answered(status: number, headers: readonly string[] = []): Happened {
  return { kind: 'answered', status, headers }
}

function failed(how: FailureKind, beforeRequest = how === 'connect'): Happened {
  return { kind: 'failed', how, beforeRequest }
}

/** Goes on with what happens to each attempt until the exchange is done; pauses pass at once. */
function play(
  exchange: HttpExchange,
  outcomes: readonly Happened[],
): { readonly last: Step; readonly attempts: AttemptStep[] } {
  const attempts: AttemptStep[] = []
  let now = 0
  let step = exchange.start(now)
  for (;;) {
    if (step.kind === 'wait') {
      now += step.ms
      step = exchange.on({ kind: 'waited' }, now)
    } else if (step.kind === 'attempt') {
      attempts.push(step)
      const outcome = outcomes[Math.min(attempts.length, outcomes.length) - 1] ?? OK
      if (outcome.kind === 'failed' && outcome.how === 'timeout') now += step.timeoutMs
      step = exchange.on(outcome, now)
    } else {
      exchange.ended(ENDED, now)
      return { last: step, attempts }
    }
  }
}

function responseOf(step: Step): RespondStep {
  if (step.kind !== 'respond') throw new Error(`a proxy's answer, not ${step.kind}`)
  return step
}

describe('a request through a sidecar', () => {
  test('goes to one of the pods, over mutual TLS, with what proxies add', () => {
    const shop = new MeshShop()
    const { last, attempts } = play(shop.exchange({ headers: { Accept: '*/*' } }), [OK])
    expect(attempts).toHaveLength(1)
    const [{ endpoint, head, upstream }] = attempts as [AttemptStep]
    expect(endpoint.port).toBe(8080)
    expect(upstream).toMatchObject({ transport: 'mtls', protocol: 'http1', cluster: CART })
    expect(upstream.tls?.sni).toBe('outbound_.80_._.cart.shop.svc.cluster.local')
    expect(upstream.tls?.subjectAltNames).toEqual(['spiffe://cluster.local/ns/shop/sa/cart'])
    expect(headerValue(head.headers, 'accept')).toBe('*/*')
    expect(headerValue(head.headers, 'x-forwarded-proto')).toBe('http')
    expect(headerValue(head.headers, 'x-envoy-attempt-count')).toBe('1')
    expect(headerValue(head.headers, 'x-request-id')).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/)
    expect(last).toMatchObject({ kind: 'relay', status: 200 })
    expect(shop.records).toMatchObject([{ reporter: 'source', status: 200, flags: [], details: 'via_upstream' }])
  })

  test.each([
    ['to a host that nobody routes is let through', [], { host: 'example.com' }, 'attempt', []],
    [
      'without a route that fits gets 404',
      [cartRoutes({ match: [{ uri: { prefix: '/api' } }], ...TO_CART })],
      {},
      404,
      ['NR'],
    ],
    [
      'to a subset that no rule knows gets 503',
      [cartRoutes({ route: [{ destination: { host: 'cart', subset: 'v9' } }] })],
      {},
      503,
      ['NC'],
    ],
    [
      'to a subset that no pod is in gets 503',
      [
        cartRoutes({ route: [{ destination: { host: 'cart', subset: 'v9' } }] }),
        meshObject('DestinationRule', 'cart', { host: 'cart', subsets: [{ name: 'v9', labels: { version: 'v9' } }] }),
      ],
      {},
      503,
      ['UH'],
    ],
    ['is redirected', [cartRoutes({ redirect: { uri: '/new' } })], {}, 301, []],
    ['is answered directly', [cartRoutes({ directResponse: { status: 418, body: { string: 'tea' } } })], {}, 418, []],
    [
      'is aborted as it was asked for',
      [cartRoutes({ ...TO_CART, fault: { abort: { httpStatus: 507, percentage: { value: 100 } } } })],
      {},
      507,
      ['FI'],
    ],
  ] as const)('%s', (_, objects, request, outcome, flags) => {
    const shop = new MeshShop(objects)
    const exchange = shop.exchange(request)
    const step = exchange.start(0)
    expect(step.kind === 'respond' ? step.status : step.kind).toBe(outcome)
    exchange.ended(ENDED, 0)
    expect(shop.records[0]?.flags).toEqual(flags)
  })

  test('that is aborted is told of with the service that it would have gone to', () => {
    const fault = { abort: { httpStatus: 507, percentage: { value: 100 } } }
    const shop = new MeshShop([cartRoutes({ ...TO_CART, fault })])
    const exchange = shop.exchange()
    exchange.start(0)
    exchange.ended(ENDED, 0)
    expect(shop.records).toMatchObject([{ flags: ['FI'], cluster: CART, service: { name: 'cart' }, status: 507 }])
  })

  test('tells a client of gRPC in its own words what went wrong', () => {
    const { last } = play(new MeshShop().exchange({ headers: { 'content-type': 'application/grpc' } }), [
      failed('closed'),
    ])
    const { status, headers, body } = responseOf(last)
    expect([status, body]).toEqual([200, ''])
    expect(headerValue(headers, 'grpc-status')).toBe('14')
    expect(headerValue(headers, 'grpc-message')).toContain('connection termination')
  })

  test('that a browser sends from an allowed origin is answered by the proxy when it only asks whether it may', () => {
    const corsPolicy = { allowOrigins: [{ exact: 'https://shop.in' }], allowMethods: ['GET'], maxAge: '24h' }
    const shop = new MeshShop([cartRoutes({ ...TO_CART, corsPolicy })])
    const asks = { origin: 'https://shop.in', 'access-control-request-method': 'GET' }
    const { headers, status } = responseOf(shop.exchange({ method: 'OPTIONS', headers: asks }).start(0))
    expect(status).toBe(200)
    expect(headerValue(headers, 'access-control-allow-methods')).toBe('GET')
    expect(headerValue(headers, 'access-control-max-age')).toBe('86400')
    const { last } = play(shop.exchange({ headers: { origin: 'https://shop.in' } }), [OK])
    expect(last.kind === 'relay' && headerValue(last.headers, 'access-control-allow-origin')).toBe('https://shop.in')
  })

  test('is copied to a mirror, which can tell by its host', () => {
    const shop = new MeshShop([cartRoutes({ ...TO_CART, mirror: { host: 'cart' } })])
    const step = shop.exchange().start(0)
    expect(step.kind === 'mirror' && step.copies.map(({ head }) => head.authority)).toEqual(['cart-shadow'])
  })
})

describe('retries', () => {
  const retries = (policy: object) => [cartRoutes({ ...TO_CART, retries: policy })]

  test('come by themselves where no connection came about, to other pods, and say so when they are spent', () => {
    const shop = new MeshShop()
    const { last, attempts } = play(shop.exchange(), [failed('connect')])
    expect(attempts).toHaveLength(3)
    expect(new Set(attempts.map(({ endpoint }) => endpoint.address)).size).toBeGreaterThan(1)
    expect(responseOf(last).status).toBe(503)
    expect(responseOf(last).body).toContain('retried and the latest reset reason: remote connection failure')
    expect(shop.records[0]?.flags).toEqual(['URX', 'UF'])
  })

  test.each([
    ['5xx', answered(503), 3],
    ['5xx', failed('timeout'), 3],
    ['gateway-error', answered(500), 1],
    ['gateway-error', answered(502), 3],
    ['reset', failed('closed'), 3],
    ['connect-failure', failed('closed'), 1],
    ['refused-stream', failed('refused-stream'), 3],
    ['retriable-4xx', answered(409), 3],
    ['409,429', answered(429), 3],
    ['unavailable', answered(200, ['grpc-status', '14']), 3],
    ['cancelled', answered(200, ['grpc-status', '14']), 1],
    ['5xx', answered(503, ['x-envoy-overloaded', 'true']), 1],
    ['envoy-ratelimited', answered(429, ['x-envoy-ratelimited', 'true']), 3],
    ['reset-before-request', failed('reset', true), 3],
    ['reset-before-request', failed('reset', false), 1],
  ] as const)('on %s after %o: %i attempts', (retryOn, outcome, count) => {
    const shop = new MeshShop(retries({ attempts: 2, retryOn, perTryTimeout: '1s' }))
    expect(play(shop.exchange(), [outcome]).attempts).toHaveLength(count)
  })

  test('do not come for a request whose body was too large to keep', () => {
    const shop = new MeshShop(retries({ attempts: 2, retryOn: '5xx' }))
    const large: Happened = { kind: 'answered', status: 503, headers: [], canRepeat: false }
    expect(play(shop.exchange(), [large]).attempts).toHaveLength(1)
  })

  test('wait longer each time, and never longer than ten times the first pause', () => {
    const shop = new MeshShop(retries({ attempts: 9, retryOn: '5xx' }))
    const exchange = shop.exchange()
    const pauses: number[] = []
    let step = exchange.start(0)
    while (step.kind === 'attempt' || step.kind === 'wait') {
      if (step.kind === 'wait') pauses.push(step.ms)
      step = exchange.on(step.kind === 'wait' ? { kind: 'waited' } : answered(500), 0)
    }
    expect(pauses).toHaveLength(9)
    for (const [index, pause] of pauses.entries()) expect(pause).toBeLessThan(Math.min(25 * 2 ** index, 250))
  })

  test('have the time of the route, which an injected delay and a slow upload do not use up', () => {
    const fault = { delay: { fixedDelay: '5s', percentage: { value: 100 } } }
    const shop = new MeshShop([cartRoutes({ ...TO_CART, timeout: '1s', fault })])
    const exchange = shop.exchange({ method: 'POST' })
    expect(exchange.start(0)).toEqual({ kind: 'wait', ms: 5_000 })
    expect(exchange.on({ kind: 'waited' }, 5_000)).toMatchObject({ kind: 'attempt', timeoutMs: 1_000 })
    exchange.requestEnded?.(9_000)
    expect(exchange.on(OK, 9_400)).toMatchObject({ kind: 'relay', timeoutMs: 600 })
  })

  test('end when the time of the route is up', () => {
    const shop = new MeshShop([
      cartRoutes({ ...TO_CART, timeout: '1s', retries: { attempts: 5, retryOn: '5xx', perTryTimeout: '400ms' } }),
    ])
    const { last, attempts } = play(shop.exchange(), [failed('timeout')])
    expect(attempts.length).toBeLessThanOrEqual(3)
    expect(attempts.at(-1)?.timeoutMs).toBeLessThan(400)
    expect(responseOf(last)).toMatchObject({ status: 504, body: 'upstream request timeout' })
    expect(shop.records[0]?.flags).toEqual(['UT'])
  })
})

describe('limits', () => {
  test('turn away what would be one request too many', () => {
    const shop = new MeshShop([cartPolicy({ connectionPool: { http: { http2MaxRequests: 1 } } })])
    const first = shop.exchange()
    first.start(0)
    const second = shop.exchange()
    const step = responseOf(second.start(0))
    expect(step.status).toBe(503)
    expect(headerValue(step.headers, 'x-envoy-overloaded')).toBe('true')
    second.ended(ENDED, 0)
    expect(shop.records[0]?.flags).toEqual(['UO'])
    first.on(OK, 1)
    first.ended(ENDED, 1)
    expect(shop.exchange().start(2).kind).toBe('attempt')
  })

  test('leave a pod alone that fails five times in a row, until its time is up', () => {
    const shop = new MeshShop([
      cartPolicy({
        loadBalancer: { simple: 'ROUND_ROBIN' },
        outlierDetection: { consecutive5xxErrors: 5, baseEjectionTime: '30s', interval: '10s' },
      }),
    ])
    const reached = (now: number) => {
      const exchange = shop.exchange()
      const step = exchange.start(now)
      const address = step.kind === 'attempt' ? step.endpoint.address : ''
      exchange.on(answered(address === '10.0.1.2' ? 500 : 200), now)
      exchange.ended(ENDED, now)
      return address
    }
    for (let index = 0; index < 15; index++) reached(0)
    expect(Array.from({ length: 9 }, () => reached(29_000))).not.toContain('10.0.1.2')
    expect(Array.from({ length: 9 }, () => reached(30_000))).toContain('10.0.1.2')
  })
})

describe('where pods run', () => {
  test('those of the own zone are called as long as they are well, then those of the region', () => {
    const shop = new MeshShop(
      [cartPolicy({ outlierDetection: { consecutive5xxErrors: 1, maxEjectionPercent: 100 } })],
      {
        zones: { web: 'in/a', 'cart-0': 'in/a', 'cart-1': 'in/b', 'cart-2': 'eu/c' },
      },
    )
    const reached = (status: number) => {
      const exchange = shop.exchange()
      const step = exchange.start(0)
      exchange.on(answered(status), 0)
      exchange.ended(ENDED, 0)
      return step.kind === 'attempt' ? step.endpoint.address : step.kind
    }
    expect(Array.from({ length: 9 }, () => reached(200))).toEqual(Array.from({ length: 9 }, () => '10.0.1.1'))
    expect([reached(500), reached(500), reached(500), reached(200)]).toEqual([
      '10.0.1.1',
      '10.0.1.2',
      '10.0.1.3',
      'respond',
    ])
  })
})

describe('a request that is tried again', () => {
  const away = { ...TO_CART, retries: { attempts: 5, retryOn: '5xx', retryRemoteLocalities: true } }
  const zones = { web: 'west/a', 'cart-0': 'west/a', 'cart-1': 'west/a', 'cart-2': 'south/a' }
  const policy = cartPolicy({ outlierDetection: { consecutive5xxErrors: 100 } })

  test('goes elsewhere after two attempts near by, where the route says so', () => {
    const shop = new MeshShop([cartRoutes(away), policy], { zones })
    const { attempts } = play(shop.exchange(), [answered(500)])
    const near = attempts.map(({ endpoint }) => endpoint.address !== CART_PODS[2])
    // Once all localities have been tried, it begins again near by.
    expect(near).toEqual([true, true, false, false, true, true])
  })

  test('stays near by otherwise, and avoids pods that it was at unless that is not wished for', () => {
    for (const [ignores, same] of [
      [undefined, false],
      [false, true],
    ] as const) {
      const retries = {
        attempts: 1,
        retryOn: '5xx',
        ...(ignores !== undefined && { retryIgnorePreviousHosts: ignores }),
      }
      let repeated = 0
      for (let seed = 0; seed < 40; seed++) {
        const shop = new MeshShop([cartRoutes({ ...TO_CART, retries }), policy], { zones, seed: String(seed) })
        const [first, second] = play(shop.exchange(), [answered(500)]).attempts
        expect([first, second].map((attempt) => attempt?.endpoint.address)).not.toContain(CART_PODS[2])
        if (first?.endpoint === second?.endpoint) repeated++
      }
      expect(repeated > 10).toBe(same)
    }
  })
})

describe('a ServiceEntry that selects workloads', () => {
  test('leads to pods and machines of its namespace', () => {
    const shop = new MeshShop([
      meshObject('ServiceEntry', 'old', {
        hosts: ['old.shop.in'],
        ports: [{ number: 80, name: 'http', protocol: 'HTTP', targetPort: 9000 }],
        location: 'MESH_INTERNAL',
        resolution: 'STATIC',
        workloadSelector: { labels: { app: 'old' } },
      }),
      meshObject('WorkloadEntry', 'machine', { address: '192.168.0.7', labels: { app: 'old' }, serviceAccount: 'old' }),
    ])
    const [attempt] = play(shop.exchange({ host: 'old.shop.in' }), [OK]).attempts
    expect(attempt?.endpoint).toMatchObject({ address: '192.168.0.7', port: 9000, workload: { serviceAccount: 'old' } })
  })
})

describe('a hop that is decided in one exchange', () => {
  const strict = meshObject('PeerAuthentication', 'default', { mtls: { mode: 'STRICT' } })

  test('reports both sides, and shows the application who called', () => {
    const shop = new MeshShop([strict], { fuses: true })
    const [attempt] = play(shop.exchange(), [OK]).attempts
    expect(attempt?.upstream).toMatchObject({ transport: 'plaintext', cluster: 'inbound|8080||' })
    expect(headerValue(attempt?.head.headers ?? [], 'x-forwarded-client-cert')).toContain(
      'URI=spiffe://cluster.local/ns/shop/sa/web',
    )
    expect(shop.records.map(({ reporter, sourcePrincipal }) => [reporter, sourcePrincipal])).toEqual([
      ['destination', 'cluster.local/ns/shop/sa/web'],
      ['source', 'cluster.local/ns/shop/sa/web'],
    ])
  })

  test('tells of each attempt that the called side saw, and of one of its caller', () => {
    const shop = new MeshShop([strict, cartRoutes({ ...TO_CART, retries: { attempts: 2, retryOn: '5xx' } })], {
      fuses: true,
    })
    play(shop.exchange(), [answered(503), failed('reset'), OK])
    expect(shop.records.map(({ reporter, status, flags }) => [reporter, status, flags])).toEqual([
      ['destination', 503, []],
      ['destination', 503, ['UR']],
      ['destination', 200, []],
      ['source', 200, []],
    ])
  })

  test('answers in place of an application that breaks off, as the called side’s own proxy would', () => {
    const shop = new MeshShop([cartRoutes({ ...TO_CART, retries: { attempts: 2, retryOn: 'reset' } })], { fuses: true })
    const { last, attempts } = play(shop.exchange(), [failed('closed')])
    expect(attempts).toHaveLength(1)
    const { status, body } = responseOf(last)
    expect([status, body]).toEqual([
      503,
      'upstream connect error or disconnect/reset before headers. reset reason: connection termination',
    ])
    expect(shop.records).toMatchObject([
      { reporter: 'destination', status: 503, flags: ['UC'] },
      { reporter: 'source', status: 503, flags: [], details: 'via_upstream' },
    ])
  })

  test('calls an application again that was not there, and says so when it does not come', () => {
    const shop = new MeshShop([], { fuses: true })
    const { last, attempts } = play(shop.exchange(), [
      { ...failed('connect'), reason: 'Connection refused' } as Happened,
    ])
    expect(attempts.map(({ endpoint }) => endpoint.address)).toHaveLength(3)
    expect(responseOf(last).status).toBe(503)
    expect(shop.records).toMatchObject([
      {
        reporter: 'destination',
        flags: ['URX', 'UF'],
        attempts: 3,
        details:
          'upstream_reset_before_response_started{remote_connection_failure|delayed_connect_error:_Connection_refused}',
      },
      { reporter: 'source', flags: [], attempts: 1 },
    ])
  })

  test('ends before the application where the caller may not speak plainly', () => {
    const shop = new MeshShop([strict, cartPolicy({ tls: { mode: 'DISABLE' } })], { fuses: true })
    const { last, attempts } = play(shop.exchange(), [OK])
    expect(attempts).toEqual([])
    expect(responseOf(last).body).toContain('connection termination')
    expect(shop.records.map(({ reporter }) => reporter)).toEqual(['source'])
  })
})

describe('whatever happens', () => {
  const happened: fc.Arbitrary<Happened> = fc.oneof(
    fc.constant<Happened>({ kind: 'waited' }),
    fc.constant<Happened>({ kind: 'client-gone' }),
    fc.constantFrom(200, 404, 409, 429, 500, 503, 504).map((status) => answered(status)),
    fc
      .tuple(
        fc.constantFrom<FailureKind>(
          'connect',
          'connect-timeout',
          'closed',
          'reset',
          'refused-stream',
          'timeout',
          'protocol',
          'tls',
        ),
        fc.boolean(),
      )
      .map(([how, beforeRequest]) => failed(how, beforeRequest)),
  )
  const setup = fc.record({
    attempts: fc.integer({ min: 0, max: 4 }),
    retryOn: fc.constantFrom('5xx', 'reset,409', 'connect-failure,gateway-error', ''),
    timeout: fc.constantFrom('0s', '1s', '10ms'),
    requests: fc.constantFrom(0, 1, 2),
    outlier: fc.boolean(),
    delayed: fc.boolean(),
    fuses: fc.boolean(),
  })
  const end = fc.constantFrom('complete', 'client-gone', 'upstream-gone', 'timeout', 'protocol')

  test('an exchange ends once, counts nothing for ever, and tries no more often than it may', () => {
    fc.assert(
      fc.property(
        setup,
        fc.array(fc.tuple(fc.array(happened, { maxLength: 30 }), end), { maxLength: 4 }),
        (how, lives) => {
          const shop = new MeshShop(
            [
              cartRoutes({
                ...TO_CART,
                timeout: how.timeout,
                retries: { attempts: how.attempts, ...(how.retryOn !== '' && { retryOn: how.retryOn }) },
                ...(how.delayed && { fault: { delay: { fixedDelay: '5s', percentage: { value: 50 } } } }),
              }),
              cartPolicy({
                connectionPool: { http: { http2MaxRequests: how.requests, maxRetries: 1 } },
                ...(how.outlier && { outlierDetection: { consecutive5xxErrors: 1 } }),
              }),
            ],
            { fuses: how.fuses },
          )
          const exchanges = lives.map(([events, ending]) => ({ exchange: shop.exchange(), events, ending }))
          let now = 0
          const asked = exchanges.map(({ exchange }) => new Set([exchange.start(now)]))
          for (const [index, { exchange, events }] of exchanges.entries()) {
            for (const event of events) {
              now += 3
              asked[index]?.add(exchange.on(event, now))
            }
          }
          for (const [index, { exchange, ending }] of exchanges.entries()) {
            exchange.ended({ ...ENDED, how: ending }, now)
            exchange.ended({ ...ENDED, how: ending }, now)
            const numbers = [...(asked[index] ?? [])].flatMap((step) =>
              step.kind === 'attempt' ? [Number(headerValue(step.head.headers, 'x-envoy-attempt-count'))] : [],
            )
            expect(Math.max(0, ...numbers)).toBeLessThanOrEqual(1 + how.attempts)
            // The called side's proxy calls its application up to three times for each attempt of the caller.
            const most = how.fuses ? 3 : 1
            for (const same of Map.groupBy(numbers, (number) => number).values()) {
              expect(same.length).toBeLessThanOrEqual(most)
            }
          }
          const { state } = shop.cluster(CART, now)
          expect([state.active, state.activeRetries]).toEqual([0, 0])
          expect(state.hosts.map(({ active }) => active)).toEqual([0, 0, 0])
          expect(shop.records.filter(({ reporter }) => reporter === 'source')).toHaveLength(lives.length)
        },
      ),
      { numRuns: 400 },
    )
  })
})
