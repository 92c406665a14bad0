import { expect, test } from 'vitest'
import { validateDomainPrefixedKey, validateDomainPrefixedPath, validateFullyQualifiedName } from './domains.ts'
import { nameIsDnsLabel, nameIsDnsSubdomain, nameIsPathSegment } from './object-names.ts'

test('a prefix for generated names may end in a dash', () => {
  expect(nameIsDnsSubdomain('web-')).toHaveLength(1)
  expect(nameIsDnsSubdomain('web-', { prefix: true })).toEqual([])
  expect(nameIsDnsLabel('web.', { prefix: true })).toHaveLength(1)
})

test('a Role may be named anything that stands in a path', () => {
  expect(nameIsPathSegment('system:controller:job-controller')).toEqual([])
  expect(nameIsPathSegment('..')).toEqual(["may not be '..'"])
  expect(nameIsPathSegment('a/b%c')).toEqual(["may not contain '/'", "may not contain '%'"])
})

test('a signer needs a domain', () => {
  expect(validateDomainPrefixedPath('example.com/my-signer', 'spec.signerName')).toEqual([])
  expect(validateDomainPrefixedPath('my-signer', 'spec.signerName')).toMatchObject([
    { message: 'Invalid value: "my-signer": must be a domain-prefixed path (such as "acme.io/foo")' },
  ])
  expect(validateDomainPrefixedKey('my-key', 'f')).toHaveLength(1)
  expect(validateFullyQualifiedName('k8s.io', 'f')).toMatchObject([
    { message: 'Invalid value: "k8s.io": should be a domain with at least three segments separated by dots' },
  ])
})
