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
