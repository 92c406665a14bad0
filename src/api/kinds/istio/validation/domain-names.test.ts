import { describe, expect, test } from 'vitest'
import {
  domainProblem,
  gatewayDomainProblem,
  trustDomainProblem,
  validateNamespacedHost,
  wildcardDomainProblem,
} from './domain-names.ts'
import { printErrors } from './problem.ts'

describe('a name in full', () => {
  test.each(['reviews', 'reviews.shop.svc.cluster.local', 'example.com.', 'A-1.com'])('may be %s', (name) => {
    expect(domainProblem(name)).toBeUndefined()
  })

  test.each([
    ['', 'empty domain name not allowed'],
    ['a..b', 'domain name "a..b" invalid (label "" invalid)'],
    ['-a.b', 'domain name "-a.b" invalid (label "-a" invalid)'],
    ['10.0.0.1', 'domain name "10.0.0.1" invalid (top level domain "1" cannot be all-numeric)'],
    ['*.com', 'domain name "*.com" invalid (label "*" invalid)'],
    ['a'.repeat(256), `domain name "${'a'.repeat(256)}" too long (max 255)`],
  ])('may not be %s', (name, problem) => {
    expect(domainProblem(name)).toBe(problem)
  })
})

describe('a name with a star', () => {
  test.each(['*', '*.example.com', '*-web.example.com', 'example.com'])('may be %s', (name) => {
    expect(wildcardDomainProblem(name)).toBeUndefined()
  })

  test.each([
    ['a.*.com', 'domain name "*.com" invalid (label "*" invalid)'],
    ['a*.com', 'domain name "a*.com" invalid (label "a*" invalid)'],
  ])('may not be %s', (name, problem) => {
    expect(wildcardDomainProblem(name)).toBe(problem)
  })
})

test.each([
  ['outbound_.80_._.reviews.com', undefined],
  ['outbound_.x_._.reviews.com', '"x" invalid). should follow outbound_.<PORT>_._.<HOSTNAME> format'],
  ['outbound_.80_._.1', '"1" invalid). should follow outbound_.<PORT>_._.<HOSTNAME> format'],
  ['outbound_.80', "outbound_.80 invalid, should follow 'outbound_.<PORT>_._.<HOSTNAME>' format"],
])('a gateway that passes TLS on may know %s', (name, problem) => {
  const found = gatewayDomainProblem(name, { isSni: true })
  if (problem === undefined) expect(found).toBeUndefined()
  else expect(found).toContain(problem)
})

test.each([
  ['cluster.local', undefined],
  ['cluster.local.', undefined],
  ['a/b', 'trust domain name "a/b" invalid'],
  ['', 'empty domain name not allowed'],
])('of trust domains, %s', (domain, problem) => {
  expect(trustDomainProblem(domain)).toBe(problem)
})

describe('a host with its namespace', () => {
  test.each([
    ['shop/*.example.com', undefined],
    ['./reviews.shop', undefined],
    ['*/*', undefined],
    ['~shop/*', undefined],
    ['reviews.shop', 'host must be of form namespace/dnsName'],
    ['shop/reviews', 'short names (non FQDN) are not allowed'],
    ['shop/*a.com', 'partial wildcard "*a.com" not allowed'],
    ['a b/x.com', 'invalid namespace value "a b" in sidecar'],
  ])('of a Sidecar may be %s', (host, problem) => {
    expect(printErrors(validateNamespacedHost(host, { isGateway: false }))).toBe(problem)
  })

  test.each([
    ['shop.example.com', undefined],
    ['shop/10.0.0.1', undefined],
    ['~/shop.example.com', 'invalid namespace value "~" in gateway'],
  ])('of a Gateway may be %s', (host, problem) => {
    expect(printErrors(validateNamespacedHost(host, { isGateway: true }))).toBe(problem)
  })

  test('that is no name at all is told twice to a Sidecar', () => {
    const twice = '\n\t* domain name "a b.com" invalid (label "a b" invalid)'.repeat(2)
    const printed = printErrors(validateNamespacedHost('shop/a b.com', { isGateway: false }))
    expect(printed).toBe(`2 errors occurred:${twice}\n\n`)
  })
})
