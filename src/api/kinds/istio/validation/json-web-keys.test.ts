import { expect, test } from 'vitest'
import { readKeySet } from './json-web-keys.ts'

const rsa = { kty: 'RSA', e: 'AQAB', n: 'xAE7' }

test('a set of public keys is fine, and so is one key alone', () => {
  expect(readKeySet(JSON.stringify({ keys: [rsa, { kty: 'EC', crv: 'P-256', x: 'a', y: 'b' }] }))).toEqual({
    privateKeys: [],
  })
  expect(readKeySet(JSON.stringify(rsa))).toEqual({ privateKeys: [] })
  expect(readKeySet('{"keys":[]}')).toEqual({ privateKeys: [] })
})

test('keys that should have stayed secret are told by their places', () => {
  const keys = [rsa, { ...rsa, d: 'x' }, { kty: 'oct', k: 'AAA' }]
  expect(readKeySet(JSON.stringify({ keys })).privateKeys).toEqual([1, 2])
})

test.each([
  ['{', 'unexpected end of JSON input'],
  ['nope', "invalid character 'o' in literal null (expecting 'u')"],
  ['{"keys":1}', 'failed to decode "keys": json: cannot unmarshal number into Go value of type []json.RawMessage'],
  [
    '{"keys":[{"kty":"RSA"}]}',
    'failed to decode key #0 in "keys": failed to unmarshal JSON into key (*jwk.rsaPublicKey): required field e is missing',
  ],
  ['{}', 'failed to parse sole key in key set: invalid key type from JSON ()'],
])('%s is refused', (text, problem) => {
  expect(readKeySet(text).problem).toBe(`failed to unmarshal JWK set: ${problem}`)
})
