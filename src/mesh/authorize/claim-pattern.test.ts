import { expect, test } from 'vitest'
import { bracketedNames, requestPrincipalPattern } from './claim-pattern.ts'

test.each([
  ['[a]', ['a']],
  ['[a][b.c]', ['a', 'b.c']],
  ['[a][b', undefined],
  ['a', undefined],
  ['[a[b]]', ['a[b]']],
  ['[]', ['']],
])('%s names %j', (text, expected) => {
  expect(bracketedNames(text)).toEqual(expected)
})

test.each([
  ['issuer/sub', 'issuer', 'sub', true],
  ['issuer/sub', 'issuer', 'other', false],
  ['https://a.in/path/sub', 'https://a.in/path', 'sub', true],
  ['*', 'a', 'b', true],
  ['*', '', 'b', false],
  ['*er/sub', 'issuer', 'sub', true],
  ['*/sub', 'issuer', 'sub', true],
  ['*sub', 'issuer', 'a-sub', true],
  ['issuer/*', 'issuer', 'any', true],
  ['issuer/su*', 'issuer', 'sub', true],
  ['issuer*', 'issuer-1', 'any', true],
  ['issuer', 'issuer', '', true],
  ['issuer', 'issuer', 'sub', false],
])('%s is met by issuer %s and subject %s: %s', (value, iss, sub, expected) => {
  expect(requestPrincipalPattern(value)({ iss, sub })).toBe(expected)
})

test('claims that are no texts name nobody', () => {
  expect(requestPrincipalPattern('*')({ iss: 'a', sub: 5 })).toBe(false)
  expect(requestPrincipalPattern('*')(undefined)).toBe(false)
})
