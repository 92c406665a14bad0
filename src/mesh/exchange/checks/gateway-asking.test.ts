import { expect, test } from 'vitest'
import { meshObject, MeshShop } from '../../../../test/support/mesh-shop.ts'
import { tokenIssuer } from '../../../../test/support/signed-tokens.ts'
import type { ApiObject } from '../../../api/object.ts'
import { guardOf } from '../../authorize/guard.ts'
import { UNOBTAINABLE_KEYS } from '../../authorize/jwt/key-set.ts'
import type { HttpAuthorizer } from '../../config/types/extension-provider.ts'
import { headerListOf } from '../../route/header-list.ts'
import type { CheckedEvent, HttpExchange, Step } from '../steps.ts'

const GATEWAY = '10.0.3.1'
const edge = { selector: { matchLabels: { istio: 'edge' } } }
const ports = [{ name: 'http', port: 80 }]
const objects: readonly ApiObject[] = [
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'edge',
      namespace: 'shop',
      labels: { istio: 'edge' },
      annotations: { 'inject.istio.io/templates': 'gateway' },
    },
    spec: { serviceAccountName: 'edge', containers: [{ name: 'istio-proxy' }] },
    status: { podIP: GATEWAY, phase: 'Running' },
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
    endpoints: [{ addresses: ['10.0.2.1'] }],
    ports,
  } as ApiObject,
  meshObject('Gateway', 'edge', {
    selector: { istio: 'edge' },
    servers: [
      { port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['tea.example', 'nowhere.example'] },
      {
        port: { number: 80, name: 'plain', protocol: 'HTTP' },
        hosts: ['safe.example'],
        tls: { httpsRedirect: true },
      },
    ],
  }),
  meshObject('VirtualService', 'tea', {
    hosts: ['tea.example'],
    gateways: ['edge'],
    http: [
      { match: [{ headers: { 'x-user': { exact: 'ann' } } }], route: [{ destination: { host: 'cart' } }], name: 'ann' },
      { match: [{ uri: { prefix: '/tea' } }], route: [{ destination: { host: 'cart' } }], name: 'tea' },
    ],
  }),
  meshObject('VirtualService', 'safe', {
    hosts: ['safe.example'],
    gateways: ['edge'],
    http: [{ route: [{ destination: { host: 'cart' } }], name: 'safe' }],
  }),
  meshObject('AuthorizationPolicy', 'custom', { ...edge, action: 'CUSTOM', provider: { name: 'check' }, rules: [{}] }),
]

interface Edge {
  readonly shop: MeshShop
  exchange(target: string, headers?: Readonly<Record<string, string>>, host?: string): HttpExchange
}

function edgeOf(written: HttpAuthorizer = {}, more: readonly ApiObject[] = []): Edge {
  const service = 'check.shop.svc.cluster.local'
  const shop = new MeshShop([...objects, ...more], {
    guardOf: guardOf({ keys: { keysOf: () => UNOBTAINABLE_KEYS } }),
    mesh: { extensionProviders: [{ name: 'check', envoyExtAuthzHttp: { service, port: 80, ...written } }] },
  })
  const gateway = shop.mesh.workloadAt(GATEWAY)
  const admission =
    gateway &&
    shop.mesh.proxyOf(gateway).admit({
      direction: 'outbound',
      destination: { address: GATEWAY, port: 80 },
      source: { address: '203.0.113.7', port: 50_000 },
      tls: 'plaintext',
      alpn: 'http/1.1',
    })
  if (admission?.kind !== 'http') throw new Error(`no HTTP: ${admission?.kind}`)
  return {
    shop,
    exchange: (target, headers = {}, host = 'tea.example') =>
      admission.exchange({
        method: 'GET',
        scheme: 'http',
        authority: host,
        target,
        headers: headerListOf(headers),
        version: 'HTTP/1.1',
      }),
  }
}

function says(status: number, headers: Readonly<Record<string, string>> = {}): CheckedEvent {
  return { kind: 'checked', status, headers: headerListOf(headers), body: Buffer.alloc(0), trailers: [] }
}

