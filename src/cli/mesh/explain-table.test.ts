import { expect, test } from 'vitest'
import { explainTable } from './explain-table.ts'
import { writtenMesh } from '../../../test/support/written-mesh.ts'

const ROUTES = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: cart, namespace: shop }
spec:
  hosts: [cart]
  http:
  - match: [{ uri: { prefix: /api } }]
    route: [{ destination: { host: cart } }]
  - match:
    - uri: { prefix: /api/v2 }
    - sourceNamespace: bank
    redirect: { uri: /new }
  - route: [{ destination: { host: cart } }]
  - match: [{ uri: { exact: /never } }]
    directResponse: { status: 418 }
`

test('a table has the routes in their order, what no request can reach, and what is for others', () => {
  const { rows, host, port } = explainTable(writtenMesh(ROUTES), 'web.shop', { host: 'cart', port: undefined })
  expect([host, port]).toEqual(['cart.shop.svc.cluster.local', 80])
  expect(
    rows.map(({ number, action, place, shadowedBy, dead }) => [number, action, place?.line, shadowedBy ?? dead]),
  ).toEqual([
    [1, 'cart.shop:80', 7, undefined],
    [2, 'redirect 301 /new', 10, 1],
    [3, 'cart.shop:80', 13, undefined],
    [undefined, '', 11, 'not for this caller: for callers in namespace bank'],
    [undefined, '', 14, 'never reached: a rule before it takes everything'],
  ])
})

test('a service that nobody routes has its default route', () => {
  const service = `
apiVersion: v1
kind: Service
metadata: { name: tea }
spec: { ports: [{ name: http, port: 8080 }] }
`
  const { rows } = explainTable(writtenMesh(service), 'web', { host: 'tea.shop', port: undefined })
  expect(rows).toMatchObject([{ number: 1, name: 'default', action: 'tea.shop:8080' }])
})

const BYTES = `apiVersion: v1
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
  - match: [{ destinationSubnets: [10.9.0.0/16], sourceLabels: { app: web } }]
    route: [{ destination: { host: mongo, subset: v3 } }]
  - match: [{ sourceLabels: { app: reports } }]
    route: [{ destination: { host: mongo, subset: v2 } }]
  - route:
    - { destination: { host: mongo, subset: v1 }, weight: 80 }
    - { destination: { host: mongo, subset: v2 }, weight: 20 }
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: edge, namespace: data }
spec:
  selector: { istio: edge }
  servers:
  - { port: { number: 443, name: tls, protocol: TLS }, hosts: ["*.shop.in"], tls: { mode: PASSTHROUGH } }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: pay, namespace: data }
spec:
  hosts: [pay.shop.in, tea.shop.in]
  gateways: [edge]
  tls:
  - match: [{ sniHosts: [tea.shop.in] }]
    route: [{ destination: { host: tea } }]
  - match: [{ sniHosts: [pay.shop.in] }]
    route: [{ destination: { host: mongo, port: { number: 27017 } } }]
`

test('a table has what is done with bytes that are no HTTP, with the shares of what they are split to', () => {
  const connections = (from: string, host: string, port?: number): readonly unknown[] =>
    explainTable(writtenMesh(BYTES), from, { host, port }).connections.map(({ match, action, place }) => [
      match,
      action,
      place?.line,
    ])
  expect(connections('web.data', 'mongo')).toEqual([
    ['to 10.9.0.0/16', 'mongo.data:27017 v3', 12],
    ['every connection', '80% mongo.data:27017 v1, 20% mongo.data:27017 v2', 16],
  ])
  expect(connections('reports.data', 'mongo')).toEqual([['every connection', 'mongo.data:27017 v2', 14]])
  expect(connections('ingress', 'pay.shop.in', 443)).toEqual([['SNI pay.shop.in', 'mongo.data:27017', 37]])
})
