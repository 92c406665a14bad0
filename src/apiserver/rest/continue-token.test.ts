import { describe, expect, test } from 'vitest'
import { parseContinue, printContinue } from './continue-token.ts'

test('a token leads back to where it was made', () => {
  const token = { revision: 7, start: 'default/web\0' }
  expect(parseContinue(printContinue(token))).toEqual(token)
})

describe('a token of somebody’s own making is refused in upstream’s words', () => {
  const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

  test.each([
    ['a!', ': illegal base64 data at input byte 1'],
    ['abcde', ': illegal base64 data at input byte 4'],
    ['abc', ": invalid character 'i' looking for beginning of value"],
    [encoded(7), ': json: cannot unmarshal number into Go value of type storage.continueToken'],
    [encoded({ v: 'v2' }), ': server does not recognize this encoded version v2'],
    [encoded({ v: 'meta.k8s.io/v1' }), ': incorrect encoded start resourceVersion (version meta.k8s.io/v1)'],
    [encoded({ v: 'meta.k8s.io/v1', rv: 7 }), ': encoded start key empty (version meta.k8s.io/v1)'],
  ])('%s', (text, why) => {
    expect(() => parseContinue(text)).toThrow(`invalid continue token: continue key is not valid${why}`)
  })
})
