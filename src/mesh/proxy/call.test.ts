import { describe, expect, test } from 'vitest'
import type { ApiObject } from '../../api/object.ts'
import { DEFAULT_MESH, type MeshConfig } from '../config/mesh-config.ts'
import { compile } from '../snapshot.ts'
import { type Call, type Path, pathOf } from './call.ts'
import { type Proxy, ProxyView } from './proxy-view.ts'

const sidecar: Proxy = { type: 'sidecar', namespace: 'shop', labels: { app: 'web' }, addresses: ['10.0.0.1'] }
const gateway: Proxy = {
  type: 'gateway',
  namespace: 'edge',
  labels: { istio: 'ingressgateway' },
  addresses: ['10.0.0.9'],
}

function object(kind: string, name: string, spec: object, namespace = 'shop'): ApiObject {
  return { apiVersion: 'v1', kind, metadata: { name, namespace }, spec } as ApiObject
}

function service(name: string, ports: readonly { readonly port: number; readonly name: string }[]): ApiObject {
  return object('Service', name, { clusterIP: '10.96.0.1', ports })
}

const cart = service('cart', [{ port: 80, name: 'http' }])

function called(
  objects: readonly ApiObject[],
  change: Partial<Call> & { readonly host?: string; readonly path?: string } = {},
  options: { readonly proxy?: Proxy; readonly mesh?: Partial<MeshConfig> } = {},
): Path {
  const { host = 'cart', path = '/', ...call } = change
  const view = new ProxyView(compile(objects, { ...DEFAULT_MESH, ...options.mesh }), options.proxy ?? sidecar)
  const request = { method: 'GET', scheme: 'http', authority: host, path }
  const plain: Call = {
    address: '10.96.0.1',
    port: 80,
    tls: 'plaintext',
    alpn: 'http/1.1',
    direction: 'outbound',
    request,
  }
  return pathOf(view, { ...plain, ...call })
}

function clusterOf({ route }: Path): string | undefined {
  return route?.targets[0]?.cluster
}

describe('a sidecar', () => {
  test.each([
    'cart',
    'cart.shop',
    'cart.shop.svc',
    'cart.shop.svc.cluster.local',
    'cart:80',
    'cart.shop.svc.cluster.local.',
  ])('knows a service of its namespace as %s', (host) => {
    expect(clusterOf(called([cart], { host }))).toBe('outbound|80||cart.shop.svc.cluster.local')
  })

  test('lets calls of unknown hosts through, or refuses them with 502', () => {
    expect(clusterOf(called([cart], { host: 'example.com' }))).toBe('PassthroughCluster')
    const refused = called([cart], { host: 'example.com' }, { mesh: { outboundMode: 'REGISTRY_ONLY' } })
    expect(refused).toMatchObject({
      virtualHost: { name: 'block_all' },
      route: { rule: { directResponse: { status: 502 } } },
    })
  })

  test('names the object and the entry that decided', () => {
    const routes = object('VirtualService', 'cart', {
      hosts: ['cart'],
      http: [
        { match: [{ uri: { prefix: '/v2' } }], route: [{ destination: { host: 'cart', subset: 'v2' } }] },
        { route: [{ destination: { host: 'cart' } }] },
      ],
    })
    const subsets = object('DestinationRule', 'cart', {
      host: 'cart',
      subsets: [{ name: 'v2', labels: { version: 'v2' } }],
    })
    const result = called([cart, routes, subsets], { path: '/v2/tea' })
    expect(clusterOf(result)).toBe('outbound|80|v2|cart.shop.svc.cluster.local')
    expect(result.route?.source).toMatchObject({ object: { metadata: { name: 'cart' } }, http: 0, match: 0 })
  })

  test('sees only what its Sidecar imports, and what is exported to it', () => {
    const scope = object('Sidecar', 'default', { egress: [{ hosts: ['./other.shop.svc.cluster.local'] }] })
    expect(called([cart, scope])).toMatchObject({
      listener: 'virtualOutbound',
      tcpTargets: [{ cluster: 'PassthroughCluster' }],
    })
    const entry = object(
      'ServiceEntry',
      'pay',
      { hosts: ['pay.in'], exportTo: ['.'], ports: [{ number: 80, name: 'http' }] },
      'bank',
    )
    expect(clusterOf(called([cart, entry], { host: 'pay.in' }))).toBe('PassthroughCluster')
  })

  test('under STRICT takes no plain bytes from others, and under PERMISSIVE does', () => {
    const pod = object('ServiceEntry', 'self', {
      hosts: ['web'],
      ports: [{ number: 8080, name: 'http' }],
      endpoints: [{ address: '10.0.0.1' }],
      resolution: 'STATIC',
    })
    const policy = (mode: string) => object('PeerAuthentication', 'default', { mtls: { mode } })
    const plain: Partial<Call> = { port: 8080, direction: 'inbound' }
    expect(called([pod, policy('STRICT')], plain).error).toBe('no-filter-chain')
    expect(clusterOf(called([pod, policy('PERMISSIVE')], plain))).toBe('inbound|8080||')
    const mutual: Partial<Call> = { ...plain, tls: 'mtls', alpn: 'istio-http/1.1' }
    expect(clusterOf(called([pod, policy('STRICT')], mutual))).toBe('inbound|8080||')
  })
})

describe('a gateway', () => {
  const server = { port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*.shop.in'] }
  const edge = object('Gateway', 'public', { selector: { istio: 'ingressgateway' }, servers: [server] }, 'edge')

  function routes(name: string, http: readonly object[]): ApiObject {
    return object('VirtualService', name, { hosts: ['tea.shop.in'], gateways: ['edge/public'], http })
  }

  test('joins the routes of several objects for a host, what catches all last', () => {
    const all = routes('a', [{ name: 'all', route: [{ destination: { host: 'cart' } }] }])
    const some = routes('b', [
      { name: 'green', match: [{ uri: { prefix: '/green' } }], route: [{ destination: { host: 'cart' } }] },
    ])
    const at = (path: string) => called([cart, edge, all, some], { host: 'tea.shop.in', path }, { proxy: gateway })
    expect(at('/green').route?.name).toBe('green')
    expect(at('/black').route?.name).toBe('all')
  })

  test('has no virtual host for hosts that nobody routes, and listens on no port that no server has', () => {
    const all = routes('a', [{ route: [{ destination: { host: 'cart' } }] }])
    const options = { proxy: gateway }
    expect(called([cart, edge, all], { host: 'pay.shop.in' }, options).error).toBe('no-virtual-host')
    expect(called([cart, edge, all], { port: 81 }, options).error).toBe('no-listener')
  })

  test('sends plain requests to https where the server says so', () => {
    const redirecting = { ...server, tls: { httpsRedirect: true } }
    const strict = object('Gateway', 'public', { selector: {}, servers: [redirecting] }, 'edge')
    expect(called([strict], { host: 'tea.shop.in' }, { proxy: gateway }).error).toBe('tls-redirect')
  })
})
