import { expect, test } from 'vitest'
import { cartRoutes, MeshShop, TO_CART } from '../../../test/support/mesh-shop.ts'
import { type HeaderList, headerRecordOf } from '../route/header-list.ts'
import type { Step } from './steps.ts'

/** What `cart` is asked, and what `web` is answered, under such headers. */
function seen(headers: object): {
  readonly asked: Readonly<Record<string, string>>
  readonly answered: Readonly<Record<string, string>>
} {
  const shop = new MeshShop([cartRoutes({ name: 'all', ...TO_CART, headers })])
  const exchange = shop.exchange({ method: 'PUT', target: '/tea?n=1', headers: { 'x-id': '7' } })
  const asked = exchange.start(0)
  const answer = exchange.on({ kind: 'answered', status: 201, headers: ['x-shelf', 'b'] }, 30)
  return { asked: headersOf(asked), answered: headersOf(answer) }
}

function headersOf(step: Step): Readonly<Record<string, string>> {
  const list: HeaderList = step.kind === 'attempt' ? step.head.headers : step.kind === 'relay' ? step.headers : []
  return headerRecordOf(list)
}

test('values of headers are filled in with what is known of the request', () => {
  const set = {
    'x-who': '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% by %PROTOCOL%',
    'x-what': '%REQ(:METHOD)% %REQ(:PATH)%',
    'x-was': '%REQ(X-NONE?X-ID):1%',
    'x-route': '%ROUTE_NAME%, 100%%',
  }
  expect(seen({ request: { set } }).asked).toMatchObject({
    'x-who': '10.0.0.1 by HTTP/1.1',
    'x-what': 'PUT /tea?n=1',
    'x-was': '7',
    'x-route': 'all, 100%',
  })
})

test('headers of answers too, with what is known of the upstream by then', () => {
  const set = { 'x-from': '%UPSTREAM_HOST%', 'x-cluster': '%UPSTREAM_CLUSTER%' }
  const { answered } = seen({ response: { set } })
  expect(answered['x-from']).toMatch(/^10\.0\.1\.\d:8080$/)
  expect(answered['x-cluster']).toBe('outbound|80||cart.shop.svc.cluster.local')
})

test('what comes to nothing is not written, and a command that nobody knows is a text', () => {
  const set = { 'x-none': '%REQ(X-NONE)%', 'x-odd': '%NO_SUCH_THING%' }
  const { asked } = seen({ request: { set } })
  expect(asked).not.toHaveProperty('x-none')
  expect(asked['x-odd']).toBe('%NO_SUCH_THING%')
})

test('who is called can tell what was called before a rewrite', () => {
  const rewrite = { uri: '/', authority: 'inside' }
  const shop = new MeshShop([cartRoutes({ match: [{ uri: { prefix: '/tea/' } }], rewrite, ...TO_CART })])
  const asked = headersOf(shop.exchange({ target: '/tea/green?n=1' }).start(0))
  expect(asked).toMatchObject({ 'x-envoy-original-path': '/tea/green?n=1', 'x-envoy-original-host': 'cart' })
})
