import { describe, expect, test } from 'vitest'
import { exchangeRecord } from '../../../../test/support/mesh-records.ts'
import { spanOf } from './span.ts'
import { startTrace, type TracingPolicy } from './start-trace.ts'
import { contextHeaders, contextsOf } from './trace-context.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'
const ID = '00001111-3b7d-4bad-9bdd-2b0d7b3dcb6d'
const POLICY: TracingPolicy = {
  samplingPercent: 100,
  propagation: 'w3c',
  propagates: true,
  tags: [],
  hasIstioTags: true,
}

function started(headers: readonly string[], change: Partial<TracingPolicy> = {}) {
  let cast = 0
  return startTrace(headers, { requestId: ID, policy: { ...POLICY, ...change }, dice: () => ++cast / 16 })
}

describe('a context', () => {
  test.each([
    [['traceparent', `00-${TRACE}-${SPAN}-01`], 'w3c', true],
    [['traceparent', `00-${TRACE}-${SPAN}-00`], 'w3c', false],
    [['traceparent', `01-${TRACE}-${SPAN}-01-later`], 'w3c', true],
    [['b3', `${TRACE}-${SPAN}-1-05e3ac9a4f6e3b90`], 'b3-single', true],
    [['b3', `${TRACE}-${SPAN}-d`], 'b3-single', true],
    [['b3', `${TRACE}-${SPAN}`], 'b3-single', undefined],
    [['x-b3-traceid', TRACE, 'x-b3-spanid', SPAN, 'x-b3-sampled', '0'], 'b3-multi', false],
    [['x-b3-traceid', TRACE, 'x-b3-spanid', SPAN, 'x-b3-sampled', '0', 'x-b3-flags', '1'], 'b3-multi', true],
  ] as const)('is read from %j', (headers, propagation, isSampled) => {
    expect([...contextsOf(headers)]).toEqual([[propagation, { traceId: TRACE, spanId: SPAN, isSampled }]])
  })

  test.each([
    [['traceparent', `ff-${TRACE}-${SPAN}-01`]],
    [['traceparent', `00-${'0'.repeat(32)}-${SPAN}-01`]],
    [['traceparent', `00-${TRACE.toUpperCase()}-${SPAN}-01`]],
    [['traceparent', 'garbage']],
    [['b3', '0']],
    [['x-b3-traceid', TRACE]],
    [['x-b3-traceid', 'not-hex-not-hex!', 'x-b3-spanid', SPAN]],
  ])('that is malformed is none: %j', (headers) => {
    expect(contextsOf(headers).size).toBe(0)
  })

  test('of 16 digits is padded, and the state of W3C handed through', () => {
    expect(contextsOf(['b3', `${SPAN}-${SPAN}-1`]).get('b3-single')?.traceId).toBe(`${'0'.repeat(16)}${SPAN}`)
    const context = { traceId: TRACE, spanId: SPAN, isSampled: true, state: 'a=1' }
    expect(contextHeaders(context, { propagation: 'w3c' })).toEqual([
      'traceparent',
      `00-${TRACE}-${SPAN}-01`,
      'tracestate',
      'a=1',
    ])
  })
})

describe('a request', () => {
  test('that has no context gets one, and its identifier says why it is sampled', () => {
    const { context, headers, requestId, parentSpanId } = started([])
    expect(context).toMatchObject({ isSampled: true, traceId: expect.stringMatching(/^[\da-f]{32}$/) })
    expect(headers).toEqual(['traceparent', `00-${context.traceId}-${context.spanId}-01`])
    expect(requestId).toBe('00001111-3b7d-9bad-9bdd-2b0d7b3dcb6d')
    expect(parentSpanId).toBeUndefined()
  })

  test('stays in its trace, in each form in which it came, and keeps its decision', () => {
    const came = ['traceparent', `00-${TRACE}-${SPAN}-00`, 'b3', `${TRACE}-${SPAN}-0`]
    const { context, headers, requestId, parentSpanId } = started(came)
    expect(context).toMatchObject({ traceId: TRACE, isSampled: false })
    expect(parentSpanId).toBe(SPAN)
    expect(headers).toEqual([
      'traceparent',
      `00-${TRACE}-${context.spanId}-00`,
      'b3',
      `${TRACE}-${context.spanId}-0-${SPAN}`,
    ])
    expect(requestId).toBe(ID)
  })

  test('is chosen by its identifier, so that every proxy decides alike', () => {
    // 0x00001111 is 4369: below 43.70 %, not below 43.69 %.
    expect(started([], { samplingPercent: 43.7 }).context.isSampled).toBe(true)
    expect(started([], { samplingPercent: 43.69 }).context.isSampled).toBe(false)
    expect(started([], { samplingPercent: 0 }).requestId.charAt(14)).toBe('4')
  })

  test('that forces a trace gets one', () => {
    const { context, requestId } = started(['x-envoy-force-trace', '1'], { samplingPercent: 0 })
    expect(context.isSampled).toBe(true)
    expect(requestId.charAt(14)).toBe('a')
  })
})

describe('a span', () => {
  const sentHeaders = ['traceparent', `00-${TRACE}-00f067aa0ba902b7-01`]
  const { request } = exchangeRecord()
  const incoming = { ...request, headers: [...request.headers, 'traceparent', `00-${TRACE}-${SPAN}-01`] }

  test('tells what a proxy did for a request', () => {
    const record = exchangeRecord({ sentHeaders, request: incoming, status: 503, flags: ['UF'] })
    const tags = [['team', { kind: 'literal', value: 'tea' }]] as const
    expect(spanOf(record, { ...POLICY, tags })).toMatchObject({
      traceId: TRACE,
      spanId: '00f067aa0ba902b7',
      parentSpanId: SPAN,
      kind: 'client',
      name: 'cart.shop.svc.cluster.local:80/*',
      service: 'web.shop',
      durationMs: 12,
      isError: true,
      tags: {
        'http.url': 'http://cart/items?n=1',
        'http.status_code': '503',
        response_flags: 'UF',
        'istio.namespace': 'shop',
        team: 'tea',
      },
    })
  })

  test('is not told of requests that are not sampled', () => {
    expect(spanOf(exchangeRecord(), POLICY)).toBeUndefined()
  })
})
