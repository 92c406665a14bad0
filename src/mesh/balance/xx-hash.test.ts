import { describe, expect, test } from 'vitest'
import { type Hash64, hexOf, remainder, xxHash64 } from './xx-hash.ts'

function bigint({ high, low }: Hash64): bigint {
  return (BigInt(high) << 32n) | BigInt(low)
}

describe('XXH64', () => {
  test.each([
    // Known answers of Envoy's own tests (test/common/common/hash_test.cc).
    ['', 17241709254077376921n],
    ['foo', 3728699739546630719n],
    ['bar', 5234164152756840025n],
    ['foo\nbar', 8917841378505826757n],
    ['lyft', 4400747396090729504n],
    // Known answers of the algorithm's authors and of those who ported it.
    ['a', 0xd24ec4f1a98c6e5bn],
    ['abc', 0x44bc2cf5ad770999n],
    ['Nobody inspects the spammish repetition', 0xfbcea83c8a378bf1n],
    ['Call me Ishmael. Some years ago--never mind how long precisely-', 0x02a2e85470d6fd96n],
  ])('%j', (text, hash) => {
    expect(bigint(xxHash64(text))).toBe(hash)
  })

  test('of several texts, each seeds the next', () => {
    expect(bigint(xxHash64('bar', xxHash64('foo')))).toBe(17745830980996999794n)
  })

  test('is that of plain big integers, for every length up to 200', () => {
    for (let length = 0; length <= 200; length++) {
      const text = Array.from({ length }, (_, index) => String.fromCharCode((index * 167 + length * 31) & 0xff)).join(
        '',
      )
      const seed = { high: (length * 0x9e3779b1) >>> 0, low: (length * 0x85ebca6b) >>> 0 }
      expect(bigint(xxHash64(text, seed)), `${length} bytes`).toBe(plainHash(Buffer.from(text, 'latin1'), bigint(seed)))
    }
  })

  test('text beyond one byte a character is hashed as UTF-8', () => {
    expect(xxHash64('चाय')).toEqual(xxHash64(Buffer.from('चाय').toString('latin1')))
  })
})

test('a remainder is that of all 64 bits', () => {
  for (const text of ['a', 'b', 'c']) {
    const hash = xxHash64(text)
    for (const divisor of [7, 100, 65_537, 2 ** 21 - 9]) {
      expect(remainder(hash, divisor)).toBe(Number(bigint(hash) % BigInt(divisor)))
    }
  }
})

test('in hexadecimal it has all of its digits', () => {
  expect(hexOf({ high: 0x0a, low: 0xff })).toBe('0000000a000000ff')
})

/** The algorithm as its specification writes it, without regard to speed. */
function plainHash(bytes: Buffer, seed: bigint): bigint {
  const [p1, p2, p3] = [0x9e3779b185ebca87n, 0xc2b2ae3d27d4eb4fn, 0x165667b19e3779f9n]
  const [p4, p5] = [0x85ebca77c2b2ae63n, 0x27d4eb2f165667c5n]
  const wrap = (value: bigint): bigint => BigInt.asUintN(64, value)
  const rotate = (value: bigint, bits: bigint): bigint => wrap((value << bits) | (value >> (64n - bits)))
  const round = (lane: bigint, input: bigint): bigint => wrap(rotate(wrap(lane + input * p2), 31n) * p1)
  let at = 0
  let hash = wrap(seed + p5)
  if (bytes.length >= 32) {
    const lanes = [wrap(seed + p1 + p2), wrap(seed + p2), seed, wrap(seed - p1)]
    for (; at + 32 <= bytes.length; at += 32) {
      for (let lane = 0; lane < 4; lane++) lanes[lane] = round(lanes[lane] ?? 0n, bytes.readBigUInt64LE(at + 8 * lane))
    }
    hash = [1n, 7n, 12n, 18n].reduce((sum, bits, lane) => wrap(sum + rotate(lanes[lane] ?? 0n, bits)), 0n)
    for (const lane of lanes) hash = wrap((hash ^ round(0n, lane)) * p1 + p4)
  }
  hash = wrap(hash + BigInt(bytes.length))
  for (; at + 8 <= bytes.length; at += 8) {
    hash = wrap(rotate(hash ^ round(0n, bytes.readBigUInt64LE(at)), 27n) * p1 + p4)
  }
  if (at + 4 <= bytes.length) {
    hash = wrap(rotate(hash ^ wrap(BigInt(bytes.readUInt32LE(at)) * p1), 23n) * p2 + p3)
    at += 4
  }
  for (; at < bytes.length; at++) hash = wrap(rotate(hash ^ wrap(BigInt(bytes.readUInt8(at)) * p5), 11n) * p1)
  hash = wrap((hash ^ (hash >> 33n)) * p2)
  hash = wrap((hash ^ (hash >> 29n)) * p3)
  return hash ^ (hash >> 32n)
}
