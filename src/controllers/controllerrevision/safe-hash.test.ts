import { describe, expect, test } from 'vitest'
import { safeHash } from './safe-hash.ts'

describe('a hash', () => {
  test('is the same whatever the order of keys', () => {
    expect(safeHash({ a: 1, b: { c: [1, 2], d: 'x' } })).toBe(safeHash({ b: { d: 'x', c: [1, 2] }, a: 1 }))
  })

  test('differs with the value, with the order of a list and with the probe', () => {
    const hashes = [
      safeHash({ a: 1 }),
      safeHash({ a: 2 }),
      safeHash({ a: [1, 2] }),
      safeHash({ a: [2, 1] }),
      safeHash({ a: 1 }, '1'),
    ]
    expect(new Set(hashes).size).toBe(hashes.length)
  })

  test('has letters only that make no words', () => {
    expect(safeHash({ a: 1 })).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/)
  })

  test('is FNV-1a in safe letters, so that names survive a new version', () => {
    expect(safeHash('a')).toBe('5b7cff88c8')
    expect(safeHash({ a: 1 })).toBe('67868497f7')
  })
})
