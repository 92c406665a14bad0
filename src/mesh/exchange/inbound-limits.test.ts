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
import type { ApiObject } from '../../api/object.ts'
import { headerListOf, headerValue } from '../route/header-list.ts'
import { update } from '../snapshot.ts'
import type { Happened, HttpExchange, Step } from './steps.ts'

const OK: Happened = { kind: 'answered', status: 200, headers: [] }
const WAITED: Happened = { kind: 'waited' }
const ENDED = { how: 'complete', requestBytes: 0, responseBytes: 0 } as const
const [POD = ''] = CART_PODS
const PORT = 8080

function pool(connections: number, http: object = {}): object {
  return { tcp: { maxConnections: connections }, http: { http1MaxPendingRequests: 1, ...http } }
}

/** For `cart` alone, so that callers are held to nothing. */
function sidecar(spec: object): ApiObject {
  return meshObject('Sidecar', 'cart', { workloadSelector: { labels: { app: 'cart' } }, ...spec })
}

/** All requests go to one pod. */
const SAME_POD = cartPolicy({ loadBalancer: { consistentHash: { httpHeaderName: 'x-same' } } })

function toSamePod(shop: MeshShop): HttpExchange {
  return shop.exchange({ headers: { 'x-same': 'yes' } })
}

/** The caller's and the called side's proxy as one, or the latter by itself. */
const SIDES: readonly { side: string; exchangeIn(shop: MeshShop): HttpExchange }[] = [
  { side: 'fused with the caller’s', exchangeIn: toSamePod },
  {
    side: 'over a wire',
    exchangeIn(shop) {
      const workload = shop.mesh.workloadAt(POD)
      const admission = workload && shop.mesh.proxyOf(workload).admit(ARRIVING)
      if (admission?.kind !== 'http') throw new Error('no HTTP')
      const headers = headerListOf({})
      const request = { method: 'GET', scheme: 'http', authority: 'cart', target: '/', version: 'HTTP/1.1' } as const
      return admission.exchange({ ...request, headers })
    },
  },
]

const ARRIVING = {
  direction: 'inbound',
  destination: { address: POD, port: PORT },
  source: { address: '10.0.0.1', port: 40_000 },
  tls: 'plaintext',
  alpn: 'http/1.1',
} as const

function shopWith(...objects: readonly ApiObject[]): MeshShop {
  return new MeshShop([cartRoutes({ ...TO_CART, retries: { attempts: 0 } }), ...objects], { fuses: true })
}

function turnOf(exchange: HttpExchange, step: Step, now: number): Promise<Step> {
  if (step.kind !== 'queue') throw new Error(`it waits, and is not asked for ${step.kind}`)
  return new Promise((resolve) => step.turn.onTurn(() => resolve(exchange.on(WAITED, now))))
}

