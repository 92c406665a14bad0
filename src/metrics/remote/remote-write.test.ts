import { describe, expect, test } from 'vitest'
import { snappyCompress } from '../../base/snappy.ts'
import type { FloatHistogram } from '../model/histogram.ts'
import { labelsOf } from '../model/labels.ts'
import type { Matcher, MatcherOp } from '../model/matcher.ts'
import { memoryTsdb } from '../tsdb/memory-tsdb.ts'
import { answerRead, encodeReadRequest, encodeReadResponse, readReadRequest, readReadResponse } from './read.ts'
import { receiveWrite } from './receive-write.ts'
import { encodeWriteV1, readWriteV1 } from './write-v1.ts'
import { encodeWriteV2, readWriteV2 } from './write-v2.ts'
import type { WrittenSeries } from './written-series.ts'

const HISTOGRAM: FloatHistogram = {
  counterResetHint: 'gauge',
  schema: -1,
  zeroThreshold: 0.001,
  zeroCount: 1,
  count: 7,
  sum: 2.5,
  positiveSpans: [{ offset: -2, length: 2 }],
  positiveBuckets: [4, 1],
  negativeSpans: [{ offset: 0, length: 1 }],
  negativeBuckets: [1],
  customValues: [],
}

const SERIES: readonly WrittenSeries[] = [
  {
    labels: labelsOf({ __name__: 'a', shop: 'x' }),
    samples: [
      { timestampMs: 1_000, value: 1.5, stale: false },
      { timestampMs: 2_000, value: Number.NaN, stale: false },
      { timestampMs: 3_000, value: Number.NaN, stale: true },
    ],
    histograms: [],
    exemplars: [{ labels: labelsOf({ trace_id: 't' }), value: 2, timestampMs: 1_000 }],
  },
  {
    labels: labelsOf({ __name__: 'b' }),
    samples: [],
    histograms: [
      { timestampMs: 1_000, histogram: HISTOGRAM, isInteger: true, stale: false },
      { timestampMs: 2_000, histogram: { ...HISTOGRAM, count: 7.5 }, isInteger: false, stale: false },
    ],
    exemplars: [],
  },
]
const METADATA = { type: 'gauge', help: 'Of a.', unit: 'bytes' } as const

test('version 1 is read as it was written', () => {
  expect(readWriteV1(encodeWriteV1(SERIES))).toEqual(SERIES)
})

test('version 2 is read as it was written, with metadata and start times', () => {
  const series = SERIES.map((each) => ({ ...each, metadata: METADATA }))
  const started = [
    { ...series[0]!, samples: [{ timestampMs: 9, value: 1, stale: false, startTimestampMs: 3 }] },
    series[1]!,
  ]
  expect(readWriteV2(encodeWriteV2(started))).toEqual(started)
})

describe('receiveWrite', () => {
  const V2 = 'application/x-protobuf;proto=io.prometheus.write.v2.Request'
  const everything = { matchers: [], minMs: 0, maxMs: Number.MAX_SAFE_INTEGER }

  function harness() {
    const storage = memoryTsdb()
    const receive = (contentType: string, body: Uint8Array) =>
      receiveWrite(
        { headers: { 'content-type': contentType, 'content-encoding': 'snappy' }, body: snappyCompress(body) },
        { storage, nowMs: 10_000 },
      )
    const names = async () => (await storage.select(everything)).map(({ labels }) => labels.metricName)
    return { storage, receive, names }
  }

  test('stores samples, ends and histograms', async () => {
    const { storage, receive, names } = harness()
    expect(await receive('application/x-protobuf', encodeWriteV1(SERIES))).toEqual({
      status: 204,
      headers: {},
      message: '',
    })
    expect(await names()).toEqual(['a', 'b'])
    const [a] = await storage.select(everything)
    expect([...(a?.samples().stale ?? [])].slice(0, 3)).toEqual([0, 0, 1])
  })

  test('of version 2 counts what it took', async () => {
    const { receive } = harness()
    expect(await receive(V2, encodeWriteV2(SERIES))).toMatchObject({
      status: 204,
      headers: {
        'X-Prometheus-Remote-Write-Samples-Written': '3',
        'X-Prometheus-Remote-Write-Histograms-Written': '2',
        'X-Prometheus-Remote-Write-Exemplars-Written': '1',
      },
    })
  })

  test('version 1 takes all or nothing, version 2 what it can', async () => {
    const late: WrittenSeries[] = [
      { ...SERIES[0]!, labels: labelsOf({ __name__: 'good' }) },
      { ...SERIES[0]!, samples: [{ timestampMs: 500, value: 1, stale: false }] },
    ]
    const first = harness()
    await first.receive(V2, encodeWriteV2(SERIES))
    expect(await first.receive('application/x-protobuf', encodeWriteV1(late))).toMatchObject({
      status: 400,
      message: 'out of order sample',
    })
    expect(await first.names()).toEqual(['a', 'b'])
    const answer = await first.receive(V2, encodeWriteV2(late))
    expect(answer).toMatchObject({ status: 400, message: 'out of order sample for series {__name__="a", shop="x"}' })
    expect(await first.names()).toEqual(['a', 'b', 'good'])
  })

  test.each([
    ['text/plain', new Uint8Array(), 415, 'expected application/x-protobuf as the first (media) part'],
    [
      'application/x-protobuf;proto=other',
      new Uint8Array(),
      415,
      'unknown type for remote write protobuf message other',
    ],
    ['application/x-protobuf', Uint8Array.of(0xff, 0xff), 400, 'unexpected EOF'],
  ])('refuses %s', async (contentType, body, status, message) => {
    const answer = await harness().receive(contentType, body)
    expect(answer.status).toBe(status)
    expect(answer.message).toContain(message)
  })

  test('refuses what is not packed as it should be', async () => {
    const request = { headers: { 'content-type': 'application/x-protobuf' }, body: Uint8Array.of(0xff) }
    expect(await receiveWrite(request, { storage: memoryTsdb(), nowMs: 0 })).toMatchObject({ status: 400 })
  })
})

describe('remote read', () => {
  const matcher = (name: string, op: MatcherOp, value: string): Matcher => ({
    name,
    op,
    value,
    matches: (given) => given === value,
  })

  test('questions and answers are read as they were written', () => {
    const queries = [{ minMs: 1, maxMs: 2, matchers: [{ op: '=~' as const, name: 'a', value: '.+' }] }]
    expect(readReadRequest(encodeReadRequest(queries))).toEqual({ queries, answer: 'samples' })
    expect(readReadResponse(encodeReadResponse([SERIES, []]))).toEqual([SERIES, []])
  })

  test('answers with external labels, which the storage is not asked for', async () => {
    const storage = memoryTsdb()
    const appender = storage.appender()
    appender.append(0, labelsOf({ __name__: 'a' }), { timestampMs: 5, value: 1 })
    await appender.commit()
    const matchers = [
      { op: '=' as const, name: '__name__', value: 'a' },
      { op: '=' as const, name: 'region', value: 'in' },
    ]
    const [series] = await answerRead([{ minMs: 0, maxMs: 9, matchers }], {
      storage,
      externalLabels: { region: 'in' },
      matcher,
    })
    expect(series).toEqual([
      {
        labels: labelsOf({ __name__: 'a', region: 'in' }),
        samples: [{ timestampMs: 5, value: 1, stale: false }],
        histograms: [],
        exemplars: [],
      },
    ])
  })
})
