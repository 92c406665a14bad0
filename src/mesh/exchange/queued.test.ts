import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CART, cartPolicy, cartRoutes, meshObject, MeshShop, TO_CART } from '../../../test/support/mesh-shop.ts'
import type { ResponseStream } from '../../world/network.ts'
import { VirtualClock } from '../../world/virtual-clock.ts'
import { headerValue } from '../route/header-list.ts'
import { InProcessClient } from '../runtime/in-process-client.ts'
import { ExchangeRunner } from '../sockets/exchange-runner.ts'
import { inProcessUpstreams } from '../sockets/in-process-upstreams.ts'
import { TimerWheel } from '../sockets/timer-wheel.ts'
import { carryOut } from './in-process-driver.ts'
import type { Happened, HttpExchange, Step } from './steps.ts'

const OK: Happened = { kind: 'answered', status: 200, headers: [] }
const ENDED = { how: 'complete', requestBytes: 0, responseBytes: 0 } as const

/** All requests go to the same pod. */
function limited(
  limits: { readonly connections: number; readonly pending?: number; readonly requests?: number },
  options: { readonly fuses?: boolean; readonly route?: object } = {},
): MeshShop {
  const { connections, pending = 0, requests = 0 } = limits
  return new MeshShop(
    [
      cartRoutes({ ...TO_CART, ...options.route }),
      cartPolicy({
        loadBalancer: { consistentHash: { httpHeaderName: 'x-same' } },
        connectionPool: {
          tcp: { maxConnections: connections },
          http: { http1MaxPendingRequests: pending, http2MaxRequests: requests },
        },
      }),
    ],
    { fuses: options.fuses ?? false },
  )
}

function exchangeIn(shop: MeshShop): HttpExchange {
  return shop.exchange({ headers: { 'x-same': 'yes' } })
}

/** The step after the one that waits. */
function turnOf(exchange: HttpExchange, step: Step, now: number): Promise<Step> {
  if (step.kind !== 'queue') throw new Error(`it waits, and is not asked for ${step.kind}`)
  return new Promise((resolve) => step.turn.onTurn(() => resolve(exchange.on({ kind: 'waited' }, now))))
}

describe.each([{ fuses: false }, { fuses: true }])('where connections are limited, fuses: $fuses', ({ fuses }) => {
  test('a request waits for the one before it, and is one too many where others wait', async () => {
    const shop = limited({ connections: 1, pending: 1 }, { fuses })
    const [first, second, third] = [exchangeIn(shop), exchangeIn(shop), exchangeIn(shop)]
    expect(first.start(0).kind).toBe('attempt')
    const waiting = second.start(0)
    const refused = third.start(0)
    expect(refused).toMatchObject({ kind: 'respond', status: 503 })
    third.ended(ENDED, 0)
    expect(shop.records.at(-1)).toMatchObject({ flags: ['UO'], attempts: 0 })
    const turn = turnOf(second, waiting, 7)
    first.on(OK, 5)
    first.ended(ENDED, 5)
    expect((await turn).kind).toBe('attempt')
    second.on(OK, 9)
    second.ended(ENDED, 9)
    const { state } = shop.cluster(CART)
    expect([state.active, state.pending.count, state.counts]).toEqual([
      0,
      0,
      expect.objectContaining({ requests: 2, overflows: 1 }),
    ])
  })

  test('the time of the route goes on while a request waits', () => {
    const shop = limited({ connections: 1 }, { fuses, route: { timeout: '1s', retries: { attempts: 3 } } })
    exchangeIn(shop).start(0)
    const waiting = exchangeIn(shop)
    expect(waiting.start(0)).toMatchObject({ kind: 'queue', timeoutMs: 1_000 })
    const timeUp: Happened = { kind: 'failed', how: 'timeout', beforeRequest: false }
    expect(waiting.on(timeUp, 1_000)).toMatchObject({ kind: 'respond', status: 504 })
    waiting.ended(ENDED, 1_000)
    expect(shop.records.at(-1)).toMatchObject({ flags: ['UT'], details: 'response_timeout', attempts: 0 })
    expect(shop.cluster(CART).state.pending.count).toBe(0)
  })

  test('a client that goes away does not wait any more', () => {
    const shop = limited({ connections: 1 }, { fuses })
    exchangeIn(shop).start(0)
    const waiting = exchangeIn(shop)
    waiting.start(0)
    expect(waiting.on({ kind: 'client-gone' }, 1).kind).toBe('close')
    waiting.ended({ ...ENDED, how: 'client-gone' }, 1)
    expect(shop.cluster(CART).state.pending.count).toBe(0)
    expect(shop.records.at(-1)?.flags).toEqual(['DC'])
  })

  test('whoever comes, goes and fails: nobody holds a place for ever', () => {
    const event = fc.tuple(fc.nat(5), fc.constantFrom<Happened['kind']>('waited', 'answered', 'failed', 'client-gone'))
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        const shop = limited(
          { connections: 1, pending: 2, requests: 1 },
          { fuses, route: { retries: { attempts: 2 } } },
        )
        const exchanges = Array.from({ length: 6 }, () => exchangeIn(shop))
        for (const exchange of exchanges) exchange.start(0)
        for (const [index, kind] of events) exchanges[index]?.on(happenedOf(kind), 3)
        for (const exchange of exchanges) exchange.ended(ENDED, 4)
        const { state } = shop.cluster(CART, 5)
        expect([state.active, state.activeRetries, state.pending.count]).toEqual([0, 0, 0])
        expect(exchangeIn(shop).start(5).kind).toBe('attempt')
      }),
      { numRuns: 200 },
    )
  })
})

