import { describe, expect, test } from 'vitest'
import { engineWith, instant, storageOf } from '../../../../test/support/promql.ts'

const MINUTE_MS = 60_000

const classic = ['latency_bucket{le="0.1"} 10', 'latency_bucket{le="0.5"} 30', 'latency_bucket{le="+Inf"} 40']
const native = ['latency {{schema:0 sum:20 count:12 z_bucket:2 z_bucket_w:0.001 buckets:[4 6]}}']

describe('histogram_quantile', () => {
  test('lies between the bounds of a bucket in proportion', async () => {
    const storage = await storageOf(MINUTE_MS, classic)
    const [median] = Object.values(await instant(storage, 'histogram_quantile(0.5, latency_bucket)', 0))
    expect(median).toBeCloseTo(0.3, 12)
    expect(await instant(storage, 'histogram_quantile(0.99, latency_bucket)', 0)).toEqual({ '{}': 0.5 })
  })

  test('is nothing without a bucket that has no end', async () => {
    const storage = await storageOf(MINUTE_MS, classic.slice(0, 2))
    expect(await instant(storage, 'histogram_quantile(0.5, latency_bucket)', 0)).toEqual({ '{}': Number.NaN })
  })

  test('says where counts fell from one bucket to the next', async () => {
    const storage = await storageOf(MINUTE_MS, ['x_bucket{le="1"} 10', 'x_bucket{le="2"} 8', 'x_bucket{le="+Inf"} 20'])
    const { infos } = await engineWith().instant(storage, 'histogram_quantile(0.5, x_bucket)', 0)
    expect(infos).toEqual([
      'PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)' +
        ', from buckets 2 to 2, with a max diff of 2, over 1 samples from 1970-01-01T00:00:00Z to 1970-01-01T00:00:00Z (1:25)',
    ])
  })

  test('lies on a logarithmic scale in the buckets of native histograms', async () => {
    const storage = await storageOf(MINUTE_MS, native)
    const [value] = Object.values(await instant(storage, 'histogram_quantile(0.75, latency)', 0))
    expect(value).toBeCloseTo(Math.SQRT2, 12)
  })
})

describe('native histograms', () => {
  test('have a count, a sum, a mean, and a share between two values', async () => {
    const storage = await storageOf(MINUTE_MS, native)
    expect(await instant(storage, 'histogram_count(latency)', 0)).toEqual({ '{}': 12 })
    expect(await instant(storage, 'histogram_avg(latency)', 0)).toEqual({ '{}': 20 / 12 })
    expect(await instant(storage, 'histogram_fraction(1, 2, latency)', 0)).toEqual({ '{}': 0.5 })
  })

  test('are added up bucket by bucket', async () => {
    const storage = await storageOf(MINUTE_MS, [...native, 'other {{schema:0 sum:1 count:4 buckets:[0 3 1]}}'])
    const { value } = await engineWith().instant(storage, 'sum({__name__=~"latency|other"})', 0)
    if (value.type !== 'vector') throw new Error('no vector')
    expect(value.samples[0]?.histogram).toMatchObject({ count: 16, sum: 21, positiveBuckets: [4, 9, 1] })
  })

  test('and numbers have no sum, which is said', async () => {
    const storage = await storageOf(MINUTE_MS, [...native, 'other 1'])
    const { value, warnings } = await engineWith().instant(storage, 'sum({__name__=~"latency|other"})', 0)
    expect(value).toMatchObject({ samples: [] })
    expect(warnings).toEqual(['PromQL warning: encountered a mix of histograms and floats for aggregation (1:5)'])
  })

  test('that grow have a rate', async () => {
    const storage = await storageOf(MINUTE_MS, ['h {{count:0}}+{{schema:0 sum:60 count:120 buckets:[60 60]}}x10'])
    const { value } = await engineWith().instant(storage, 'rate(h[5m])', 10 * MINUTE_MS)
    if (value.type !== 'vector') throw new Error('no vector')
    expect(value.samples[0]?.histogram).toMatchObject({ count: 2, sum: 1, positiveBuckets: [1, 1] })
  })
})
