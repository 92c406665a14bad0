import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CUSTOM_BUCKETS_SCHEMA, type FloatHistogram } from '../../model/histogram.ts'
import { BitReader } from './bit-reader.ts'
import { BitWriter } from './bit-writer.ts'
import { appendFitting, judge } from './histogram-append.ts'
import { decodeHistograms, HistogramChunk, UNKNOWN_RESET } from './histogram-chunk.ts'
import { bucketCount, bucketIndices, readLayout, spansOf, unionSpans, writeLayout } from './histogram-layout.ts'
import { SampleColumns } from './sample-columns.ts'
import { readVarbitInt, readVarbitUint, writeVarbitInt, writeVarbitUint } from './varbit.ts'
import { READ_SLACK_BYTES } from './xor-decoder.ts'

const ALWAYS = { minMs: -Infinity, maxMs: Infinity }

const whole = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.integer(), fc.maxSafeInteger())
const indices = fc
  .uniqueArray(fc.integer({ min: -20, max: 40 }), { maxLength: 12 })
  .map((list) => list.sort((a, b) => a - b))
const layout = fc.record({
  schema: fc.constantFrom(-4, 0, 3, 8, CUSTOM_BUCKETS_SCHEMA),
  zeroThreshold: fc.constantFrom(0, 2 ** -128, 0.001, 2 ** -243, 1024, 2048, 1e-300),
  positiveSpans: indices.map(spansOf),
  negativeSpans: indices.map(spansOf),
  customValues: fc.constant([] as number[]),
})

/** Histograms of one layout, their counts any numbers. */
const histograms = layout.chain((shape) =>
  fc
    .array(
      fc.record({
        counts: fc.array(fc.nat(100_000), {
          minLength: bucketCount(shape.positiveSpans) + bucketCount(shape.negativeSpans),
          maxLength: bucketCount(shape.positiveSpans) + bucketCount(shape.negativeSpans),
        }),
        sum: fc.double(),
        zeroCount: fc.nat(),
        step: fc.integer({ min: 1, max: 100_000 }),
        isStale: fc.boolean(),
      }),
      { minLength: 1, maxLength: 20 },
    )
    .map((drawn) =>
      drawn.map(({ counts, sum, zeroCount, step, isStale }) => ({
        step,
        histogram: isStale
          ? undefined
          : ({
              ...shape,
              counterResetHint: 'unknown',
              zeroCount,
              count: counts.reduce((total, count) => total + count, zeroCount),
              sum,
              positiveBuckets: counts.slice(0, bucketCount(shape.positiveSpans)),
              negativeBuckets: counts.slice(bucketCount(shape.positiveSpans)),
            } satisfies FloatHistogram),
      })),
    ),
)

function decode(chunk: HistogramChunk): (FloatHistogram | 'stale')[] {
  const bytes = new Uint8Array(chunk.sizeBytes + READ_SLACK_BYTES)
  chunk.copyTo(bytes, 0)
  const columns = new SampleColumns()
  decodeHistograms({ bytes, offset: 0, isInteger: chunk.isInteger }, ALWAYS, columns)
  return Array.from({ length: columns.length }, (_, index) =>
    columns.stale?.[index] === 1 ? 'stale' : columns.histograms![index]!,
  )
}

describe('histogram chunks', () => {
  test.each([true, false])('give back what was put in, as integers: %s', (isInteger) => {
    fc.assert(
      fc.property(histograms, (drawn) => {
        // After a stale marker only more of them may follow in a chunk, and the first decides about the layout.
        const firstStale = drawn.findIndex(({ histogram }) => histogram === undefined)
        const samples = drawn.map((sample, index) =>
          firstStale >= 0 && index > firstStale ? { ...sample, histogram: undefined } : sample,
        )
        let time = samples[0]!.step
        const chunk = new HistogramChunk(samples[0]!.histogram, { timestampMs: time, isInteger, reset: UNKNOWN_RESET })
        for (const { histogram, step } of samples.slice(1)) chunk.append(histogram, (time += step))
        expect(decode(chunk)).toEqual(
          samples.map(({ histogram }, index) =>
            histogram === undefined
              ? 'stale'
              : { ...histogram, counterResetHint: index === 0 ? 'unknown' : 'not-reset' },
          ),
        )
      }),
    )
  })

  test('a chunk takes buckets that it lacked, and the older histograms have them empty', () => {
    const base: FloatHistogram = {
      counterResetHint: 'unknown',
      schema: 0,
      zeroThreshold: 0,
      zeroCount: 0,
      count: 3,
      sum: 1,
      positiveSpans: spansOf([1, 2]),
      negativeSpans: [],
      positiveBuckets: [1, 2],
      negativeBuckets: [],
      customValues: [],
    }
    const chunk = new HistogramChunk(base, { timestampMs: 1, isInteger: true, reset: UNKNOWN_RESET })
    const wider = { ...base, count: 10, positiveSpans: spansOf([0, 1, 2, 5]), positiveBuckets: [1, 1, 2, 6] }
    expect(judge(chunk, wider)).toEqual({ fits: true })
    const open = appendFitting(chunk, wider, 2)
    expect(decode(open).map((found) => (found === 'stale' ? found : found.positiveBuckets))).toEqual([
      [0, 1, 2, 0],
      [1, 1, 2, 6],
    ])
    expect(judge(open, base)).toEqual({ fits: false, reset: 0b10 })
  })
})

describe('the parts of histogram chunks', () => {
  test('layouts are read as they were written', () => {
    const bounds = fc.array(
      fc.oneof(
        fc.double({ noNaN: true }),
        fc.nat(40_000_000).map((n) => n / 1000),
      ),
      { maxLength: 6 },
    )
    fc.assert(
      fc.property(layout, bounds, (shape, customValues) => {
        const written = shape.schema === CUSTOM_BUCKETS_SCHEMA ? { ...shape, customValues } : shape
        const bytes = new Uint8Array(2000)
        writeLayout(new BitWriter(bytes), written)
        expect(readLayout(new BitReader(bytes, 0))).toEqual(written)
      }),
    )
  })

  test('whole numbers are read as they were written', () => {
    fc.assert(
      fc.property(fc.array(whole, { maxLength: 30 }), (numbers) => {
        const bytes = new Uint8Array(1000)
        const writer = new BitWriter(bytes)
        for (const number of numbers) {
          writeVarbitInt(writer, number)
          writeVarbitUint(writer, Math.abs(number))
        }
        const reader = new BitReader(bytes, 0)
        for (const number of numbers) {
          expect(readVarbitInt(reader)).toBe(number)
          expect(readVarbitUint(reader)).toBe(Math.abs(number))
        }
      }),
    )
  })

  test('spans name the buckets of both sides', () => {
    fc.assert(
      fc.property(indices, indices, (a, b) => {
        expect(bucketIndices(spansOf(a))).toEqual(a)
        const both = [...new Set([...a, ...b])].sort((x, y) => x - y)
        expect(bucketIndices(unionSpans(spansOf(a), spansOf(b)))).toEqual(both)
      }),
    )
  })
})
