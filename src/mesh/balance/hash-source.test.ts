import { describe, expect, test } from 'vitest'
import { type HashedRequest, requestHash } from './hash-source.ts'
import { hexOf, xxHash64 } from './xx-hash.ts'

const request: HashedRequest = {
  headers: [
    'x-user',
    'asha',
    'cookie',
    'theme=dark; user="ravi"; none=',
    'x-many',
    'foo',
    'x-many',
    'bar',
    'x-empty',
    '',
  ],
  query: 'q=tea&user=as%20ha&user=other&nothing',
  clientAddress: '10.0.0.7',
  connection: '10.0.0.7:4000010.96.0.1:80',
}

describe('what a request is told apart by', () => {
  test.each([
    ['a header', { httpHeaderName: 'X-User' }, xxHash64('asha')],
    ['a header that is there twice, in whatever order', { httpHeaderName: 'x-many' }, xxHash64('foo', xxHash64('bar'))],
    ['a header without a value', { httpHeaderName: 'x-empty' }, xxHash64('')],
    ['a header that is not there', { httpHeaderName: 'x-none' }, undefined],
    ['a parameter as it is written', { httpQueryParameterName: 'user' }, xxHash64('as%20ha')],
    ['a parameter without a value', { httpQueryParameterName: 'nothing' }, xxHash64('')],
    ['a parameter that is not there', { httpQueryParameterName: 'none' }, undefined],
    ['the address', { useSourceIp: true }, xxHash64('10.0.0.7')],
    ['a cookie', { httpCookie: { name: 'user', ttl: '10s' } }, xxHash64('ravi')],
  ])('%s', (_, source, expected) => {
    expect(requestHash(source, request)).toEqual({ hash: expected })
  })

  test('a cookie that the client does not have yet is made, the same for all requests of its connection', () => {
    const value = hexOf(xxHash64(request.connection))
    const made = requestHash({ httpCookie: { name: 'cart', ttl: '60s', path: '/shop' } }, request)
    expect(made).toEqual({
      hash: xxHash64(value),
      setCookie: `cart="${value}"; Max-Age=60; Path=/shop; HttpOnly`,
    })
    const session = requestHash({ httpCookie: { name: 'none', ttl: '0s' } }, request)
    expect(session.setCookie).toBe(`none="${value}"; HttpOnly`)
  })

  test('a cookie has the attributes that are asked for', () => {
    const attributes = [{ name: 'SameSite', value: 'Lax' }, { name: 'Secure' }]
    const { setCookie } = requestHash({ httpCookie: { name: 'cart', ttl: '0s', attributes } }, request)
    expect(setCookie).toMatch(/^cart="[\da-f]{16}"; SameSite=Lax; Secure; HttpOnly$/)
  })

  test('a cookie without a time to live is only looked for', () => {
    expect(requestHash({ httpCookie: { name: 'cart' } }, request)).toEqual({ hash: undefined })
  })
})
