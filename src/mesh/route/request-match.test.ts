import { describe, expect, test } from 'vitest'
import type { HttpMatch, StringMatch } from '../config/types/virtual-service.ts'
import { appliesTo, isCatchAll, requestMatch } from './request-match.ts'

const request = { method: 'GET', scheme: 'http', authority: 'shop.in', path: '/tea' }

function claimed(match: StringMatch): HttpMatch {
  return { headers: { '@request.auth.claims.roles': match } }
}

describe('a match', () => {
  test.each<[string, HttpMatch, object, boolean]>([
    ['asks for the path without its query', { uri: { exact: '/tea' } }, { query: 'a=b' }, true],
    ['ignores the case of a path on demand', { uri: { exact: '/TEA' }, ignoreUriCase: true }, {}, true],
    ['needs all of its fields', { uri: { exact: '/tea' }, method: { exact: 'POST' } }, {}, false],
    ['asks whether a header is there', { headers: { 'X-Region': {} } }, { headers: { 'x-region': '' } }, true],
    ['does not take a missing header for an empty one', { headers: { a: { exact: '' } } }, {}, false],
    [
      'takes a header that must not match for empty when it is missing',
      { withoutHeaders: { a: { exact: '' } } },
      {},
      false,
    ],
    ['lets a request without the unwanted header through', { withoutHeaders: { a: { exact: 'b' } } }, {}, true],
    ['asks that a header is not there', { withoutHeaders: { a: {} } }, { headers: { a: 'b' } }, false],
    ['looks for claims of the token', claimed({ exact: 'admin' }), { claims: { roles: ['x', 'admin'] } }, true],
    ['finds no claims where there is no token', claimed({ prefix: 'a' }), {}, false],
    [
      'reaches claims of claims, whose names may have dots',
      { headers: { '@request.auth.claims[org.in][unit]': { exact: 'tea' } } },
      { claims: { 'org.in': { unit: 'tea' } } },
      true,
    ],
    [
      'asks that a claim is not there',
      { withoutHeaders: { '@request.auth.claims.org.unit': { exact: 'tea' } } },
      { claims: { org: { unit: 'tea' } } },
      false,
    ],
    ['reads the query', { queryParams: { n: { regex: '[0-9]+' } } }, { query: 'x&n=12' }, true],
  ])('%s', (_, match, changes, expected) => {
    expect(requestMatch(match)({ ...request, ...changes })).toBe(expected)
  })

  test('that names gateways asks nothing else about the caller', () => {
    const context = { port: 80, gateways: new Set(['mesh']), labels: { app: 'cart' }, namespace: 'shop' }
    expect(appliesTo({ gateways: ['mesh'], sourceNamespace: 'other' }, context)).toBe(true)
    expect(appliesTo({ gateways: ['edge/public'] }, context)).toBe(false)
    expect(appliesTo({ sourceLabels: { app: 'cart' }, sourceNamespace: 'shop' }, context)).toBe(true)
    expect(appliesTo({ sourceLabels: { app: 'pay' } }, context)).toBe(false)
    expect(appliesTo({ port: 81 }, context)).toBe(false)
  })

  test('catches all when only a path is asked for that every path has', () => {
    expect(isCatchAll({ uri: { prefix: '/' } })).toBe(true)
    expect(isCatchAll({ uri: { regex: '.*' } })).toBe(true)
    expect(isCatchAll({ uri: { prefix: '/' }, headers: { a: {} } })).toBe(false)
  })
})
