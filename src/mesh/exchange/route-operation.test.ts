import { expect, test } from 'vitest'
import type { ApiObject } from '../../api/object.ts'
import { type CompiledRoute, defaultRoute } from '../route/compiled-route.ts'
import { routeOperation } from './route-operation.ts'

const CART = 'outbound|80|v1|cart.shop.svc.cluster.local'
const source = { object: { metadata: { name: 'shop' } } as ApiObject, http: 0 }
const [only] = defaultRoute(CART, undefined).targets

test.each<[string, Partial<CompiledRoute>]>([
  ['cart.shop.svc.cluster.local:80/*', {}],
  ['cart.shop.svc.cluster.local:80/api*', { uri: { prefix: '/api' } }],
  ['cart.shop.svc.cluster.local:80/api', { uri: { exact: '/api' } }],
  ['cart.shop.svc.cluster.local:80/a.+', { uri: { regex: '/a.+' } }],
  ['shop:8080/*', { source, targets: only === undefined ? [] : [only, only] }],
  ['shop:8080/old', { source, targets: [], uri: { exact: '/old' } }],
])('%s', (operation, change) => {
  expect(routeOperation({ ...defaultRoute(CART, undefined), ...change }, 8080)).toBe(operation)
})
