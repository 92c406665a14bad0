import { expect, test } from 'vitest'
import { printCauses } from '../../../../test/support/causes.ts'
import { validateNonSpecialIp } from './non-special-ip.ts'
import { validateLocalNonReservedPath } from './paths.ts'

test.each<[string, readonly string[]]>([
  ['config/app.yaml', []],
  ['a..b', []],
  ['/etc', ['f: Invalid value: "/etc": must be a relative path']],
  ['a/../b', ['f: Invalid value: "a/../b": must not contain \'..\'']],
  ['..data', ['f: Invalid value: "..data": must not start with \'..\'']],
])('a path within a volume: %s', (path, expected) => {
  expect(printCauses(validateLocalNonReservedPath(path, 'f'))).toEqual(expected)
})

const LINK_LOCAL = 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'
const MULTICAST = 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'

test.each<[string, string | undefined]>([
  ['10.0.0.1', undefined],
  ['2001:db8::1', undefined],
  ['10.0.0', 'must be a valid IP address'],
  ['0.0.0.0', 'may not be unspecified (0.0.0.0)'],
  ['127.0.0.53', 'may not be in the loopback range (127.0.0.0/8, ::1/128)'],
  ['::1', 'may not be in the loopback range (127.0.0.0/8, ::1/128)'],
  ['169.254.169.254', LINK_LOCAL],
  ['fe80::1', LINK_LOCAL],
  ['224.0.0.1', MULTICAST],
  ['224.0.1.1', undefined],
  ['ff02::1', MULTICAST],
])('an address that others reach: %s', (text, problem) => {
  expect(printCauses(validateNonSpecialIp(text, 'f'))).toEqual(
    problem === undefined ? [] : [`f: Invalid value: "${text}": ${problem}`],
  )
})
