import { expect, test } from 'vitest'
import { headerValueProblem } from './header-values.ts'

test.each(['', 'foo', '100%%', 'a %HOSTNAME% b', '%REQ(X-ID)%', '%DYNAMIC_METADATA(["a", "b"])%', '%A( [ "a\\"" ] )%'])(
  'a value may be %s',
  (value) => {
    expect(headerValueProblem(value)).toBeUndefined()
  },
)

test.each([
  ['50%', 'Un-escaped %'],
  ['%START_TIME%%', 'Un-escaped %'],
  ['%HOST', "Un-terminated variable expression '%HOST'"],
  ['%A([b])%', `Expecting '"'`],
  ['%A(["b"x])%', "Expecting ',', ']', or whitespace"],
  ['%A(["b"]x)%', "Expecting ')' or whitespace after '{}', but found '{}'"],
  ['%A(b)x%', "Expecting '%' or whitespace after"],
  ['%A(b\\', 'Un-terminated backslash in JSON string'],
])('a value may not be %s', (value, why) => {
  expect(headerValueProblem(value)).toBe(`header value configuration: invalid header configuration. ${why}`)
})

test('a value may have no control characters', () => {
  expect(headerValueProblem('a\nb')).toBe('header value configuration a\nb is invalid')
})
