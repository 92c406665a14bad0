import { expect, test } from 'vitest'
import { domainsWithAliases, withAliases } from './trust-domains.ts'

const names = ['new-td', 'old-td']

test.each([
  ['old-td/ns/shop/sa/web', ['new-td/ns/shop/sa/web', 'old-td/ns/shop/sa/web']],
  ['cluster.local/ns/shop/sa/web', ['new-td/ns/shop/sa/web', 'old-td/ns/shop/sa/web']],
  ['foreign/ns/shop/sa/web', ['foreign/ns/shop/sa/web']],
  ['*/ns/shop/sa/web', ['*/ns/shop/sa/web']],
  ['*-td/ns/shop/sa/web', ['*-td/ns/shop/sa/web']],
  ['*old-td/ns/shop/sa/web', ['new-td/ns/shop/sa/web', '*old-td/ns/shop/sa/web']],
  ['*/sa/web', ['*/sa/web']],
  ['*', ['*']],
])('%s stands for %j', (principal, expected) => {
  expect(withAliases([principal], names)).toEqual(expected)
})

test('a trust domain stands for all names of the mesh if it is one of them', () => {
  expect(domainsWithAliases(['old-td', 'foreign'], names)).toEqual(['new-td', 'old-td', 'foreign'])
  expect(domainsWithAliases(['old*'], names)).toEqual(['old*'])
})
