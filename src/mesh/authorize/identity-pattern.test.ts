import { expect, test } from 'vitest'
import { namespacePattern, serviceAccountPattern, trustDomainPattern } from './identity-pattern.ts'

const web = 'cluster.local/ns/shop/sa/web'

test.each([
  ['shop', web, true],
  ['shop', 'cluster.local/ns/shopping/sa/web', false],
  ['*', web, true],
  ['s*p', web, true],
  ['*-shop', 'td/ns/tea-shop/sa/web', true],
  ['shop*', 'td/ns/tea-shop/sa/web', false],
  ['.*', web, false],
])('namespace %s of %s: %s', (value, principal, expected) => {
  expect(namespacePattern(value)(principal)).toBe(expected)
})

test.each([
  ['web', web, true],
  ['shop/web', web, true],
  ['web', 'cluster.local/ns/pay/sa/web', false],
  ['web', 'cluster.local/ns/shop/sa/webber', false],
  ['web', '/ns/shop/sa/web', false],
  ['web', 'td/cell/1/ns/shop/sa/web', true],
  ['web', 'td/ns/shop/cell/1/sa/web', true],
  ['web', 'td/ns/shop/sa/web/cell/1', true],
  ['web', 'td/ns/shop/cell/1/sa/webber', false],
  ['w.b', 'td/ns/shop/cell/1/sa/web', false],
])('service account %s, of a policy in shop, of %s: %s', (value, principal, expected) => {
  expect(serviceAccountPattern(value, 'shop')(principal)).toBe(expected)
})

test.each([
  ['*', web, true],
  ['cluster.local', web, true],
  ['cluster', web, false],
  ['*.local', web, true],
  ['cluster*', web, true],
  ['c*l', web, true],
  ['cluster.lo*ocal', web, false],
  ['*/ns', web, false],
])('trust domain %s of %s: %s', (value, principal, expected) => {
  expect(trustDomainPattern(value)(principal)).toBe(expected)
})