/** The step after the authorizer has answered. */
function after(exchange: HttpExchange, answer: CheckedEvent): Step {
  expect(exchange.start(0).kind).toBe('check')
  return exchange.on(answer, 1)
}

test('a gateway asks about what passes it, in its own name, and sends on what is agreed to', () => {
  const { exchange, shop } = edgeOf()
  const asked = exchange('/tea')
  expect(asked.start(0)).toMatchObject({ kind: 'check', asker: { name: 'edge' }, head: { authority: 'tea.example' } })
  expect(asked.on(says(200), 1)).toMatchObject({ kind: 'attempt', head: { target: '/tea' } })
  const refused = exchange('/tea')
  expect(after(refused, says(302, { location: 'https://login.example' }))).toMatchObject({
    kind: 'respond',
    status: 302,
    headers: expect.arrayContaining(['location', 'https://login.example']) as string[],
  })
  refused.ended({ how: 'complete', requestBytes: 0, responseBytes: 0 }, 2)
  expect(shop.records).toMatchObject([
    { reporter: 'source', status: 302, flags: ['UAEX'], details: 'ext_authz_denied', policy: 'shop/custom' },
  ])
})

test('where a request leads nowhere, nobody is asked about it', () => {
  const { exchange } = edgeOf()
  expect(exchange('/coffee').start(0)).toMatchObject({ kind: 'respond', status: 404 })
  expect(exchange('/tea', {}, 'nowhere.example').start(0)).toMatchObject({ kind: 'respond', status: 404 })
  expect(exchange('/coffee', { 'x-user': 'ann' }).start(0).kind).toBe('check')
})

test('somebody is asked before a client is told to come again encrypted', () => {
  expect(after(edgeOf().exchange('/', {}, 'safe.example'), says(200))).toMatchObject({ kind: 'respond', status: 301 })
  expect(after(edgeOf().exchange('/', {}, 'safe.example'), says(403))).toMatchObject({ status: 403 })
})

test('what an authorizer says leads elsewhere only where it is to', () => {
  const naming = { headersToUpstreamOnAllow: ['x-user'] }
  const routeAfter = (written: HttpAuthorizer): string => {
    const { exchange, shop } = edgeOf({ ...naming, ...written })
    const asked = exchange('/tea')
    expect(after(asked, says(200, { 'x-user': 'ann' }))).toMatchObject({ kind: 'attempt' })
    asked.on({ kind: 'answered', status: 200, headers: [] }, 2)
    asked.ended({ how: 'complete', requestBytes: 0, responseBytes: 0 }, 3)
    return shop.records[0]?.routeName ?? ''
  }
  expect(routeAfter({})).toBe('tea')
  expect(routeAfter({ clearRouteCache: true })).toBe('ann')
})

test('a token that is read leads elsewhere as well', () => {
  const issuer = tokenIssuer('ES256')
  const tokens = meshObject('RequestAuthentication', 'edge', {
    ...edge,
    jwtRules: [{ issuer: 'tea', jwks: JSON.stringify({ keys: [issuer.jwk] }), forwardOriginalToken: true }],
  })
  const { exchange, shop } = edgeOf({ headersToUpstreamOnAllow: ['x-user'] }, [tokens])
  const asked = exchange('/tea', { authorization: `Bearer ${issuer.token({ iss: 'tea', sub: 'ann' })}` })
  after(asked, says(200, { 'x-user': 'ann' }))
  asked.on({ kind: 'answered', status: 200, headers: [] }, 2)
  asked.ended({ how: 'complete', requestBytes: 0, responseBytes: 0 }, 3)
  expect(shop.records[0]?.routeName).toBe('ann')
})

test('a client that goes away takes its question with it', () => {
  const { exchange, shop } = edgeOf()
  const asked = exchange('/tea')
  const step = asked.start(0)
  if (step.kind !== 'check') throw new Error('nobody is asked')
  const cluster = shop.mesh.proxyOf(step.asker).cluster(step.upstream.cluster, 0)
  expect(cluster?.state.active).toBe(1)
  expect(asked.on({ kind: 'client-gone' }, 1).kind).toBe('close')
  expect(cluster?.state.active).toBe(0)
})
