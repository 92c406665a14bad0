import { expect, test } from 'vitest'
import { qualifiedGateway, qualifiedHost } from './names.ts'

test('a name without a dot is a service of the namespace it is said in', () => {
  const home = { namespace: 'shop', domain: 'cluster.local' }
  expect(qualifiedHost('cart', home)).toBe('cart.shop.svc.cluster.local')
  expect(qualifiedHost('cart', { namespace: 'shop' })).toBe('cart.shop')
  expect(qualifiedHost('cart.other', home)).toBe('cart.other')
  expect(qualifiedHost('*', home)).toBe('*')
  expect(qualifiedHost('fd00::1', home)).toBe('fd00::1')
})

test('a gateway is of the same namespace unless it says another', () => {
  expect(qualifiedGateway('public', 'shop')).toBe('shop/public')
  expect(qualifiedGateway('./public', 'shop')).toBe('shop/public')
  expect(qualifiedGateway('edge/public', 'shop')).toBe('edge/public')
  expect(qualifiedGateway('public.edge.svc.cluster.local', 'shop')).toBe('edge/public')
  expect(qualifiedGateway('mesh', 'shop')).toBe('mesh')
})
