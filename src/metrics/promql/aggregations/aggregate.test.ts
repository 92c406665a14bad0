import { describe, expect, test } from 'vitest'
import { instant, range, storageOf } from '../../../../test/support/promql.ts'
import { Labels } from '../../model/labels.ts'
import { labelsHash } from './labels-hash.ts'

const MINUTE_MS = 60_000
const load = [
  'load{zone="a",host="1"} 1',
  'load{zone="a",host="2"} 3',
  'load{zone="b",host="3"} 8',
  'load{zone="b",host="4"} NaN',
]

describe('one element of each group', () => {
  test.each([
    ['sum by (zone) (load)', { '{zone="a"}': 4, '{zone="b"}': Number.NaN }],
    ['avg without (host) (load)', { '{zone="a"}': 2, '{zone="b"}': Number.NaN }],
    ['max by (zone) (load)', { '{zone="a"}': 3, '{zone="b"}': 8 }],
    ['min by (zone) (load)', { '{zone="a"}': 1, '{zone="b"}': 8 }],
    ['count(load)', { '{}': 4 }],
    ['group by (zone) (load)', { '{zone="a"}': 1, '{zone="b"}': 1 }],
    ['stddev by (zone) (load{zone="a"})', { '{zone="a"}': 1 }],
    ['quantile by (zone) (0.5, load{zone="a"})', { '{zone="a"}': 2 }],
    ['count_values("v", load{zone="a"} > bool 2)', { '{v="0"}': 1, '{v="1"}': 1 }],
  ])('%s', async (query, expected) => {
    const storage = await storageOf(MINUTE_MS, load)
    expect(await instant(storage, query, 0)).toEqual(expected)
  })

  test('sums do not lose small numbers beside large ones', async () => {
    const storage = await storageOf(MINUTE_MS, ['x{n="1"} 1e100', 'x{n="2"} 1', 'x{n="3"} -1e100'])
    expect(await instant(storage, 'sum(x)', 0)).toEqual({ '{}': 1 })
  })
})

describe('a few elements of each group', () => {
  test('topk and bottomk have the best first, NaN last', async () => {
    const storage = await storageOf(MINUTE_MS, load)
    expect(Object.values(await instant(storage, 'topk(3, load)', 0))).toEqual([8, 3, 1])
    expect(Object.values(await instant(storage, 'bottomk(4, load)', 0))).toEqual([1, 3, 8, Number.NaN])
    expect(Object.keys(await instant(storage, 'topk by (zone) (1, load)', 0))).toEqual([
      'load{host="2",zone="a"}',
      'load{host="3",zone="b"}',
    ])
  })

  test('topk is decided at every step', async () => {
    const storage = await storageOf(MINUTE_MS, ['x{n="1"} 1 5', 'x{n="2"} 2 4'])
    const times = { startMs: 0, endMs: MINUTE_MS, stepMs: MINUTE_MS }
    expect(await range(storage, 'topk(1, x)', times)).toEqual({ 'x{n="1"}': { 60000: 5 }, 'x{n="2"}': { 0: 2 } })
  })

  test('limit_ratio and its complement share the series between them', async () => {
    const lines = Array.from({ length: 60 }, (_, index) => `x{n="${index}"} ${index}`)
    const storage = await storageOf(MINUTE_MS, lines)
    const features = { experimentalFunctions: true }
    const some = Object.keys(await instant(storage, 'limit_ratio(0.4, x)', 0, { features }))
    const others = Object.keys(await instant(storage, 'limit_ratio(-0.6, x)', 0, { features }))
    expect(some.length).toBeGreaterThan(10)
    expect(new Set([...some, ...others]).size).toBe(60)
    expect(some.length + others.length).toBe(60)
  })

  test('the hash of labels is xxHash64', () => {
    expect(labelsHash(Labels.empty)).toBe(0xef46db3751d8e999n)
  })
})
