import { describe, expect, test } from 'vitest'
import { HashRing, MaglevTable, type SharingHost } from './hash-table.ts'
import type { Hash64 } from './xx-hash.ts'

/*
 * Known answers of Envoy's own tests: test/extensions/load_balancing_policies/{ring_hash/ring_hash,maglev/maglev}_lb_test.cc.
 * A key goes to the same pod as in a mesh of Envoys.
 */

interface Host {
  readonly address: string
  readonly port: number
}

/** Ports of 127.0.0.1 from `first` on, and what they weigh. */
function hosts(first: number, weights: readonly number[]): readonly SharingHost<Host>[] {
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return weights.map((weight, index) => ({ host: { address: '127.0.0.1', port: first + index }, share: weight / sum }))
}

const SIX = hosts(90, [1, 1, 1, 1, 1, 1])

function hash(value: bigint): Hash64 {
  return { high: Number(value >> 32n), low: Number(value & 0xffffffffn) }
}

describe('a ring', () => {
  test.each([
    [0n, 94],
    [2n ** 64n - 1n, 94],
    [833437586790550860n, 94],
    [833437586790550861n, 92],
    [1033482794131418490n, 90],
    [3551244743356806947n, 95],
    [3551244743356806948n, 93],
    [5583722120771150861n, 91],
    [6311230543546372929n, 93],
    [13144177310400110813n, 95],
    [13444792449719432967n, 92],
    [15516499411664133160n, 94],
    [16117243373044804880n, 90],
    [16117243373044804890n, 94],
  ])('of six, two points each: %s is at :%i', (value, port) => {
    const ring = new HashRing(SIX, 12)
    expect(ring.size).toBe(12)
    expect(ring.at(hash(value), 0)?.port).toBe(port)
  })

  test('whoever is turned down is followed by the next on the ring, all around it', () => {
    const ring = new HashRing(SIX, 12)
    expect([0, 1, 2, 12, 13].map((tries) => ring.at(hash(0n), tries)?.port)).toEqual([94, 92, 90, 94, 92])
  })

  test('has no less points than it should, and each host a whole number', () => {
    const ring = new HashRing(hosts(80, [1, 1]), 3)
    expect(ring.size).toBe(4)
    const ports = [5454692015285649509n, 7859399908942313493n, 13838424394637650569n, 16064866803292627174n]
    expect(ports.map((value) => ring.at(hash(value), 0)?.port)).toEqual([80, 81, 80, 81])
  })

  test('has points by weight', () => {
    const ring = new HashRing(hosts(90, [1, 2, 3]), 6)
    const points = [
      [928266305478181108n, 92],
      [4443673547860492590n, 92],
      [5583722120771150861n, 91],
      [6311230543546372928n, 91],
      [13444792449719432967n, 92],
      [16117243373044804889n, 90],
    ] as const
    expect(points.map(([value]) => ring.at(hash(value), 0)?.port)).toEqual(points.map(([, port]) => port))
  })

  test('of nobody leads nowhere', () => {
    expect(new HashRing<Host>([], 1024).at(hash(1n), 0)).toBeUndefined()
  })
})

describe('a table of Maglev', () => {
  /** From 90 on: which place is whose. */
  test.each([
    ['six', SIX, [2, 4, 0, 1, 5, 0, 3]],
    ['six in another order', SIX.toReversed(), [2, 4, 0, 1, 5, 0, 3]],
    ['two by weight', hosts(90, [1, 2]), [1, 0, 0, 1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 0, 1, 0, 1]],
    ['two evenly', hosts(90, [1, 1]), [1, 0, 0, 1, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1, 0, 1]],
    ['two, four to one', hosts(90, [8, 2]), [1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0]],
  ])('of %s', (_, among, places) => {
    const table = new MaglevTable(among, places.length)
    const found = Array.from({ length: 3 * places.length }, (_none, value) => table.at(hash(BigInt(value)), 0)?.port)
    expect(found).toEqual([...places, ...places, ...places].map((index) => 90 + index))
  })

  test('whoever is turned down is followed by one far off', () => {
    const table = new MaglevTable(SIX, 7)
    expect([0, 1, 2].map((tries) => table.at(hash(10n), tries)?.port)).toEqual([91, 90, 95])
  })

  test('has as many places as the next prime', () => {
    const table = new MaglevTable(SIX, 6)
    expect(table.at(hash(7n), 0)).toBe(table.at(hash(0n), 0))
  })
})