function happenedOf(kind: Happened['kind']): Happened {
  if (kind === 'failed') return { kind, how: 'reset', beforeRequest: false }
  return kind === 'waited' || kind === 'client-gone' ? { kind } : OK
}

test('a request that finds no room at the proxy’s own connections is answered so, and not tried again', () => {
  const shop = limited({ connections: 5 }, { route: { retries: { attempts: 3, retryOn: '5xx,reset' } } })
  const exchange = exchangeIn(shop)
  exchange.start(0)
  const step = exchange.on({ kind: 'failed', how: 'overflow', beforeRequest: true }, 1)
  if (step.kind !== 'respond') throw new Error(`it is answered, not ${step.kind}`)
  expect(step.status).toBe(503)
  expect(headerValue(step.headers, 'x-envoy-overloaded')).toBe('true')
  exchange.ended(ENDED, 1)
  expect(shop.records.at(-1)?.flags).toEqual(['UO'])
  expect(shop.cluster(CART).state.counts).toMatchObject({ requests: 0, overflows: 1 })
})

const WORK_MS = 100

type Drive = (exchange: HttpExchange, clock: VirtualClock, sent: () => void) => Promise<number>

interface AtOnce {
  /** Statuses, and when they came. */
  readonly told: readonly string[]
  /** How many were under way at the caller's. */
  readonly most: number
  /** When the application was asked. */
  readonly asked: readonly number[]
}

/** So many requests at once to an application that takes its time. */
async function atOnce(shop: MeshShop, count: number, drive: Drive): Promise<AtOnce> {
  const clock = new VirtualClock(0)
  const told: string[] = []
  const asked: number[] = []
  let most = 0
  const all = Array.from({ length: count }, async () => {
    const status = await drive(exchangeIn(shop), clock, () => asked.push(clock.now()))
    most = Math.max(most, shop.cluster(CART, clock.now()).state.active)
    told.push(`${status} at ${clock.now()}`)
  })
  await clock.advance(10_000)
  await Promise.all(all)
  return { told: told.toSorted(), most, asked: asked.toSorted((a, b) => a - b) }
}

const whole: Drive = async (exchange, clock, sent) => {
  const send = async () => {
    sent()
    await clock.sleep(WORK_MS)
    return { kind: 'answered', status: 200, headers: [], body: 'ok' } as const
  }
  return (await carryOut(exchange, { clock, send }))?.status ?? 0
}

const streamed: Drive = async (exchange, clock, sent) => {
  const deliver = async (): Promise<ResponseStream> => {
    sent()
    await clock.sleep(WORK_MS)
    return { status: 200, headers: {}, body: (async function* () {})() }
  }
  const servers = { isListening: () => true, owns: () => true, deliver }
  const client = new InProcessClient(REQUEST, new Uint8Array())
  const wheel = new TimerWheel(clock)
  const upstreams = inProcessUpstreams(servers, { podIp: undefined, further: undefined })
  const runner = new ExchangeRunner(exchange, client, { clock, wheel, upstreams })
  client.attach(runner)
  runner.start()
  const answer = await client.answer()
  for await (const _ of answer.body) continue
  return answer.status
}

const TWO_AT_A_TIME = ['200 at 100', '200 at 100', '200 at 200', '200 at 200', '200 at 300', '503 at 0', '503 at 0']

describe('both drivers in process', () => {
  test('make requests wait for each other alike', async () => {
    const make = (): MeshShop => limited({ connections: 2, pending: 3 })
    const seen = await atOnce(make(), 7, whole)
    expect(seen.told).toEqual(TWO_AT_A_TIME)
    expect(await atOnce(make(), 7, streamed)).toEqual(seen)
  })

  test('make them wait for the called side alike', async () => {
    const inboundConnectionPool = { tcp: { maxConnections: 2 }, http: { http1MaxPendingRequests: 3 } }
    const workloadSelector = { labels: { app: 'cart' } }
    const make = (): MeshShop =>
      new MeshShop(
        [
          cartRoutes({ ...TO_CART, retries: { attempts: 0 } }),
          cartPolicy({ loadBalancer: { consistentHash: { httpHeaderName: 'x-same' } } }),
          meshObject('Sidecar', 'cart', { workloadSelector, inboundConnectionPool }),
        ],
        { fuses: true },
      )
    const seen = await atOnce(make(), 7, whole)
    expect(seen.told).toEqual(TWO_AT_A_TIME)
    expect(await atOnce(make(), 7, streamed)).toEqual(seen)
  })

  test('make copies wait, and nobody waits for them', async () => {
    const make = (): MeshShop => limited({ connections: 1, pending: 3 }, { route: { mirror: { host: 'cart' } } })
    const { asked, told } = await atOnce(make(), 2, whole)
    // One of them, the copies of both, and the other, each in its turn.
    expect(asked).toEqual([0, 100, 200, 300])
    expect(told).toEqual(['200 at 100', '200 at 300'])
    expect(await atOnce(make(), 2, streamed)).toMatchObject({ asked, told })
  })
})

const REQUEST = {
  method: 'GET',
  scheme: 'http',
  authority: 'cart',
  target: '/',
  headers: [],
  version: 'HTTP/1.1',
} as const
