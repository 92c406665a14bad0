import { describe, expect, test } from 'vitest'
import { instant, storageOf } from '../../../../test/support/promql.ts'

const MINUTE_MS = 60_000
const EXPERIMENTAL = { features: { experimentalFunctions: true } }

describe('functions over a range', () => {
  test.each([
    ['sum_over_time', 18],
    ['avg_over_time', 4.5],
    ['min_over_time', 1],
    ['max_over_time', 9],
    ['count_over_time', 4],
    ['last_over_time', 5],
    ['first_over_time', 3],
    ['stdvar_over_time', 8.75],
    ['changes', 3],
    ['resets', 2],
    ['mad_over_time', 2],
    ['ts_of_max_over_time', 120],
    ['ts_of_last_over_time', 180],
  ])('%s', async (name, expected) => {
    const storage = await storageOf(MINUTE_MS, ['x 3 1 9 5'])
    const [value] = Object.values(await instant(storage, `${name}(x[10m])`, 3 * MINUTE_MS, EXPERIMENTAL))
    expect(value).toBeCloseTo(expected, 12)
  })

  test('do not see the sample at the start of the range', async () => {
    const storage = await storageOf(MINUTE_MS, ['x 1 2 4'])
    expect(await instant(storage, 'sum_over_time(x[2m])', 2 * MINUTE_MS)).toEqual({ '{}': 6 })
  })

  test('add up without losing small numbers beside large ones', async () => {
    const storage = await storageOf(MINUTE_MS, ['x 1e100 1 -1e100'])
    expect(await instant(storage, 'sum_over_time(x[5m])', 2 * MINUTE_MS)).toEqual({ '{}': 1 })
  })

  test('have a mean where the sum is too large for a number', async () => {
    const storage = await storageOf(MINUTE_MS, ['x 1.7e308 1.7e308 1.7e308'])
    const [mean] = Object.values(await instant(storage, 'avg_over_time(x[5m])', 2 * MINUTE_MS))
    expect(mean).toBeCloseTo(1.7e308, -300)
  })

  test('take NaN for the largest only where there is nothing else', async () => {
    const storage = await storageOf(MINUTE_MS, ['a NaN 1 NaN', 'b NaN NaN NaN'])
    expect(await instant(storage, 'max_over_time(a[5m])', 2 * MINUTE_MS)).toEqual({ '{}': 1 })
    expect(await instant(storage, 'max_over_time(b[5m])', 2 * MINUTE_MS)).toEqual({ '{}': Number.NaN })
  })

  test('say 1 where no series has a sample, with the labels that it would have', async () => {
    const storage = await storageOf(MINUTE_MS, ['up{job="api"} 1'])
    expect(await instant(storage, 'absent_over_time(up{job="web",instance=~"a.*"}[5m])', 0)).toEqual({
      '{job="web"}': 1,
    })
    expect(await instant(storage, 'absent_over_time(up{job="api"}[5m])', 0)).toEqual({})
  })

  test('predict from the line through the samples', async () => {
    const storage = await storageOf(MINUTE_MS, ['disk_free 100-10x5'])
    const [rest] = Object.values(await instant(storage, 'predict_linear(disk_free[10m], 300)', 5 * MINUTE_MS))
    expect(rest).toBeCloseTo(0, 9)
  })
})

describe('quantile_over_time', () => {
  test('lies between two samples in proportion, NaN before all others', async () => {
    const storage = await storageOf(MINUTE_MS, ['x 4 1 NaN 2 3'])
    expect(await instant(storage, 'quantile_over_time(0.625, x[10m])', 4 * MINUTE_MS)).toEqual({ '{}': 2.5 })
    expect(await instant(storage, 'quantile_over_time(0, x[10m])', 4 * MINUTE_MS)).toEqual({ '{}': Number.NaN })
    expect(await instant(storage, 'quantile_over_time(2, x[10m])', 4 * MINUTE_MS)).toEqual({ '{}': Infinity })
  })
})
