import { expect, test } from 'vitest'
import { writtenMesh } from '../../../../test/support/written-mesh.ts'
import { diffMesh } from './diff-mesh.ts'

const ROUTES = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: cart, namespace: shop }
spec:
  hosts: [cart]
  http:
  - match: [{ uri: { prefix: /api } }]
    timeout: 2s
    route: [{ destination: { host: cart, subset: v1 } }]
  - match: [{ headers: { x-team: { exact: tea } } }]
    route: [{ destination: { host: cart, subset: v2 } }]
  - route: [{ destination: { host: cart, subset: v1 } }]
---
apiVersion: v1
kind: Service
metadata: { name: cart, namespace: shop }
spec: { selector: { app: cart }, ports: [{ name: http, port: 80 }] }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: cart, namespace: shop }
spec: { host: cart, subsets: [{ name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec: { template: { metadata: { labels: { app: web } }, spec: { serviceAccountName: web } } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: cart, namespace: shop }
spec: { template: { metadata: { labels: { app: cart, version: v1 } }, spec: { serviceAccountName: cart } } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: cart-next, namespace: shop }
spec: { template: { metadata: { labels: { app: cart, version: v2 } }, spec: { serviceAccountName: cart } } }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: cart, namespace: shop }
spec:
  selector: { matchLabels: { app: cart } }
  rules: [{ to: [{ operation: { methods: [GET, POST], paths: [/*] } }] }]
`

/** Host, request, callers and changes of each difference, in one line. */
function differences(change: (text: string) => string): readonly string[] {
  const { differences: found } = diffMesh(writtenMesh(ROUTES), writtenMesh(change(ROUTES)))
  return found.map(({ request, callers, changes }) => {
    const headers = Object.entries(request.headers).map(([name, value]) => `${name}:${value}`)
    const path = request.url.replace(/^\w+:\/\/[^/]+/, '')
    const what = changes.map(({ what: kind, before, after }) => `${kind} ${before} → ${after}`)
    return [`${request.method} ${path}`, ...headers, `(${callers.length})`, ...what].join(' ')
  })
}

test('the same files differ in nothing', () => {
  expect(differences((text) => `# a comment\n${text}`)).toEqual([])
})

test('two rules whose order is changed differ only for requests that both take', () => {
  const swapped = ROUTES.split('  - ')
  const [head = '', first = '', second = '', ...rest] = swapped
  expect(differences(() => [head, second, first, ...rest].join('  - '))).toEqual([
    'GET /api x-team:tea (3) destination cart.shop:80 v1 → cart.shop:80 v2',
  ])
})

test('a time limit is no other destination, and a subset that is taken away is told as 503', () => {
  expect(differences((text) => text.replace('timeout: 2s', 'timeout: 3s'))).toEqual([
    expect.stringMatching(/^GET \/api \(3\) handling time limit 2s; .* → time limit 3s; /),
  ])
  expect(differences((text) => text.replace('app: cart, version: v2', 'app: cart, version: v3'))).toEqual([
    'GET /other x-team:tea (3) destination cart.shop:80 v2 → cart.shop:80 v2 (503 UH: no pod of cart.shop.svc.cluster.local has the subset’s labels)',
  ])
})

test('a method that is no longer allowed is a change of permission', () => {
  const [first, ...more] = differences((text) => text.replace('[GET, POST]', '[GET]'))
  expect(first).toMatch(/^POST .*permission allowed → denied: no rule of an ALLOW policy matches: shop\/cart$/)
  expect(more).toEqual([])
})
