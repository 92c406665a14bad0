import { describe, expect, test } from 'vitest'
import { parseIp, parsePrefix, printIp, printNetwork } from './ip-address.ts'
import {
  validateCidr,
  validateInterfaceAddress,
  validateIp,
  validateLegacyIp,
  warningsForCidr,
  warningsForIp,
} from './ip.ts'

describe('printIp', () => {
  test.each([
    { text: '10.96.0.1', printed: '10.96.0.1' },
    { text: '2001:DB8:0:0:1:0:0:1', printed: '2001:db8::1:0:0:1' },
    { text: '::', printed: '::' },
    { text: '1:0:0:2:0:0:0:3', printed: '1:0:0:2::3' },
    { text: '::ffff:10.0.0.1', printed: '10.0.0.1' },
    { text: '64:ff9b::192.0.2.33', printed: '64:ff9b::c000:221' },
  ])('$text is $printed', ({ text, printed }) => {
    const address = parseIp(text)
    expect(address === undefined ? undefined : printIp(address)).toBe(printed)
  })

  test.each(['', '1.2.3', '1.2.3.256', '1::2::3', '12345::', ':1', '1.2.3.4%eth0', '::1.2.3'])('%j is none', (text) => {
    expect(parseIp(text)).toBeUndefined()
  })
})

test('a network is its first address', () => {
  const prefix = parsePrefix('10.1.130.7/18')
  expect(prefix === undefined ? undefined : printNetwork(prefix)).toBe('10.1.128.0/18')
})

describe('fields of today', () => {
  test('demand the canonical form', () => {
    expect(validateIp('2001:DB8::1', 'spec.address')).toEqual([
      {
        reason: 'FieldValueInvalid',
        field: 'spec.address',
        message: 'Invalid value: "2001:DB8::1": must be in canonical form ("2001:db8::1")',
      },
    ])
  })

  test('tell networks from addresses in networks', () => {
    expect(validateCidr('10.0.0.0/8', 'f')).toEqual([])
    expect(validateCidr('10.0.0.1/8', 'f')).toHaveLength(1)
    expect(validateInterfaceAddress('10.0.0.1/8', 'f')).toEqual([])
  })
})

describe('fields of old', () => {
  test('take what was stored before, even if it is bad', () => {
    expect(validateLegacyIp('010.0.0.1', 'f')).toHaveLength(1)
    expect(validateLegacyIp('010.0.0.1', 'f', { validBefore: ['010.0.0.1'] })).toEqual([])
  })

  test('warn of forms that programs read differently', () => {
    expect(warningsForIp('010.0.0.1', 'spec.clusterIP')).toEqual([
      'spec.clusterIP: non-standard IP address "010.0.0.1" is invalid: use "10.0.0.1"',
    ])
    expect(warningsForCidr('10.0.0.1/8', 'spec.cidr')).toEqual([
      'spec.cidr: CIDR value "10.0.0.1/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.0.0.1/32"?)',
    ])
  })
})
