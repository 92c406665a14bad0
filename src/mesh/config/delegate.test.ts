import { describe, expect, test } from 'vitest'
import { contradicts, delegatedRoutes } from './delegate.ts'
import type { HttpRoute } from './types/virtual-service.ts'

const toShop: HttpRoute = { route: [{ destination: { host: 'shop' } }] }

describe('a delegate', () => {
  test('takes from the root what it does not say itself', () => {
    const root: HttpRoute = { name: 'root', timeout: '2s', retries: { attempts: 1 }, delegate: { name: 'shop' } }
    expect(delegatedRoutes(root, [{ ...toShop, name: 'all', timeout: '9s' }])).toEqual([
      { ...toShop, name: 'root-all', timeout: '9s', retries: { attempts: 1 } },
    ])
  })

  test('narrows each match of the root that it fits under', () => {
    const root: HttpRoute = { match: [{ uri: { prefix: '/in' }, port: 80 }, { uri: { prefix: '/us' } }] }
    const [route] = delegatedRoutes(root, [{ ...toShop, match: [{ uri: { exact: '/in/tea' } }] }])
    expect(route?.match).toEqual([{ uri: { exact: '/in/tea' }, port: 80 }])
  })

  test('is dropped where one of its matches contradicts the root', () => {
    const root: HttpRoute = { match: [{ uri: { prefix: '/in' } }] }
    const match = [{ uri: { prefix: '/in/tea' } }, { uri: { prefix: '/us' } }]
    expect(delegatedRoutes(root, [{ ...toShop, match }])).toEqual([])
  })
})

describe('a match contradicts', () => {
  test.each([
    ['another expression, which nobody can compare', { uri: { regex: '/a.*' } }, { uri: { exact: '/ab' } }, true],
    ['a prefix under an exact path', { uri: { exact: '/a' } }, { uri: { prefix: '/a' } }, true],
    ['another port', { port: 80 }, { port: 81 }, true],
    ['a root of one namespace by being for all', { sourceNamespace: 'a' }, {}, true],
    ['a gateway that the root is not for', { gateways: ['a'] }, { gateways: ['b'] }, true],
    [
      'not: a header of which the root says nothing',
      { uri: { prefix: '/' } },
      { headers: { a: { exact: 'b' } } },
      false,
    ],
  ])('%s', (_, root, delegate, expected) => {
    expect(contradicts(root, delegate)).toBe(expected)
  })
})
