import { describe, expect, test } from 'vitest'
import { FIXED64, ReverseWriter } from '../../api/protobuf/wire.ts'
import { OTLP_CONFIG } from '../config/other-sections.ts'
import { double, message, number, text } from '../protobuf/write-fields.ts'
import { memoryTsdb } from '../tsdb/memory-tsdb.ts'
import { labelName, metricName } from './otlp-names.ts'
import type { ExportRequest, OtlpMetric } from './otlp-model.ts'
import { readOtlp } from './read-otlp.ts'
import { receiveOtlp } from './receive-otlp.ts'
import type { OtlpConfig } from './resource-labels.ts'
import { translateOtlp } from './translate-otlp.ts'

const CONFIG = OTLP_CONFIG.absent
const TIME = { timeUnixNano: '2000000000', startTimeUnixNano: '1000000000' }

function request(...metrics: OtlpMetric[]): ExportRequest {
  const attributes = [
    { key: 'service.name', value: { stringValue: 'shop' } },
    { key: 'service.namespace', value: { stringValue: 'bazaar' } },
    { key: 'service.instance.id', value: { stringValue: 'i1' } },
    { key: 'host.name', value: { stringValue: 'h' } },
  ]
  return {
    resourceMetrics: [{ resource: { attributes }, scopeMetrics: [{ scope: { name: 's', version: '1' }, metrics }] }],
  }
}

/** Series as `name{labels}` with their values, without `target_info`. */
function told(metric: OtlpMetric, config: Partial<OtlpConfig> = {}) {
  const { series } = translateOtlp(request(metric), { ...CONFIG, ...config })
  return series
    .filter(({ labels }) => labels.metricName !== 'target_info')
    .map(({ labels, samples, histograms }) => {
      const { __name__: name, job, instance, ...rest } = labels.toObject()
      expect([job, instance]).toEqual(['bazaar/shop', 'i1'])
      return [name, rest, samples[0]?.value ?? histograms[0]?.histogram]
    })
}

describe('translateOtlp', () => {
  test('sums that only grow are counters', () => {
    const sum = {
      aggregationTemporality: 2,
      isMonotonic: true,
      dataPoints: [{ ...TIME, asInt: '5', attributes: [{ key: 'http.method', value: { stringValue: 'GET' } }] }],
    }
    expect(told({ name: 'http.requests', unit: '{request}', sum })).toEqual([
      ['http_requests_total', { http_method: 'GET' }, 5],
    ])
  })

  test('gauges keep their unit, and histograms have buckets', () => {
    expect(told({ name: 'mem', unit: 'By', gauge: { dataPoints: [{ ...TIME, asDouble: 1.5 }] } })).toEqual([
      ['mem_bytes', {}, 1.5],
    ])
    const histogram = {
      aggregationTemporality: 2,
      dataPoints: [{ ...TIME, count: '4', sum: 9, bucketCounts: ['1', '2', '1'], explicitBounds: [1, 5] }],
    }
    expect(told({ name: 'lat', unit: 's', histogram })).toEqual([
      ['lat_seconds_sum', {}, 9],
      ['lat_seconds_count', {}, 4],
      ['lat_seconds_bucket', { le: '1.0' }, 1],
      ['lat_seconds_bucket', { le: '5.0' }, 3],
      ['lat_seconds_bucket', { le: '+Inf' }, 4],
    ])
    expect(told({ name: 'lat', unit: 's', histogram }, { convert_histograms_to_nhcb: true })).toMatchObject([
      ['lat_seconds', {}, { schema: -53, customValues: [1, 5], positiveBuckets: [1, 2, 1], count: 4 }],
    ])
  })

  test('exponential histograms are native ones, as fine as there are', () => {
    const point = {
      ...TIME,
      count: '6',
      sum: 3,
      scale: 9,
      zeroCount: '1',
      positive: { offset: 2, bucketCounts: ['1', '2', '2'] },
    }
    const exponentialHistogram = { aggregationTemporality: 2, dataPoints: [point] }
    expect(told({ name: 'e', exponentialHistogram })).toMatchObject([
      ['e', {}, { schema: 8, zeroCount: 1, positiveSpans: [{ offset: 2, length: 2 }], positiveBuckets: [3, 2] }],
    ])
  })

  test('what tells differences is refused', () => {
    const sum = { aggregationTemporality: 1, isMonotonic: true, dataPoints: [{ ...TIME, asInt: 5 }] }
    expect(translateOtlp(request({ name: 'd', sum }), CONFIG)).toEqual({
      series: [],
      problems: ['invalid temporality and type combination for metric "d"'],
    })
  })

  test('what else a resource says is target_info; promoted attributes are labels', () => {
    const gauge = { dataPoints: [{ ...TIME, asInt: 1 }] }
    const config = { ...CONFIG, promote_resource_attributes: ['host.name'] }
    const { series } = translateOtlp(request({ name: 'g', gauge }), config)
    expect(series.map(({ labels }) => labels.toObject())).toEqual([
      { __name__: 'g', host_name: 'h', instance: 'i1', job: 'bazaar/shop' },
      { __name__: 'target_info', host_name: 'h', instance: 'i1', job: 'bazaar/shop' },
    ])
  })

  test('start times, types and ends are kept', () => {
    const sum = { aggregationTemporality: 2, isMonotonic: true, dataPoints: [{ ...TIME, asInt: 5, flags: 1 }] }
    const [series] = translateOtlp(request({ name: 'c', unit: 's', description: 'D.', sum }), CONFIG).series
    expect(series?.samples).toEqual([{ timestampMs: 2_000, startTimestampMs: 1_000, value: 5, stale: true }])
    expect(series?.metadata).toEqual({ type: 'counter', unit: 'seconds', help: 'D.' })
  })
})

