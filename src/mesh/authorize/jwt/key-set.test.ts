import { describe, expect, test } from 'vitest'
import { tokenIssuer } from '../../../../test/support/signed-tokens.ts'
import { type KeySet, parseKeySet, UNOBTAINABLE_KEYS } from './key-set.ts'
import { type JsonWebToken, parseToken } from './token.ts'

const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'HS256',
  'HS512',
]

const MISMATCH = "Jwks doesn't have key to match kid or alg from Jwt"

function parsed(text: string): JsonWebToken {
  const token = parseToken(text)
  if (typeof token === 'string') throw new Error(token)
  return token
}

function setOf(...keys: readonly object[]): KeySet {
  return parseKeySet(JSON.stringify({ keys }))
}

describe.each(ALGORITHMS)('%s', (algorithm) => {
  const issuer = tokenIssuer(algorithm)
  const token = issuer.token({ sub: 'sub' })

  test('a token is verified by the key that signed it, now and again', () => {
    const keys = setOf(issuer.jwk)
    expect(keys.problemOf(parsed(token))).toBeUndefined()
    expect(keys.problemOf(parsed(token))).toBeUndefined()
  })

  test('a changed token is not', () => {
    const [head = '', , signature = ''] = token.split('.')
    const forged = `${head}.${Buffer.from('{"sub":"root"}').toString('base64url')}.${signature}`
    expect(setOf(issuer.jwk).problemOf(parsed(forged))).toBe('Jwt verification fails')
  })

  test('nor is one of another key', () => {
    const other = tokenIssuer(algorithm, algorithm.startsWith('HS') ? 'other' : 'key-1')
    expect(setOf({ ...other.jwk, kid: 'key-1' }).problemOf(parsed(token))).toBe('Jwt verification fails')
  })
})

test('the key is looked up by its name and its algorithm, where both sides say them', () => {
  const issuer = tokenIssuer('ES256')
  const { kid: _, alg: __, ...anonymous } = issuer.jwk
  expect(setOf({ ...issuer.jwk, kid: 'other' }).problemOf(parsed(issuer.token({})))).toBe(MISMATCH)
  expect(setOf(anonymous).problemOf(parsed(issuer.token({})))).toBeUndefined()
  expect(setOf({ ...issuer.jwk, kid: 'x' }).problemOf(parsed(issuer.token({}, { kid: undefined })))).toBeUndefined()
  expect(setOf(tokenIssuer('RS256').jwk).problemOf(parsed(issuer.token({})))).toBe(MISMATCH)
})

test('a public key is no secret for whoever calls it one', () => {
  const issuer = tokenIssuer('RS256')
  const { alg: _, ...key } = issuer.jwk
  const claimed = tokenIssuer('HS256').token({})
  expect(setOf(key).problemOf(parsed(claimed))).toBe('Jwt verification fails')
})

test('one good key among bad ones is enough', () => {
  const issuer = tokenIssuer('EdDSA')
  const bad = [
    { kty: 'RSA' },
    { kty: 'oct' },
    { kty: 'shoe' },
    { ...issuer.jwk, alg: 'RS256' },
    { kty: 'EC', x: 'a', y: 'b' },
  ]
  expect(setOf(...bad, issuer.jwk).problemOf(parsed(issuer.token({})))).toBeUndefined()
  expect(setOf(...bad).problemOf(parsed(issuer.token({})))).toBe("Jwks doesn't have any valid public key")
})

test('a signature of EdDSA has one length', () => {
  const issuer = tokenIssuer('EdDSA')
  const token = issuer.token({}).replace(/.{4}$/, '')
  expect(setOf(issuer.jwk).problemOf(parsed(token))).toBe('Jwt ED25519 signature is wrong length')
})

test.each([
  ['no JSON', 'Jwks is an invalid JSON'],
  ['{}', 'Jwks does not have [keys] field'],
  ['{"keys":{}}', '[keys] in Jwks is not an array'],
])('%s is no set of keys', (text, problem) => {
  expect(parseKeySet(text).problemOf(parsed(tokenIssuer('ES256').token({})))).toBe(problem)
})

test('keys that could not be obtained verify nothing', () => {
  expect(UNOBTAINABLE_KEYS.problemOf(parsed(tokenIssuer('ES256').token({})))).toBe('Jwt verification fails')
})
