import { describe, expect, test } from 'vitest'
import { askedRequest } from './asked-request.ts'
import { explainRoute } from './explain-route.ts'
import { writtenMesh } from '../../../test/support/written-mesh.ts'

const NO_FLAGS = { method: undefined, header: [], tls: undefined, sni: undefined, claim: [], ip: undefined }

const ROUTES = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: cart, namespace: shop }
spec:
  hosts: [cart]
  gateways: [mesh, edge]
  http:
  - name: green
    match:
    - uri: { prefix: /tea }
      headers:
        x-colour: { exact: green }
    rewrite: { uri: /t }
    timeout: 2s
    route:
    - destination: { host: cart, subset: v2 }
  - name: rest
    fault: { delay: { percentage: { value: 0.1 }, fixedDelay: 2s } }
    route:
    - destination: { host: cart, subset: v1 }
      weight: 3
    - destination: { host: cart, subset: v2 }
      weight: 1
`

const SERVED = `${ROUTES}---
apiVersion: v1
kind: Service
metadata: { name: cart, namespace: shop }
spec: { selector: { app: cart }, ports: [{ name: http, port: 80, targetPort: web }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: cart-v1, namespace: shop }
spec:
  replicas: 3
  template:
    metadata: { labels: { app: cart, version: v1 } }
    spec: { serviceAccountName: cart, containers: [{ name: c, ports: [{ name: web, containerPort: 9000 }] }] }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: cart, namespace: shop }
spec:
  host: cart
  subsets:
  - { name: v1, labels: { version: v1 } }
  - { name: v2, labels: { version: v2 } }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: cart, namespace: shop }
spec:
  selector: { matchLabels: { app: cart } }
  rules:
  - from: [{ source: { principals: [cluster.local/ns/shop/sa/web] } }]
    to: [{ operation: { paths: [/ok] } }]
`

/** On which line of the text something stands. */
function lineOf(text: string): number {
  return SERVED.split('\n').findIndex((line) => line.includes(text)) + 1
}

function asked(url: string, header: readonly string[] = []) {
  return askedRequest(url, { ...NO_FLAGS, header })
}

describe('a request that is asked about', () => {
  test('is decided by a rule with its line, after rules whose first lacking condition is told', () => {
    const { rules, outcome } = explainRoute(writtenMesh(SERVED), 'web.shop', asked('http://cart/tea'))
    expect(rules.map(({ name, verdict, why, place }) => [name, verdict, why, place.line])).toEqual([
      ['green', 'does not match', 'header x-colour "green": it is not there', 12],
      ['rest', 'taken', undefined, 17],
    ])
    expect(outcome).toMatchObject({ kind: 'forward', faults: [{ kind: 'delay', percent: 0.1, delayMs: 2000 }] })
  })

  test('goes to destinations by their shares, with the pods of each subset, or without any', () => {
    const { outcome } = explainRoute(writtenMesh(SERVED), 'web.shop', asked('http://cart/'))
    expect(outcome).toMatchObject({
      destinations: [
        {
          subset: 'v1',
          sharePercent: 75,
          endpoints: [{ workload: 'cart-v1', pods: 3 }],
          place: { line: lineOf('name: v1, labels') },
        },
        { subset: 'v2', sharePercent: 25, endpoints: [], unreachable: { flag: 'UH' } },
      ],
    })
  })

  test('is shown as it leaves: path, time limit, TLS', () => {
    const green = asked('http://cart/tea/x', ['x-colour: green'])
    const { outcome } = explainRoute(writtenMesh(SERVED), 'web.shop', green)
    expect(outcome).toMatchObject({
      timeoutMs: 2000,
      destinations: [{ path: '/t/x', tls: { mode: 'mutual TLS' } }],
    })
  })

  test('is held against the policies of who is called', () => {
    const at = (path: string) => explainRoute(writtenMesh(SERVED), 'web.shop', asked(`http://cart${path}`)).outcome
    expect(at('/ok')).toMatchObject({
      destinations: [{ access: { allowed: true, rule: 0, place: { line: lineOf('- from:') } } }, {}],
    })
    expect(at('/no')).toMatchObject({ destinations: [{ access: { allowed: false } }, {}] })
  })

  test('of a host that is only for gateways says so', () => {
    const { rules, outcome } = explainRoute(
      writtenMesh(ROUTES.replace('[mesh, edge]', '[edge]').replace('hosts: [cart]', 'hosts: [tea.in]')),
      'web.shop',
      asked('http://tea.in/'),
    )
    expect(outcome).toMatchObject({ kind: 'forward', destinations: [{ cluster: 'PassthroughCluster' }] })
    expect(rules[0]).toMatchObject({ verdict: 'not used', why: 'it is for gateway shop/edge' })
  })
})

