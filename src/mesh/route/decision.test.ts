import { describe, expect, test } from 'vitest'
import type { HttpRoute } from '../config/types/virtual-service.ts'
import { resolveVirtualService } from '../config/virtual-service.ts'
import { compileRoutes, type CompiledRoute } from './compiled-route.ts'
import { ownOutcome, pickTarget, sentOn } from './decision.ts'
import { faultOf, injectedAbort, injectedDelay } from './fault.ts'
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

function only(rule: HttpRoute): CompiledRoute {
  const [route] = compiled(rule)
  if (route === undefined) throw new Error('the rule made no route')
  return route
}

/** What its first destination is asked. */
function sent(rule: HttpRoute): ReturnType<typeof sentOn> {
  const route = only(rule)
  const [target] = route.targets
  if (target === undefined) throw new Error('the route leads to nobody')
  return sentOn(route, target, request)
}

function answered(rule: HttpRoute, asked: MeshRequest = request) {
  return ownOutcome(only(rule), asked, 8080)
}

/** Headers of a request as the destination of that number sees them. */
function changed(rule: HttpRoute, headers: Readonly<Record<string, string>>, destination = 0) {
  return withHeaderChanges(headers, only(rule).targets[destination]?.requestChanges ?? [])
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
    const pick = (die: number) => pickTarget(only({ route }).targets, () => die)?.cluster
    expect(pick(0)).toBe('outbound|80|v2|cart.shop.svc.cluster.local')
    expect(pick(0.34)).toBe('outbound|80|v3|cart.shop.svc.cluster.local')
  })

  test('not limited in time unless the route says so, and tried twice more', () => {
    expect(only({ route: [toCart] })).toMatchObject({ timeoutMs: 0, retry: { attempts: 2 } })
    expect(only({ route: [toCart], timeout: '1.5s' })).toMatchObject({ timeoutMs: 1500 })
  })

  test('sent on with the matched prefix replaced', () => {
    const rule = { match: [{ uri: { prefix: '/tea/' } }], rewrite: { uri: '/' }, route: [toCart] }
    expect(sent(rule).path).toBe('/green')
  })

  test.each([
    ['moved', '^/(\\w+)/(\\w+)$', '/\\2-\\1', '/green-tea'],
    ['replaced once as a whole', '.*', '/all', '/all'],
    ['replaced wherever it is', 'e', '3', '/t3a/gr33n'],
    ['left as it is where the expression is broken', '(', '/x', '/tea/green'],
  ])('sent on with what an expression found %s', (_, match, rewrite, path) => {
    expect(sent({ rewrite: { uriRegexRewrite: { match, rewrite } }, route: [toCart] }).path).toBe(path)
  })

  test('given the authority of the rewrite before that of the headers, and one that is set before one that is added', () => {
    const headers = { request: { add: { host: 'added' }, set: { Host: 'from-headers' } } }
    expect(sent({ headers, route: [toCart] }).authority).toBe('from-headers')
    expect(sent({ headers: { request: { add: { host: 'added' } } }, route: [toCart] }).authority).toBe('added')
    expect(sent({ headers, rewrite: { authority: 'from-rewrite' }, route: [toCart] }).authority).toBe('from-rewrite')
    expect(sent({ route: [toCart] }).authority).toBe('shop.in')
  })

  test('copied to the mirror and to all mirrors, unless their share is nothing', () => {
    const mirror = { host: 'old' }
    const mirrors = [{ destination: { host: 'all' } }, { destination: { host: 'none' }, percentage: { value: 0 } }]
    expect(only({ route: [toCart], mirror, mirrorPercent: 5, mirrors }).mirrors).toEqual([
      { cluster: 'outbound|80||old.shop.svc.cluster.local', percent: 5 },
      { cluster: 'outbound|80||all.shop.svc.cluster.local', percent: 100 },
    ])
  })
})

