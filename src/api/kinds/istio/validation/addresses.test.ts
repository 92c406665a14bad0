import { describe, expect, test } from 'vitest'
import { ipSubnetProblem, isIpAddress, prefixProblem, splitHostPort, unixAddressProblem } from './addresses.ts'

test.each([
  ['10.0.0.1', true],
  ['010.0.0.1', false],
  ['::1', true],
  ['fe80::1%eth0', true],
  ['fe80::1%', false],
  ['10.0.0.1%eth0', false],
  ['example.com', false],
])('whether %s is an address: %s', (text, expected) => {
  expect(isIpAddress(text)).toBe(expected)
})

describe('a range', () => {
  test.each([
    ['10.0.0.0/8', undefined],
    ['::/0', undefined],
    ['10.0.0.0/33', 'netip.ParsePrefix("10.0.0.0/33"): prefix length out of range'],
    ['10.0.0.0/08', 'netip.ParsePrefix("10.0.0.0/08"): bad bits after slash: "08"'],
    ['10.0.0/8', 'netip.ParsePrefix("10.0.0/8"): ParseAddr("10.0.0"): IPv4 address too short'],
    ['10.0.0.256/8', 'netip.ParsePrefix("10.0.0.256/8"): ParseAddr("10.0.0.256"): IPv4 field has value >255'],
    ['1.2.3.4.5/8', 'netip.ParsePrefix("1.2.3.4.5/8"): ParseAddr("1.2.3.4.5"): IPv4 address too long'],
    ['1.2.x.4/8', 'netip.ParsePrefix("1.2.x.4/8"): ParseAddr("1.2.x.4"): unexpected character (at "x.4")'],
    ['a/8', 'netip.ParsePrefix("a/8"): ParseAddr("a"): unable to parse IP'],
    ['fe80::1%a/8', 'netip.ParsePrefix("fe80::1%a/8"): IPv6 zones cannot be present in a prefix'],
  ])('may be %s', (text, problem) => {
    expect(prefixProblem(text)).toBe(problem)
  })

  test('or a single address stands where traffic goes', () => {
    expect(ipSubnetProblem('10.0.0.1')).toBeUndefined()
    expect(ipSubnetProblem('10.0.0.1/40')).toBe('10.0.0.1/40 is not a valid CIDR block')
    expect(ipSubnetProblem('a')).toBe('a is not a valid IP')
  })
})

test.each([
  ['127.0.0.1:80', { host: '127.0.0.1', port: '80' }],
  ['[::1]:80', { host: '::1', port: '80' }],
  [':80', { host: '', port: '80' }],
  ['::1', { host: '', port: '', problem: 'address ::1: too many colons in address' }],
  ['a', { host: '', port: '', problem: 'address a: missing port in address' }],
  ['[::1', { host: '', port: '', problem: "address [::1: missing ']' in address" }],
])('%s is taken apart', (text, parts) => {
  expect(splitHostPort(text)).toEqual(parts)
})

test.each([
  ['/var/run/x.sock', undefined],
  ['@abstract', undefined],
  ['', 'unix address must not be empty'],
  ['run/x', 'run/x is not an absolute path to a file'],
  ['/run/', '/run/ is not an absolute path to a file'],
])('a Unix socket may be at %s', (path, problem) => {
  expect(unixAddressProblem(path)).toBe(problem)
})