describe.each(SIDES)('the proxy of an application, $side', ({ exchangeIn }) => {
  test('lets as many requests in as there may be connections, keeps others waiting, and refuses the rest', async () => {
    const shop = shopWith(SAME_POD, sidecar({ inboundConnectionPool: pool(1) }))
    const [first, second, third] = [exchangeIn(shop), exchangeIn(shop), exchangeIn(shop)]
    expect(first.start(0).kind).toBe('attempt')
    const waiting = second.start(0)
    const refused = third.start(0)
    expect(refused).toMatchObject({ kind: 'respond', status: 503 })
    expect(headerValue(refused.kind === 'respond' ? refused.headers : [], 'x-envoy-overloaded')).toBe('true')
    third.ended(ENDED, 0)
    expect(shop.records.find(({ reporter }) => reporter === 'destination')).toMatchObject({ flags: ['UO'] })
    const turn = turnOf(second, waiting, 7)
    first.on(OK, 5)
    first.ended(ENDED, 5)
    expect((await turn).kind).toBe('attempt')
    second.on(OK, 9)
    second.ended(ENDED, 9)
    expect(exchangeIn(shop).start(10).kind).toBe('attempt')
  })

  test('asks no more of it at once than the pool says, also on connections that carry many', () => {
    const shop = shopWith(SAME_POD, sidecar({ inboundConnectionPool: pool(9, { http2MaxRequests: 1 }) }))
    expect(exchangeIn(shop).start(0).kind).toBe('attempt')
    expect(exchangeIn(shop).start(0)).toMatchObject({ kind: 'respond', status: 503 })
  })

  test('takes what callers are told where no Sidecar says it, and a port’s own before that of all', () => {
    const overall = meshObject('DestinationRule', 'cart', {
      host: 'cart',
      trafficPolicy: {
        loadBalancer: { consistentHash: { httpHeaderName: 'x-same' } },
        connectionPool: pool(9, { http2MaxRequests: 1 }),
      },
    })
    const ingress = [
      { port: { number: PORT, protocol: 'HTTP', name: 'http' }, defaultEndpoint: `0.0.0.0:${PORT}` },
      { port: { number: 9090, protocol: 'HTTP', name: 'more' }, defaultEndpoint: '0.0.0.0:9090' },
    ]
    const own = ingress.map((entry) => ({ ...entry, connectionPool: pool(9) }))
    const isSecondRefused = (...objects: readonly ApiObject[]): boolean => {
      const shop = shopWith(...objects)
      exchangeIn(shop).start(0)
      return exchangeIn(shop).start(0).kind === 'respond'
    }
    expect(isSecondRefused(overall)).toBe(true)
    const strict = pool(9, { http2MaxRequests: 1 })
    expect(isSecondRefused(SAME_POD, sidecar({ ingress, inboundConnectionPool: strict }))).toBe(true)
    expect(isSecondRefused(SAME_POD, sidecar({ ingress: own, inboundConnectionPool: strict }))).toBe(false)
  })

  test('a client that goes away does not wait any more', () => {
    const shop = shopWith(SAME_POD, sidecar({ inboundConnectionPool: pool(1) }))
    exchangeIn(shop).start(0)
    const waiting = exchangeIn(shop)
    expect(waiting.start(0).kind).toBe('queue')
    expect(waiting.on({ kind: 'client-gone' }, 1).kind).toBe('close')
    waiting.ended({ ...ENDED, how: 'client-gone' }, 1)
    // Its place in the line is free again.
    expect(exchangeIn(shop).start(2).kind).toBe('queue')
  })

  test('who holds a connection does so under the next configuration too', () => {
    const limits = sidecar({ inboundConnectionPool: pool(1) })
    const shop = shopWith(SAME_POD, limits)
    exchangeIn(shop).start(0)
    const more = meshObject('DestinationRule', 'other', { host: 'other', trafficPolicy: {} })
    shop.snapshot = update(shop.snapshot, { after: more })
    expect(exchangeIn(shop).start(1).kind).toBe('queue')
  })
})

test('the caller’s patience goes on while its request waits at the other side', () => {
  const limits = sidecar({ inboundConnectionPool: pool(1) })
  const shop = new MeshShop([cartRoutes({ ...TO_CART, timeout: '1s' }), SAME_POD, limits], { fuses: true })
  const [first, waiting] = [toSamePod(shop), toSamePod(shop)]
  first.start(0)
  expect(waiting.start(0)).toMatchObject({ kind: 'queue', timeoutMs: 1_000 })
  const step = waiting.on({ kind: 'failed', how: 'timeout', beforeRequest: false }, 1_000)
  expect(step).toMatchObject({ kind: 'respond', status: 504 })
  waiting.ended(ENDED, 1_000)
  const told = shop.records.map(({ reporter, flags }) => `${reporter} ${flags.join()}`)
  expect(told).toEqual(['destination DC', 'source UT'])
  first.on(OK, 1_001)
  first.ended(ENDED, 1_001)
  expect(toSamePod(shop).start(1_002).kind).toBe('attempt')
})

describe('copies of requests', () => {
  const mirrored = cartRoutes({ ...TO_CART, mirror: { host: 'cart' } })
  const limited = (http: object): ApiObject => cartPolicy({ connectionPool: { tcp: { maxConnections: 9 }, http } })

  test('count among the requests of their cluster until they are over', () => {
    const shop = new MeshShop([mirrored, limited({ http2MaxRequests: 2 })])
    const exchange = shop.exchange()
    const step = exchange.start(0)
    if (step.kind !== 'mirror') throw new Error(`mirrored, and not asked for ${step.kind}`)
    expect(shop.cluster(CART).state.active).toBe(2)
    expect(shop.exchange().start(0)).toMatchObject({ kind: 'respond', status: 503 })
    step.copies[0]?.seat.leave(1)
    expect(shop.cluster(CART).state.active).toBe(1)
  })

  test('are left out where they would be one too many', () => {
    const shop = new MeshShop([mirrored, limited({ http2MaxRequests: 1 })])
    expect(shop.exchange().start(0).kind).toBe('attempt')
    expect(shop.cluster(CART).state.counts).toMatchObject({ requests: 1, overflows: 1 })
  })
})

test('what is not limited is not counted', () => {
  const shop = shopWith(SAME_POD)
  const workload = shop.mesh.workloadAt(POD)
  expect(workload && shop.mesh.proxyOf(workload).inboundPort(POD, PORT).state).toBeUndefined()
})
