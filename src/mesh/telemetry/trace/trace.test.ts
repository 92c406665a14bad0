import { describe, expect, test } from 'vitest'
import { CART, exchangeRecord } from '../../../../test/support/mesh-records.ts'
import { spansOf } from './span.ts'
import { startTrace, type TracingPolicy } from './start-trace.ts'
import { callerSpanId, contextHeaders, contextsOf } from './trace-context.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'
const ID = '00001111-3b7d-4bad-9bdd-2b0d7b3dcb6d'
const POLICY: TracingPolicy = {
  samplingPercent: 100,
  propagation: 'w3c',
  propagates: true,
  tags: [],
  usesRequestId: true,
  spawnsUpstream: false,
  istioTags: { meshId: 'unknown' },
  pathLengthMax: 256,
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

  test('may be chosen by dice instead, and its identifier says nothing then', () => {
    // The first die is 1/16.
    const own = { usesRequestId: false }
    expect(started([], { ...own, samplingPercent: 6.26 })).toMatchObject({
      requestId: ID,
      context: { isSampled: true },
    })
    expect(started([], { ...own, samplingPercent: 6.24 }).context.isSampled).toBe(false)
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
    const named = [...sentHeaders, 'x-envoy-decorator-operation', 'cart.shop.svc.cluster.local:80/*']
    const record = exchangeRecord({ sentHeaders: named, request: incoming, status: 503, flags: ['UF'] })
    const tags = [['team', { kind: 'literal', value: 'tea' }]] as const
    const [span, ...others] = spansOf(record, { ...POLICY, tags })
    expect(others).toEqual([])
    expect(span).toMatchObject({
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

  test('of what comes in has the name that its caller gave, or else that of the service', () => {
    const record = exchangeRecord({ reporter: 'destination', proxy: CART, cluster: 'inbound|8080||', sentHeaders })
    const named = { ...request, headers: ['x-envoy-decorator-operation', 'cart.shop:80/items*'] }
    expect(spansOf({ ...record, request: named }, POLICY)).toMatchObject([
      { kind: 'server', name: 'cart.shop:80/items*', service: 'cart.shop' },
    ])
    expect(spansOf(record, POLICY)[0]?.name).toBe('cart.shop.svc.cluster.local:8080/*')
  })

  test('that found no route is called by its host', () => {
    expect(spansOf(exchangeRecord({ sentHeaders }), POLICY)[0]?.name).toBe('cart')
  })

  test('of a gateway is two: the call that it answered, and the one it made', () => {
    const policy = { ...POLICY, spawnsUpstream: true }
    const record = exchangeRecord({ sentHeaders, request: incoming })
    const [answered, made] = spansOf(record, policy)
    expect(answered).toMatchObject({ kind: 'server', parentSpanId: SPAN, spanId: '0ba902b700f067aa' })
    expect(made).toMatchObject({
      kind: 'client',
      parentSpanId: answered?.spanId,
      spanId: '00f067aa0ba902b7',
      name: 'router outbound|80||cart.shop.svc.cluster.local egress',
    })
    // Nobody was asked where the gateway answered itself.
    expect(spansOf({ ...record, attempts: 0 }, policy)).toHaveLength(1)
    const { headers, context } = started(['b3', `${TRACE}-${SPAN}-1`], { spawnsUpstream: true })
    expect(headers).toEqual(['b3', `${TRACE}-${context.spanId}-1-${callerSpanId(context.spanId)}`])
  })

  test('has no path without end, and tells whose proxy it is unless that is not wanted', () => {
    const [span] = spansOf(exchangeRecord({ sentHeaders }), { ...POLICY, pathLengthMax: 4, istioTags: undefined })
    expect(span?.tags['http.url']).toBe('http://cart/ite')
    expect(span?.tags).not.toHaveProperty('istio.namespace')
    expect(spansOf(exchangeRecord({ sentHeaders }), POLICY)[0]?.tags).toMatchObject({ 'istio.mesh_id': 'unknown' })
  })

  test('is not told of requests that are not sampled', () => {
    expect(spansOf(exchangeRecord(), POLICY)).toEqual([])
  })
})
