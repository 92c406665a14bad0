import { describe, expect, test } from 'vitest'
import type { HttpRoute } from '../config/types/virtual-service.ts'
import { resolveVirtualService } from '../config/virtual-service.ts'
import { compileRoutes, type CompiledRoute } from './compiled-route.ts'
import { decide } from './decision.ts'
import { withHeaderChanges } from './headers.ts'
import type { MeshRequest } from './request.ts'

const request: MeshRequest = { method: 'GET', scheme: 'http', authority: 'shop.in', path: '/tea/green', query: 'n=1' }
const toCart = { destination: { host: 'cart' } }

function compiled(...http: readonly HttpRoute[]): readonly CompiledRoute[] {
  const object = {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'v', namespace: 'shop' },
  }
  const resolved = resolveVirtualService(
    { ...object, spec: { hosts: ['shop'], http } },
    { domain: 'cluster.local', delegate: () => undefined },
  )
  if (resolved === undefined) return []
  const context = { port: 80, gateways: new Set(['mesh']), labels: {}, namespace: 'shop' }
  return compileRoutes(resolved, context, {
    clusterOf: ({ host, subset = '' }, port) => `outbound|${port}|${subset}|${host}`,
    usesConsistentHash: () => false,
    defaultRetries: undefined,
  })
}

function decided(rule: HttpRoute, ...dice: readonly number[]) {
  const [route] = compiled(rule)
  if (route === undefined) throw new Error('the rule made no route')
  let cast = 0
  return decide(route, request, { port: 8080, dice: () => dice[cast++] ?? 0.5 })
}

describe('routes', () => {
  test('after one that catches all are dropped', () => {
    const names = compiled(
      { name: 'a', match: [{ uri: { prefix: '/' } }], route: [toCart] },
      { name: 'b', route: [toCart] },
    )
    expect(names.map(({ name }) => name)).toEqual(['a'])
  })

  test('say which entry of the object they come from', () => {
    const match = [{ uri: { exact: '/x' } }, { uri: { exact: '/y' } }]
    expect(
      compiled({ match, route: [toCart] }, { route: [toCart] }).map(({ source }) => [source?.http, source?.match]),
    ).toEqual([
      [0, 0],
      [0, 1],
      [1, undefined],
    ])
  })
})

describe('a request is', () => {
  test('split by weights that need not add up to 100', () => {
    const route = ['v1', 'v2', 'v3'].map((subset, index) => ({ destination: { host: 'cart', subset }, weight: index }))
    const pick = (die: number) => decided({ route }, die).outcome
    expect(pick(0)).toMatchObject({ cluster: 'outbound|80|v2|cart.shop.svc.cluster.local' })
    expect(pick(0.34)).toMatchObject({ cluster: 'outbound|80|v3|cart.shop.svc.cluster.local' })
  })

  test('not limited in time unless the route says so, and tried twice more', () => {
    expect(decided({ route: [toCart] }).outcome).toMatchObject({ timeoutMs: 0, retry: { attempts: 2 } })
    expect(decided({ route: [toCart], timeout: '1.5s' }).outcome).toMatchObject({ timeoutMs: 1500 })
  })

  test('sent on with the matched prefix replaced', () => {
    const rule = { match: [{ uri: { prefix: '/tea/' } }], rewrite: { uri: '/' }, route: [toCart] }
    expect(decided(rule).outcome).toMatchObject({ path: '/green' })
  })

  test('sent on with what an expression found put elsewhere', () => {
    const rewrite = { uriRegexRewrite: { match: '^/(\\w+)/(\\w+)$', rewrite: '/\\2-\\1' } }
    expect(decided({ rewrite, route: [toCart] }).outcome).toMatchObject({ path: '/green-tea' })
  })

  test('redirected, with the port left out where the scheme implies it', () => {
    expect(decided({ redirect: { uri: '/new', authority: 'pay.in' } }).outcome).toEqual({
      kind: 'redirect',
      status: 301,
      location: 'http://pay.in/new?n=1',
    })
    const redirect = { scheme: 'https', port: 443, redirectCode: 308 }
    expect(decided({ redirect }).outcome).toMatchObject({ status: 308, location: 'https://shop.in/tea/green?n=1' })
    expect(decided({ redirect: { derivePort: 'FROM_REQUEST_PORT' } }).outcome).toMatchObject({
      location: 'http://shop.in:8080/tea/green?n=1',
    })
  })

  test('answered at once by a direct response', () => {
    expect(decided({ directResponse: { status: 418, body: { string: 'tea' } } }).outcome).toMatchObject({
      kind: 'respond',
      status: 418,
      body: 'tea',
    })
  })

  test('copied to every mirror whose share the die falls into', () => {
    const mirrors = [{ destination: { host: 'all' } }, { destination: { host: 'some' }, percentage: { value: 10 } }]
    const outcome = decided({ route: [toCart], mirrors }, 0.2).outcome
    expect(outcome).toMatchObject({ mirrors: ['outbound|80||all.shop.svc.cluster.local'] })
  })

  test('given the authority of the rewrite before that of the headers', () => {
    const headers = { request: { set: { Host: 'from-headers' } } }
    expect(decided({ headers, route: [toCart] }).outcome).toMatchObject({
      authority: 'from-headers',
      requestHeaders: [],
    })
    const rewrite = { authority: 'from-rewrite' }
    expect(decided({ headers, rewrite, route: [toCart] }).outcome).toMatchObject({ authority: 'from-rewrite' })
  })
})

describe('a fault', () => {
  const abort = { percentage: { value: 10 }, httpStatus: 503 }
  const delay = { percentage: { value: 0.1 }, fixedDelay: '2s' }

  test('is injected before the route is asked', () => {
    expect(decided({ fault: { abort, delay }, route: [toCart] }, 0.0005, 0.05)).toMatchObject({
      delayMs: 2000,
      flags: ['DI', 'FI'],
      outcome: { kind: 'abort', status: 503 },
    })
    expect(decided({ fault: { abort, delay }, route: [toCart] }, 0.001, 0.1)).toMatchObject({
      delayMs: 0,
      flags: [],
      outcome: { kind: 'forward' },
    })
  })

  test('that does not say how often never happens', () => {
    expect(decided({ fault: { abort: { httpStatus: 500 } }, route: [toCart] }, 0).flags).toEqual([])
  })
})

test('headers of the route are changed before those of the destination', () => {
  const rule: HttpRoute = {
    headers: { request: { add: { 'X-Team': 'a' }, remove: ['x-old'] } },
    route: [{ ...toCart, headers: { request: { set: { 'x-team': 'b' } } } }],
  }
  const { outcome } = decided(rule)
  const changes = outcome.kind === 'forward' ? outcome.requestHeaders : []
  expect(withHeaderChanges({ 'x-old': '1', 'x-team': '0' }, changes)).toEqual({ 'x-team': 'b' })
})
