import { expect, test } from 'vitest'
import { parseToken, timeProblem } from './token.ts'

function encoded(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
}

function written(claims: unknown, header: unknown = { alg: 'RS256', kid: 'k' }): string {
  return `${encoded(header)}.${encoded(claims)}.c2ln`
}

test('a token is read into what it says', () => {
  const claims = { iss: 'issuer', sub: 'sub', aud: 'tea', exp: 2.7, roles: ['a'] }
  expect(parseToken(written(claims))).toMatchObject({
    algorithm: 'RS256',
    keyId: 'k',
    issuer: 'issuer',
    audiences: ['tea'],
    expires: 2,
    notBefore: 0,
    claims,
    payload: encoded(claims),
  })
  expect(parseToken(written({ aud: ['a', 'b'] }))).toMatchObject({ audiences: ['a', 'b'], issuer: '' })
})

test.each([
  ['a.b', 'Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections'],
  ['a.b.c.d', 'Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections'],
  ['a!.b.c', 'Jwt header is an invalid Base64url encoded'],
  [written({}, 'no JSON'), 'Jwt header is an invalid JSON'],
  [written({}, []), 'Jwt header is an invalid JSON'],
  [written({}, {}), 'Jwt header [alg] field is required and must be a string'],
  [written({}, { alg: 'none' }), 'Jwt header [alg] is not supported'],
  [written({}, { alg: 'ES256', kid: 1 }), 'Jwt header [kid] field is not a string'],
  [`${encoded({ alg: 'ES256' })}.b!.c`, 'Jwt payload is an invalid Base64url encoded'],
  [written('{'), 'Jwt payload is an invalid JSON'],
  [written({ iss: 1 }), 'Jwt payload [iss] field is not a string'],
  [written({ sub: {} }), 'Jwt payload [sub] field is not a string'],
  [written({ iat: 'now' }), 'Jwt payload [iat] field is not an integer'],
  [written({ nbf: -1 }), 'Jwt payload [nbf] field is not a positive 64 bit integer'],
  [written({ exp: 1e30 }), 'Jwt payload [exp] field is not a positive 64 bit integer'],
  [written({ jti: 1 }), 'Jwt payload [jti] field is not a string'],
  [written({ aud: [1] }), 'Jwt payload [aud] field is not a string or string list'],
  [written({}).replace(/c2ln$/, '~~'), 'Jwt signature is an invalid Base64url encoded'],
])('%s: %s', (text, problem) => {
  expect(parseToken(text)).toBe(problem)
})

test('clocks may differ by a minute', () => {
  const token = parseToken(written({ nbf: 1_000, exp: 2_000 }))
  if (typeof token === 'string') throw new Error(token)
  expect(timeProblem(token, 939_999)).toBe('Jwt not yet valid')
  expect(timeProblem(token, 940_000)).toBeUndefined()
  expect(timeProblem(token, 2_060_999)).toBeUndefined()
  expect(timeProblem(token, 2_061_000)).toBe('Jwt is expired')
})