describe('what the files name and do not hold', () => {
  test('is taken for granted, and told', () => {
    const { from, outcome, assumptions } = explainRoute(
      writtenMesh(ROUTES),
      'ingress',
      asked('http://cart.shop.svc.cluster.local/'),
    )
    expect(from).toBe('Gateway shop/edge')
    expect(outcome).toMatchObject({ kind: 'forward', destinations: [{ subset: 'v1' }, { subset: 'v2' }] })
    expect(assumptions).toEqual([
      'Gateway shop/edge, for all hosts on 80 and 443',
      'Service shop/cart, with port 80',
      'subsets of cart.shop.svc.cluster.local: v2, v1',
    ])
  })

  test('is not there when files are taken at their word', () => {
    const strict = writtenMesh(ROUTES, { assumes: false })
    expect(() => explainRoute(strict, 'web.shop', asked('http://cart/'))).toThrow('There is no workload "web.shop"')
    expect(() => explainRoute(strict, 'ingress', asked('http://cart/'))).toThrow('There is no Gateway')
  })
})

test('a gateway that only redirects to https says where to', () => {
  const gateway = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: edge, namespace: shop }
spec:
  selector: { app: edge }
  servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ['*'], tls: { httpsRedirect: true } }]
`
  const host = 'cart.shop.svc.cluster.local'
  const { outcome } = explainRoute(writtenMesh(`${ROUTES}---${gateway}`), 'ingress', asked(`http://${host}/a?b=1`))
  expect(outcome).toMatchObject({ kind: 'redirect', status: 301, location: `https://${host}/a?b=1` })
})

test('a gateway asks its own policies before it looks for a route', () => {
  const policy = `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: blocked, namespace: istio-system }
spec:
  action: DENY
  rules: [{ from: [{ source: { remoteIpBlocks: [192.0.2.0/24] } }] }]
`
  const model = writtenMesh(`${ROUTES}---${policy}`)
  const from = (clientAddress: string) =>
    explainRoute(model, 'ingress', { ...asked('http://cart.shop.svc.cluster.local/'), clientAddress }).outcome
  expect(from('192.0.2.7')).toMatchObject({
    kind: 'refuse',
    status: 403,
    access: { policy: 'AuthorizationPolicy istio-system/blocked', rule: 0 },
  })
  expect(from('198.51.100.7')).toMatchObject({ kind: 'forward' })
})

test('of bytes that are no HTTP all destinations are told, and which rule decided', () => {
  const files = `apiVersion: v1
kind: Service
metadata: { name: mongo, namespace: data }
spec: { ports: [{ name: mongo, port: 27017 }] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: mongo, namespace: data }
spec:
  hosts: [mongo]
  tcp:
  - route:
    - { destination: { host: mongo, subset: v1 }, weight: 3 }
    - { destination: { host: mongo, subset: v2 }, weight: 1 }
`
  const asked = askedRequest('tcp://mongo.data:27017', NO_FLAGS)
  const { outcome, rules } = explainRoute(writtenMesh(files), 'web.data', asked)
  expect(outcome).toMatchObject({
    kind: 'connect',
    destinations: [
      { subset: 'v1', sharePercent: 75 },
      { subset: 'v2', sharePercent: 25 },
    ],
  })
  expect(rules).toMatchObject([
    { virtualService: 'VirtualService data/mongo', verdict: 'taken', match: 'every connection', place: { line: 12 } },
  ])
})

test('a preflight request that the CORS policy allows is answered by the proxy, with the headers that say so', () => {
  const files = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: cart, namespace: shop }
spec:
  hosts: [cart]
  http:
  - corsPolicy: { allowOrigins: [{ exact: https://shop.in }], allowMethods: [GET] }
    route: [{ destination: { host: cart } }]
`
  const header = ['origin: https://shop.in', 'access-control-request-method: GET']
  const asked = askedRequest('http://cart.shop/', { ...NO_FLAGS, method: 'OPTIONS', header })
  expect(explainRoute(writtenMesh(files), 'web.shop', asked).outcome).toMatchObject({
    kind: 'respond',
    status: 200,
    headers: [{ name: 'access-control-allow-origin' }, { name: 'access-control-allow-methods', value: 'GET' }],
  })
})
