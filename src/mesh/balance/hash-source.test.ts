import { describe, expect, test } from 'vitest'
import { hashOf } from './hash.ts'
import { type HashedRequest, requestHash } from './hash-source.ts'

const request: HashedRequest = {
  headers: ['x-user', 'asha', 'cookie', 'theme=dark; user="ravi"'],
  query: 'q=tea&user=asha',
  sourceAddress: '10.0.0.7',
}
const dice = (): number => 0.5

describe('what a request is told apart by', () => {
  test.each([
    ['a header', { httpHeaderName: 'X-User' }, hashOf('asha')],
    ['a header that is not there', { httpHeaderName: 'x-none' }, undefined],
    ['a parameter', { httpQueryParameterName: 'user' }, hashOf('asha')],
    ['the address', { useSourceIp: true }, hashOf('10.0.0.7')],
    ['a cookie', { httpCookie: { name: 'user', ttl: '10s' } }, hashOf('ravi')],
  ])('%s', (_, source, expected) => {
    expect(requestHash(source, request, dice)).toEqual({ hash: expected })
  })

  test('a cookie that the client does not have yet is made, for as long as is said', () => {
    const made = requestHash({ httpCookie: { name: 'cart', ttl: '60s', path: '/shop' } }, request, dice)
    expect(made.setCookie).toBe('cart="8000000080000000"; Max-Age=60; Path=/shop; HttpOnly')
    expect(made.hash).toBe(hashOf('8000000080000000'))
    const session = requestHash({ httpCookie: { name: 'cart', ttl: '0s' } }, request, dice)
    expect(session.setCookie).toBe('cart="8000000080000000"; HttpOnly')
  })

  test('a cookie without a time to live is only looked for', () => {
    expect(requestHash({ httpCookie: { name: 'cart' } }, request, dice)).toEqual({ hash: undefined })
  })
})
