import { type Arbitrary, array, assert, boolean, integer, oneof, property, record } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CUSTOM_BUCKETS_SCHEMA, type FloatHistogram } from '../histogram.ts'
import { addHistograms, coarserHistogram, divideHistogram, scaleHistogram, subtractHistograms } from './arithmetic.ts'
import { exponentialBound } from './bounds.ts'
import { compact } from './compact.ts'
import { sumPlus, sumResult, sumStart } from './compensated-sum.ts'
import { isCounterReset } from './counter-reset.ts'
import { equalHistograms } from './equal.ts'
import { pack, populated } from './layout.ts'
import { printHistogram } from './print.ts'
import { histogramFraction, histogramQuantile } from './quantile.ts'
import { trimHistogram } from './trim.ts'

/** A histogram of schema 0 whose buckets begin with (1, 2], unless they are said to lie elsewhere. */
function exponential(counts: readonly number[], changes: Partial<FloatHistogram> = {}): FloatHistogram {
  const indexes = counts.map((_, index) => index + 1)
  const { spans, buckets } = pack(populated({ indexes, counts }))
  return {
    counterResetHint: 'unknown',
    schema: 0,
    zeroThreshold: 0,
    zeroCount: 0,
    count: counts.reduce((total, count) => total + count, changes.zeroCount ?? 0),
    sum: 0,
    positiveSpans: spans,
    negativeSpans: [],
    positiveBuckets: buckets,
    negativeBuckets: [],
    customValues: [],
    ...changes,
  }
}

function custom(customValues: readonly number[], counts: readonly number[]): FloatHistogram {
  return {
    ...exponential([]),
    schema: CUSTOM_BUCKETS_SCHEMA,
    customValues,
    count: counts.reduce((total, count) => total + count, 0),
    positiveSpans: [{ offset: 0, length: counts.length }],
    positiveBuckets: counts,
  }
}

describe('adding and subtracting', () => {
  test('goes bucket by bucket', () => {
    const sum = addHistograms(exponential([1, 0, 2]), exponential([0, 5, 1]))
    expect(printHistogram(sum?.histogram ?? exponential([]))).toBe('{count:9, sum:0, (1,2]:1, (2,4]:5, (4,8]:3}')
  })

  test('is done in the coarser of two schemas', () => {
    const fine = { ...exponential([1, 2, 3, 4]), schema: 1 }
    const sum = addHistograms(fine, exponential([10, 10]))
    expect(sum?.histogram).toMatchObject({ schema: 0, count: 30, positiveBuckets: [13, 17] })
  })

  test('is done with the larger of two zero buckets, which takes whole buckets in', () => {
    const sum = addHistograms(
      exponential([1, 2], { zeroThreshold: 0.5, zeroCount: 1 }),
      exponential([5, 6], { zeroThreshold: 1.5, zeroCount: 1 }),
    )
    // The bucket that ends at 2 is populated: the zero bucket cannot end within it.
    expect(sum?.histogram).toMatchObject({ zeroThreshold: 2, zeroCount: 8, positiveBuckets: [8] })
  })

  test('of custom buckets keeps the bounds that both have', () => {
    const sum = addHistograms(custom([1, 5, 10], [1, 2, 3, 4]), custom([5, 20], [10, 20, 30]))
    expect(sum).toMatchObject({ boundsReconciled: true, histogram: { customValues: [5], positiveBuckets: [13, 57] } })
  })

  test('is impossible between exponential and custom buckets', () => {
    expect(addHistograms(exponential([1]), custom([1], [1, 1]))).toBeUndefined()
  })

  test('tells of a reset and no reset at once', () => {
    const [reset, going] = [
      exponential([1], { counterResetHint: 'reset' }),
      exponential([1], { counterResetHint: 'not-reset' }),
    ]
    expect(addHistograms(reset, going)).toMatchObject({
      resetsCollide: true,
      histogram: { counterResetHint: 'unknown' },
    })
  })

  /** Buckets from anywhere on, and a zero bucket that may reach up to them. */
  const shape = {
    counts: array(integer({ min: 0, max: 9 }), { maxLength: 8 }),
    first: integer({ min: -6, max: 3 }),
    zeroCount: integer({ min: 0, max: 5 }),
    hasWideZero: boolean(),
  }
  const histogramOf = (schema: number): Arbitrary<FloatHistogram> =>
    record(shape).map(({ counts, first, zeroCount, hasWideZero }) => {
      const indexes = counts.map((_, index) => first + index)
      const { spans, buckets } = pack(populated({ indexes, counts }))
      const zeroThreshold = hasWideZero ? exponentialBound(first - 1, schema) : 0
      return exponential(counts, { schema, zeroCount, zeroThreshold, positiveSpans: spans, positiveBuckets: buckets })
    })

  test('no observation is lost', () => {
    assert(
      property(histogramOf(1), histogramOf(1), (a, b) => {
        const sum = addHistograms(a, b)?.histogram ?? exponential([])
        expect(sum.positiveBuckets.reduce((total, count) => total + count, sum.zeroCount)).toBe(a.count + b.count)
        expect(sum.count).toBe(a.count + b.count)
        const back = subtractHistograms(sum, b)?.histogram ?? exponential([])
        expect(back.positiveBuckets.reduce((total, count) => total + count, back.zeroCount)).toBe(a.count)
      }),
    )
  })

  test('a compensated sum is the sum', () => {
    const any = oneof(histogramOf(-1), histogramOf(0), histogramOf(3))
    assert(
      property(any, array(any, { maxLength: 5 }), (first, others) => {
        let plain = first
        let total = sumStart(first)
        for (const one of others) {
          plain = addHistograms(plain, one)?.histogram ?? plain
          total = sumPlus(total, one)?.total ?? total
        }
        expect(equalHistograms(compact(sumResult(total)), compact(plain))).toBe(true)
      }),
    )
  })

  test('multiplying by less than nothing makes a gauge; dividing by nothing leaves no buckets', () => {
    expect(scaleHistogram(exponential([1, 2]), -2)).toMatchObject({
      counterResetHint: 'gauge',
      positiveBuckets: [-2, -4],
    })
    expect(divideHistogram(exponential([1, 2]), 0)).toMatchObject({ count: Infinity, positiveBuckets: [] })
  })

  test('a coarser schema merges neighbours', () => {
    expect(coarserHistogram(exponential([1, 2, 3]), -1)).toMatchObject({ schema: -1, positiveBuckets: [3, 3] })
  })
})

