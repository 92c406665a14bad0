import { describe, expect, test } from 'vitest'
import { meshObject, MeshShop } from '../../../test/support/mesh-shop.ts'
import { serverNameIn, tellsAttempts } from '../config/types/proxy-headers.ts'
import type { MeshConfig } from '../config/mesh-config.ts'
import { headerValue } from '../route/header-list.ts'

const ANSWER = { kind: 'answered', status: 200, headers: ['server', 'app'] } as const

/** What a caller's proxy makes of the application's name, and what it tells of attempts. */
function seen(proxyHeaders: MeshConfig['proxyHeaders'], fuses: boolean) {
  const mesh = proxyHeaders === undefined ? {} : { proxyHeaders }
  const exchange = new MeshShop([], { fuses, mesh }).exchange()
  const asked = exchange.start(0)
  const told = exchange.on(ANSWER, 1)
  if (asked.kind !== 'attempt' || told.kind !== 'relay') throw new Error(`${asked.kind}, ${told.kind}`)
  return [headerValue(told.headers, 'server'), headerValue(asked.head.headers, 'x-envoy-attempt-count')]
}

describe.each([{ fuses: false }, { fuses: true }])('proxyHeaders of the mesh, fuses: $fuses', ({ fuses }) => {
  test.each([
    ['nothing', undefined, ['envoy', '1']],
    ['a name', { server: { value: 'shop' } }, ['shop', '1']],
    ['no name', { server: { disabled: true } }, ['app', '1']],
    ['no attempts', { attemptCount: { disabled: true } }, ['envoy', undefined]],
  ])('%s', (_, headers, expected) => {
    expect(seen(headers, fuses)).toEqual(expected)
  })
})

describe.each([{ fuses: false }, { fuses: true }])('requestId, fuses: $fuses', ({ fuses }) => {
  const idIn = (headers: Record<string, string>): string | undefined => {
    const shop = new MeshShop([], { fuses, mesh: { proxyHeaders: { requestId: { disabled: true } } } })
    const asked = shop.exchange({ headers }).start(0)
    return asked.kind === 'attempt' ? headerValue(asked.head.headers, 'x-request-id') : asked.kind
  }

  test('is not made where it is not to be, and one that is there is left', () => {
    expect(idIn({})).toBeUndefined()
    expect(idIn({ 'x-request-id': 'mine' })).toBe('mine')
  })
})

describe.each([{ fuses: false }, { fuses: true }])('envoyDebugHeaders, fuses: $fuses', ({ fuses }) => {
  const REWRITTEN = meshObject('VirtualService', 'cart', {
    hosts: ['cart'],
    http: [{ rewrite: { uri: '/new', authority: 'other' }, timeout: '3s', route: [{ destination: { host: 'cart' } }] }],
  })
  const shopWith = (disabled: boolean, object: typeof REWRITTEN) =>
    new MeshShop([object], { fuses, mesh: { proxyHeaders: { envoyDebugHeaders: { disabled } } } })
  const said = (disabled: boolean) => {
    const exchange = shopWith(disabled, REWRITTEN).exchange({ target: '/old' })
    const asked = exchange.start(0)
    const told = exchange.on({ ...ANSWER, headers: ['x-envoy-upstream-service-time', '7'] }, 1)
    if (asked.kind !== 'attempt' || told.kind !== 'relay') throw new Error(`${asked.kind}, ${told.kind}`)
    const names = ['original-path', 'original-host', 'expected-rq-timeout-ms', 'attempt-count']
    return [
      ...names.map((name) => headerValue(asked.head.headers, `x-envoy-${name}`)),
      headerValue(told.headers, 'x-envoy-upstream-service-time'),
    ]
  }

  test('are told of requests and answers, unless they are not to be', () => {
    expect(said(false)).toEqual(['/old', 'cart', '3000', '1', '1'])
    expect(said(true)).toEqual([undefined, undefined, undefined, '1', '7'])
  })

  test('nor does an answer say that there is too much to do', () => {
    const connectionPool = { http: { http2MaxRequests: 1 } }
    const rule = meshObject('DestinationRule', 'cart', { host: 'cart', trafficPolicy: { connectionPool } })
    const overloaded = (disabled: boolean) => {
      const shop = shopWith(disabled, rule)
      shop.exchange().start(0)
      const step = shop.exchange().start(0)
      return step.kind === 'respond' ? [step.status, headerValue(step.headers, 'x-envoy-overloaded')] : step.kind
    }
    expect(overloaded(false)).toEqual([503, 'true'])
    expect(overloaded(true)).toEqual([503, undefined])
  })
})

test.each([
  [undefined, 'By='],
  ['SANITIZE_SET', 'By='],
  ['UNDEFINED', 'By='],
  ['FORWARD_ONLY', undefined],
  ['SANITIZE', undefined],
])('forwardedClientCert %s: an application is told of its caller so', (forwardedClientCert, told) => {
  const mesh = forwardedClientCert === undefined ? {} : { proxyHeaders: { forwardedClientCert } }
  const asked = new MeshShop([], { fuses: true, mesh }).exchange().start(0)
  const header = asked.kind === 'attempt' ? headerValue(asked.head.headers, 'x-forwarded-client-cert') : asked.kind
  expect(header?.slice(0, 3)).toBe(told)
})

test('an answer of the proxy itself has no name where it has none', () => {
  const shop = new MeshShop([], { mesh: { proxyHeaders: { server: { disabled: true } } } })
  const exchange = shop.exchange()
  exchange.start(0)
  const step = exchange.on({ kind: 'malformed', details: 'http1.codec_error', isHeard: true }, 1)
  expect(step.kind === 'respond' && headerValue(step.headers, 'server')).toBeUndefined()
})

test('what a pod says counts in place of the mesh, part by part', () => {
  const mesh = { server: { value: 'shop' }, attemptCount: { disabled: true } }
  expect(serverNameIn({ own: { server: { disabled: true } }, mesh }, 'envoy')).toBeUndefined()
  expect(tellsAttempts({ own: { server: {} }, mesh })).toBe(false)
  expect(serverNameIn({ own: { attemptCount: { disabled: false } }, mesh }, 'envoy')).toBe('shop')
  expect(serverNameIn({ own: { server: {} }, mesh }, 'envoy')).toBe('envoy')
})
