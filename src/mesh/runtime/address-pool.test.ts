import { describe, expect, test } from 'vitest'
import { AddressPool } from './address-pool.ts'

const free = (): boolean => false

describe('a pool of addresses', () => {
  test('gives one after the other, without the network itself', () => {
    const pool = new AddressPool('240.240.0.0/16')
    expect([pool.take(free), pool.take(free)]).toEqual(['240.240.0.1', '240.240.0.2'])
    expect(new AddressPool('2001:2::/48').take(free)).toBe('2001:2::1')
  })

  test('passes over what is taken, and goes on behind it', () => {
    const pool = new AddressPool('240.240.0.0/16')
    const taken = new Set(Array.from({ length: 255 }, (_, index) => `240.240.0.${index + 1}`))
    expect(pool.take((address) => taken.has(address))).toBe('240.240.1.0')
    expect(pool.take(free)).toBe('240.240.1.1')
  })

  test('begins anew at its end, and has nothing where all is taken', () => {
    const pool = new AddressPool('10.0.0.0/24')
    for (let count = 1; count < 256; count++) pool.take(free)
    expect(pool.take((address) => address === '10.0.0.1')).toBe('10.0.0.2')
    expect(pool.take(() => true)).toBeUndefined()
  })

  test('gives what came back before those that come later', () => {
    const pool = new AddressPool('2001:2::/48')
    pool.take(free)
    pool.take(free)
    pool.giveBack('2001:2::1')
    pool.giveBack('2001:2::9')
    pool.giveBack('2001:3::1')
    expect(pool.take(free)).toBe('2001:2::1')
  })

  test.each([
    ['240.240.0.0/16', '240.240.7.1', true],
    ['240.240.0.0/16', '240.241.0.1', false],
    ['2001:2::/48', '2001:2::1', true],
    ['2001:2::/48', '2001:2:1::1', false],
    ['2001:2::/48', '240.240.0.1', false],
    ['240.240.0.0/16', 'no address', false],
  ])('%s has %s: %s', (network, address, isIn) => {
    expect(new AddressPool(network).has(address)).toBe(isIn)
  })
})
