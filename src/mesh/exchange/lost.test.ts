import { describe, expect, test } from 'vitest'
import { CART, MeshShop } from '../../../test/support/mesh-shop.ts'
import { headerValue } from '../route/header-list.ts'
import type { Happened } from './steps.ts'

const MALFORMED = { kind: 'malformed', details: 'http1.codec_error', isHeard: true } as const
const OK: Happened = { kind: 'answered', status: 200, headers: [] }
const ENDED = { requestBytes: 4, responseBytes: 0 } as const

describe.each([{ fuses: false }, { fuses: true }])('a request that is no HTTP any more, fuses: $fuses', ({ fuses }) => {
  test('is answered so where no answer has begun; the called side has lost its client', () => {
    const shop = new MeshShop([], { fuses })
    const exchange = shop.exchange({ method: 'POST' })
    expect(exchange.start(0).kind).toBe('attempt')
    const step = exchange.on(MALFORMED, 5)
    expect(step).toMatchObject({ kind: 'respond', status: 400, body: 'Bad Request' })
    exchange.ended({ ...ENDED, how: 'complete' }, 5)
    const [called, caller] = [shop.records.slice(0, -1), shop.records.at(-1)]
    expect(caller).toMatchObject({ status: 400, flags: ['DPE'], details: 'http1.codec_error', attempts: 1 })
    expect(called.map(({ status, flags }) => [status, ...flags])).toEqual(fuses ? [[0, 'DC']] : [])
    expect(shop.cluster(CART).state.active).toBe(0)
  })

  test('is told of where the answer has begun', () => {
    const shop = new MeshShop([], { fuses })
    const exchange = shop.exchange({ method: 'POST' })
    exchange.start(0)
    exchange.on(OK, 5)
    exchange.ended({ ...ENDED, how: 'malformed', violation: 'http1.codec_error' }, 9)
    expect(shop.records.at(-1)).toMatchObject({ status: 200, flags: ['DPE'], details: 'http1.codec_error' })
    if (fuses) expect(shop.records[0]).toMatchObject({ flags: ['DC'], details: 'downstream_remote_disconnect' })
    expect(shop.cluster(CART).state.hosts.every(({ health }) => health.consecutiveLocal === 0)).toBe(true)
  })

  test('is told of without an answer where none can be sent', () => {
    const shop = new MeshShop([], { fuses })
    const exchange = shop.exchange({ method: 'POST' })
    exchange.start(0)
    const details = 'http2.violation.of.messaging.rule'
    expect(exchange.on({ kind: 'malformed', details, isHeard: false }, 5).kind).toBe('close')
    exchange.ended({ ...ENDED, how: 'malformed' }, 5)
    expect(shop.records.at(-1)).toMatchObject({ status: 0, flags: ['DPE'], details })
  })
})

test('a caller of gRPC is told so in its own words', () => {
  const exchange = new MeshShop().exchange({ method: 'POST', headers: { 'content-type': 'application/grpc' } })
  exchange.start(0)
  const step = exchange.on(MALFORMED, 5)
  if (step.kind !== 'respond') throw new Error(`it is answered, not ${step.kind}`)
  expect([step.status, headerValue(step.headers, 'grpc-message')]).toEqual([200, 'Bad Request'])
})
