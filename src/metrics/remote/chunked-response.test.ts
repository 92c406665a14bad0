import { describe, expect, test } from 'vitest'
import { ProtobufError } from '../../api/protobuf/wire.ts'
import type { FloatHistogram } from '../model/histogram.ts'
import { labelsOf } from '../model/labels.ts'
import { encodeChunkedResponse, readChunkedResponse } from './chunked-response.ts'
import type { WrittenSeries } from './written-series.ts'

const ALWAYS = { minMs: -Infinity, maxMs: Infinity }
const SAME = { range: ALWAYS, labelsOf: (labels: WrittenSeries['labels']) => labels }

const HISTOGRAM: FloatHistogram = {
  counterResetHint: 'unknown',
  schema: 0,
  zeroThreshold: 0.001,
  zeroCount: 1,
  count: 4,
  sum: 12.5,
  positiveSpans: [{ offset: 0, length: 2 }],
  negativeSpans: [],
  positiveBuckets: [1, 2],
  negativeBuckets: [],
  customValues: [],
}

function floats(stall: string, count: number): WrittenSeries {
  const samples = Array.from({ length: count }, (_, index) => ({
    timestampMs: index * 15_000,
    value: Math.sin(index) * 1_000,
    stale: false,
  }))
  return { labels: labelsOf({ __name__: 'orders', stall }), samples, histograms: [], exemplars: [] }
}

describe('an answer in chunks', () => {
  test('gives back every sample of every series, however many frames they take', () => {
    const sent = [floats('chaat', 200_000), floats('dosa', 3)]
    const body = encodeChunkedResponse([sent])
    const read = readChunkedResponse(body, SAME)
    expect(read.map(({ labels }) => labels.get('stall'))).toEqual(['chaat', 'dosa'])
    for (const [index, series] of read.entries()) {
      const { length, timestamps, values } = series.samples()
      const samples = sent[index]?.samples ?? []
      expect(length).toBe(samples.length)
      expect(samples.every((one, at) => one.timestampMs === timestamps[at] && one.value === values[at])).toBe(true)
    }
  })

  test('holds only what lies in the range', () => {
    const range = { minMs: 30_000, maxMs: 45_000 }
    const [series] = readChunkedResponse(encodeChunkedResponse([[floats('chaat', 9)]]), { ...SAME, range })
    const { length, timestamps } = series?.samples() ?? { length: 0, timestamps: new Float64Array() }
    expect(Array.from(timestamps.subarray(0, length))).toEqual([30_000, 45_000])
  })

  test('carries histograms, and the ends of series', () => {
    const sent: WrittenSeries = {
      labels: labelsOf({ __name__: 'wait' }),
      samples: [
        { timestampMs: 1_000, value: 7, stale: false },
        { timestampMs: 2_000, value: 0, stale: true },
      ],
      histograms: [{ timestampMs: 3_000, histogram: HISTOGRAM, isInteger: false, stale: false }],
      exemplars: [],
    }
    const [series] = readChunkedResponse(encodeChunkedResponse([[sent]]), SAME)
    const samples = series?.samples()
    expect(Array.from(samples?.timestamps.subarray(0, 3) ?? [])).toEqual([1_000, 2_000, 3_000])
    expect(samples?.stale?.[1]).toBe(1)
    expect(samples?.histograms?.[2]).toMatchObject({ count: 4, sum: 12.5, positiveBuckets: [1, 2] })
  })

  test('is refused when it is cut off or damaged', () => {
    const body = encodeChunkedResponse([[floats('chaat', 50)]])
    expect(() => readChunkedResponse(body.subarray(0, -1), SAME)).toThrow('the last frame is cut off')
    const damaged = Uint8Array.from(body, (byte, index) => (index === 40 ? byte ^ 1 : byte))
    expect(() => readChunkedResponse(damaged, SAME)).toThrow(ProtobufError)
  })
})