describe('a counter began anew', () => {
  test.each([
    ['a bucket shrank', exponential([5, 1]), exponential([4, 3]), true],
    ['a bucket went away', exponential([1, 1]), exponential([0, 9]), true],
    ['everything grew', exponential([1, 1]), exponential([1, 2, 1]), false],
    ['the schema got finer', exponential([1]), { ...exponential([1, 1]), schema: 1 }, true],
    ['the producer says so', exponential([1]), exponential([2], { counterResetHint: 'reset' }), true],
    ['the producer says it did not', exponential([5]), exponential([2], { counterResetHint: 'not-reset' }), false],
    ['a custom bucket shrank that both have', custom([1, 2], [5, 5, 5]), custom([2], [9, 9]), true],
    ['custom bounds went away', custom([1, 2], [5, 5, 5]), custom([2], [10, 9]), false],
  ])('%s', (_, before, after, expected) => {
    expect(isCounterReset(after, before)).toBe(expected)
  })
})

describe('quantiles and shares', () => {
  test.each([
    [0, 1],
    [0.5, 2],
    [0.75, 2 * Math.SQRT2],
    [1, 4],
    [-1, -Infinity],
    [2, Infinity],
  ])('quantile %d is %d', (q, expected) => {
    expect(histogramQuantile(q, exponential([2, 2])).value).toBeCloseTo(expected, 12)
  })

  test('the share below a quantile is that quantile', () => {
    const histogram = exponential([3, 1, 4, 1, 5], { zeroThreshold: 0.5, zeroCount: 2 })
    for (const q of [0.1, 0.3, 0.5, 0.9]) {
      const { value } = histogramQuantile(q, histogram)
      expect(histogramFraction(-Infinity, value, histogram).value).toBeCloseTo(q, 12)
    }
  })

  test('observations of NaN lie above all buckets', () => {
    const histogram = exponential([2, 2], { count: 8, sum: Number.NaN })
    expect(histogramQuantile(0.25, histogram)).toEqual({ value: 2, nan: 'skew' })
    expect(histogramQuantile(0.9, histogram)).toEqual({ value: Number.NaN, nan: 'result' })
  })
})

describe('trimming', () => {
  test('shares out the bucket it falls into', () => {
    expect(trimHistogram(exponential([4, 4]), 2 * Math.SQRT2, 'below').positiveBuckets).toEqual([4, 2])
    expect(trimHistogram(custom([10, 20], [4, 4, 4]), 15, 'above')).toMatchObject({ count: 6, positiveBuckets: [2, 4] })
  })

  test('beyond all buckets changes nothing', () => {
    const histogram = exponential([1, 2])
    expect(trimHistogram(histogram, 100, 'below')).toBe(histogram)
  })
})
