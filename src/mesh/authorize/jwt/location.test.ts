import { expect, test } from 'vitest'
import type { JwtRule } from '../../config/types/request-authentication.ts'
import { findTokens, placesOf, withoutParameter } from './location.ts'

const request = { method: 'GET', scheme: 'http', authority: 'cart', path: '/' }

test.each<[string, JwtRule, object, readonly string[]]>([
  ['the header of HTTP, as a rule', {}, { headers: { authorization: 'Bearer a.b.c' } }, ['a.b.c']],
  ['not under another scheme', {}, { headers: { authorization: 'Basic abc' } }, []],
  ['a parameter, as a rule', {}, { query: 'x=1&access_token=a.b.c' }, ['a.b.c']],
  ['both', {}, { query: 'access_token=q', headers: { authorization: 'Bearer h' } }, ['h', 'q']],
  [
    'named headers only, where they are',
    { fromHeaders: [{ name: 'X-Token' }] },
    { headers: { authorization: 'Bearer a' } },
    [],
  ],
  ['a header without a prefix', { fromHeaders: [{ name: 'X-Token' }] }, { headers: { 'x-token': 'a b' } }, ['a b']],
  [
    'a header behind a prefix and what is no token',
    { fromHeaders: [{ name: 'x-token', prefix: 'Token ' }] },
    { headers: { 'x-token': 'My Token  "a.b.c' } },
    ['a.b.c'],
  ],
  ['named parameters, decoded', { fromParams: ['t k'] }, { query: 't%20k=a%2Eb' }, ['a.b']],
  ['cookies', { fromCookies: ['token'] }, { headers: { cookie: 'a=b; token="x.y.z"; c=d' } }, ['x.y.z']],
  [
    'several headers by name',
    { fromHeaders: [{ name: 'b' }, { name: 'a' }] },
    { headers: { a: '1', b: '2' } },
    ['1', '2'],
  ],
])('%s', (_, rule, sent, expected) => {
  expect(findTokens(placesOf(rule), { ...request, ...sent }).map(({ text }) => text)).toEqual(expected)
})

test('a parameter is taken out of the query', () => {
  expect(withoutParameter('a=1&token=x&b=2', 'token')).toBe('a=1&b=2')
  expect(withoutParameter('token=x&token=y', 'token')).toBeUndefined()
  expect(withoutParameter('a=1', 'token')).toBe('a=1')
})
