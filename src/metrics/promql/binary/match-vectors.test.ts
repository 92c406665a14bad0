import { describe, expect, test } from 'vitest'
import { instant, range, storageOf } from '../../../../test/support/promql.ts'

const MINUTE_MS = 60_000

const memory = ['used{pod="a"} 10', 'used{pod="b"} 30', 'limit{pod="a"} 40', 'limit{pod="c"} 50']
const joined = [
  'cpu{pod="a",core="0"} 1',
  'cpu{pod="a",core="1"} 2',
  'pod_info{pod="a",node="n1"} 1',
  'pod_info{pod="b",node="n2"} 1',
]

describe('operators between vectors', () => {
  test('pair the series whose labels agree, but for their names', async () => {
    const storage = await storageOf(MINUTE_MS, memory)
    expect(await instant(storage, 'used / limit', 0)).toEqual({ '{pod="a"}': 0.25 })
  })

  test('take labels of the one side over to the many', async () => {
    const storage = await storageOf(MINUTE_MS, joined)
    const expected = { '{core="0",node="n1",pod="a"}': 1, '{core="1",node="n1",pod="a"}': 2 }
    expect(await instant(storage, 'cpu * on (pod) group_left (node) pod_info', 0)).toEqual(expected)
    expect(await instant(storage, 'pod_info * on (pod) group_right (node) cpu', 0)).toEqual(expected)
  })

  test('filter by comparing, and answer 0 or 1 with bool', async () => {
    const storage = await storageOf(MINUTE_MS, memory)
    expect(await instant(storage, 'used > on (pod) limit / 5', 0)).toEqual({ '{pod="a"}': 10 })
    expect(await instant(storage, 'used > bool 20', 0)).toEqual({ '{pod="a"}': 0, '{pod="b"}': 1 })
    expect(await instant(storage, '20 < used', 0)).toEqual({ 'used{pod="b"}': 30 })
  })

  test('fill in a number for what has no match', async () => {
    const storage = await storageOf(MINUTE_MS, memory)
    const features = { fillModifiers: true }
    expect(await instant(storage, 'used + fill (0) limit', 0, { features })).toEqual({
      '{pod="a"}': 50,
      '{pod="b"}': 30,
      '{pod="c"}': 50,
    })
  })

  test('fail when one side has several series for a match', async () => {
    const storage = await storageOf(MINUTE_MS, joined)
    await expect(instant(storage, 'pod_info * on (pod) cpu', 0)).rejects.toThrow(
      'found duplicate series for the match group {pod="a"} on the right hand-side of the operation: ' +
        '[{__name__="cpu", core="0", pod="a"}, {__name__="cpu", core="1", pod="a"}];many-to-many matching not allowed',
    )
    await expect(instant(storage, 'cpu * on (pod) pod_info', 0)).rejects.toThrow(
      'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)',
    )
    await expect(instant(storage, 'cpu * on (pod) group_left (core) (pod_info)', 0)).rejects.toThrow(
      'multiple matches for labels: grouping labels must ensure unique matches',
    )
  })

  test('may pair one series with another at every step', async () => {
    // The pod moves from one node to another: two series, never at once.
    const storage = await storageOf(MINUTE_MS, [
      'cpu{pod="a"} 1 2',
      'info{pod="a",node="n1"} 1 stale',
      'info{pod="a",node="n2"} _ 1',
    ])
    const times = { startMs: 0, endMs: MINUTE_MS, stepMs: MINUTE_MS }
    expect(await range(storage, 'cpu * on (pod) group_left (node) info', times)).toEqual({
      '{node="n1",pod="a"}': { 0: 1 },
      '{node="n2",pod="a"}': { 60000: 2 },
    })
  })
})

describe('sets of series', () => {
  test('and, unless, or', async () => {
    const storage = await storageOf(MINUTE_MS, memory)
    expect(await instant(storage, 'used and limit', 0)).toEqual({ 'used{pod="a"}': 10 })
    expect(await instant(storage, 'used unless limit', 0)).toEqual({ 'used{pod="b"}': 30 })
    expect(await instant(storage, 'used or limit', 0)).toEqual({
      'used{pod="a"}': 10,
      'used{pod="b"}': 30,
      'limit{pod="c"}': 50,
    })
  })
})
