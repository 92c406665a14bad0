import { describe, expect, test } from 'vitest'
import {
  validateDns1035Label,
  validateDns1123Label,
  validateDns1123Subdomain,
  validateWildcardDns1123Subdomain,
} from './dns.ts'

describe('validateDns1123Label', () => {
  test.each(['web', 'web-1', '0', 'a'.repeat(63)])('%s names a namespace', (name) => {
    expect(validateDns1123Label(name)).toEqual([])
  })

  test('a dot is named for what it is', () => {
    expect(validateDns1123Label('web.prod')).toEqual(['must not contain dots'])
  })

  test('an upper case letter earns the rule, examples and the pattern', () => {
    expect(validateDns1123Label('Web')).toEqual([
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    ])
  })

  test('length counts bytes, as Go does', () => {
    expect(validateDns1123Label('ü'.repeat(32))[0]).toBe('must be no more than 63 characters')
  })
})

test('a subdomain is labels and dots', () => {
  expect(validateDns1123Subdomain('web.prod')).toEqual([])
  expect(validateDns1123Subdomain('web..prod')).toHaveLength(1)
  expect(validateDns1123Subdomain('a'.repeat(254))).toEqual(['must be no more than 253 characters'])
})

test('a Service of old must not start with a digit', () => {
  expect(validateDns1035Label('web')).toEqual([])
  expect(validateDns1035Label('1web')).toHaveLength(1)
})

test('only the first label may be a wildcard', () => {
  expect(validateWildcardDns1123Subdomain('*.example.com')).toEqual([])
  expect(validateWildcardDns1123Subdomain('*.*.com')).toHaveLength(1)
})