describe('a redirect leads', () => {
  const at = (authority: string, query?: string): MeshRequest => ({ ...request, authority, query })

  test.each([
    ['elsewhere, with the query', { uri: '/new', authority: 'pay.in' }, at('shop.in', 'n=1'), 'http://pay.in/new?n=1'],
    ['with a query of its own', { uri: '/new?a=b' }, at('shop.in', 'n=1'), 'http://shop.in/new?a=b'],
    ['without the port of https', { scheme: 'https', port: 443 }, at('shop.in'), 'https://shop.in/tea/green'],
    ['to a port', { port: 8443 }, at('shop.in:80'), 'http://shop.in:8443/tea/green'],
    ['to the called port', { derivePort: 'FROM_REQUEST_PORT' }, at('shop.in'), 'http://shop.in:8080/tea/green'],
    ['away from the port of http', { scheme: 'https' }, at('shop.in:80'), 'https://shop.in/tea/green'],
    ['but to any other port that was called', { scheme: 'https' }, at('shop.in:81'), 'https://shop.in:81/tea/green'],
  ] as const)('%s', (_, redirect, asked, location) => {
    expect(answered({ redirect }, asked)).toMatchObject({ status: 301, location })
  })

  test('with the status and the headers of the route', () => {
    const headers = { response: { set: { 'x-moved': 'yes' } } }
    expect(answered({ redirect: { uri: '/new', redirectCode: 308 }, headers })).toMatchObject({
      status: 308,
      headers: [{ op: 'set', name: 'x-moved', value: 'yes' }],
    })
  })
})

test('a direct response is answered at once', () => {
  expect(answered({ directResponse: { status: 418, body: { string: 'tea' } } })).toMatchObject({
    kind: 'respond',
    status: 418,
    body: 'tea',
  })
  expect(answered({ directResponse: { status: 200, body: { bytes: 'dGVh' } } })).toMatchObject({ body: 'tea' })
})

describe('a fault', () => {
  const abort = { percentage: { value: 10 }, httpStatus: 503 }
  const delay = { percentage: { value: 0.1 }, fixedDelay: '2s' }
  const fault = only({ fault: { abort, delay }, route: [toCart] }).fault ?? {}

  test('is done to its share of the requests', () => {
    expect(injectedDelay(fault, () => 0.0005)).toBe(2000)
    expect(injectedDelay(fault, () => 0.001)).toBe(0)
    expect(injectedAbort(fault, () => 0.05)).toMatchObject({ status: 503 })
    expect(injectedAbort(fault, () => 0.1)).toBeUndefined()
  })

  test('that does not say how often, or what, is none', () => {
    expect(injectedAbort(faultOf({ abort: { httpStatus: 500 } }) ?? {}, () => 0)).toBeUndefined()
    expect(faultOf({ abort: { percentage: { value: 100 } }, delay: { percentage: { value: 100 } } })).toBeUndefined()
  })
})

describe('headers', () => {
  const remove = ['x-old']

  test('are removed, then set, then added, whether the route or its only destination says so', () => {
    const rule: HttpRoute = {
      headers: { request: { add: { 'X-Team': 'a', 'x-old': 'new' } } },
      route: [{ ...toCart, headers: { request: { set: { 'x-team': 'b' }, remove } } }],
    }
    expect(changed(rule, { 'x-old': '1', 'x-team': '0' })).toEqual({ 'x-team': 'b,a', 'x-old': 'new' })
  })

  test('are changed by each of several destinations before the route does', () => {
    const rule: HttpRoute = {
      headers: { request: { set: { 'x-team': 'route' }, remove } },
      route: [
        { ...toCart, weight: 1, headers: { request: { set: { 'x-team': 'own', 'x-old': 'own' } } } },
        { ...toCart, weight: 1 },
      ],
    }
    expect(changed(rule, { 'x-old': '1' })).toEqual({ 'x-team': 'route' })
    expect(changed(rule, { 'x-old': '1' }, 1)).toEqual({ 'x-team': 'route' })
  })

  test('are not written without a value; two percent signs are one, and one begins what a request fills in', () => {
    const set = { 'x-empty': '', 'x-share': '5%%', 'x-who': '%REQ(X-ID)%' }
    expect(only({ headers: { request: { set } }, route: [toCart] }).targets[0]?.requestChanges).toEqual([
      { op: 'set', name: 'x-share', value: '5%' },
      { op: 'set', name: 'x-who', value: '%REQ(X-ID)%', hasVariables: true },
    ])
  })
})