test.each([
  ['system.cpu.time', 's', true, false, 'system_cpu_time_seconds_total'],
  ['requests.total', '1', true, false, 'requests_total'],
  ['usage', '1', false, true, 'usage_ratio'],
  ['speed', 'By/s', false, true, 'speed_bytes_per_second'],
  ['latency.seconds', 's', false, true, 'latency_seconds'],
  ['2xx', '', false, true, '_2xx'],
] as const)('metricName of %s in %s', (name, unit, isCounter, isGauge, expected) => {
  expect(metricName({ name, unit, isCounter, isGauge }, 'UnderscoreEscapingWithSuffixes')).toBe(expected)
})

test.each([
  ['http.method', 'http_method'],
  ['_private', 'key_private'],
  ['__reserved__', '__reserved__'],
  ['1st', 'key_1st'],
])('labelName of %s', (name, expected) => {
  const options = {
    strategy: 'UnderscoreEscapingWithSuffixes',
    sanitizesUnderscores: true,
    keepsUnderscores: true,
  } as const
  expect(labelName(name, options)).toBe(expected)
})

test('the protobuf form says the same as the JSON form', () => {
  const writer = new ReverseWriter()
  const fixed = (field: number, value: bigint): void => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(value)
    writer.raw(bytes)
    writer.tag(field, FIXED64)
  }
  message(writer, 1, () =>
    message(writer, 2, () =>
      message(writer, 2, () => {
        message(writer, 7, () => {
          number(writer, 3, 1)
          number(writer, 2, 2)
          message(writer, 1, () => {
            message(writer, 7, () => {
              message(writer, 2, () => text(writer, 1, 'v'))
              text(writer, 1, 'k')
            })
            double(writer, 4, 2.5)
            fixed(3, 2_000_000_000n)
          })
        })
        text(writer, 3, 's')
        text(writer, 1, 'm')
      }),
    ),
  )
  const dataPoints = [
    { timeUnixNano: 2_000_000_000, asDouble: 2.5, attributes: [{ key: 'k', value: { stringValue: 'v' } }] },
  ]
  const sum = { dataPoints, aggregationTemporality: 2, isMonotonic: true }
  expect(readOtlp(writer.finish())).toEqual({
    resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'm', unit: 's', sum }] }] }],
  })
})

describe('receiveOtlp', () => {
  const receive = (contentType: string, body: string) =>
    receiveOtlp(
      { headers: { 'content-type': contentType }, body: Buffer.from(body) },
      { storage: memoryTsdb(), nowMs: 10_000, config: CONFIG },
    )

  test('stores what JSON says', async () => {
    const body = JSON.stringify(request({ name: 'g', gauge: { dataPoints: [{ ...TIME, asInt: 1 }] } }))
    expect(await receive('application/json; charset=utf-8', body)).toEqual({ status: 200, headers: {}, message: '' })
  })

  test.each([
    ['text/plain', '', 415, 'unsupported content type: text/plain'],
    ['application/json', '{', 400, 'JSON'],
    ['application/json', '{"resourceMetrics": 5}', 400, 'resourceMetrics is no list'],
    [
      'application/json',
      '{"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": 5}]}]}]}',
      400,
      'name is no text',
    ],
    ['application/x-protobuf', 'abc', 400, 'unexpected EOF'],
  ])('refuses %s %s', async (contentType, body, status, text) => {
    const answer = await receive(contentType, body)
    expect(answer.status).toBe(status)
    expect(answer.message).toContain(text)
  })
})
