import { describe, expect, test } from 'vitest'
import { labelsOf } from '../model/labels.ts'
import type { FloatHistogram } from '../model/histogram.ts'
import { escapeName } from './escape-names.ts'
import type { ExposedFamily } from './exposed-family.ts'
import type { ExpositionOptions, ExpositionParser } from './exposition-parser.ts'
import { federationFamilies } from './federation.ts'
import { writeExposition } from './negotiate.ts'
import { openExposition } from './open-exposition.ts'
import { TextParser } from './text-parser.ts'
import { writeOpenMetrics } from './write-openmetrics.ts'
import { writeProtobuf } from './write-protobuf.ts'
import { writeText } from './write-text.ts'

const PROTOBUF = 'application/vnd.google.protobuf'
const NATIVE: FloatHistogram = {
  counterResetHint: 'unknown',
  schema: 3,
  zeroThreshold: 0.001,
  zeroCount: 2,
  count: 9,
  sum: 12.5,
  positiveSpans: [
    { offset: -1, length: 2 },
    { offset: 3, length: 1 },
  ],
  positiveBuckets: [1, 2, 3],
  negativeSpans: [{ offset: 0, length: 1 }],
  negativeBuckets: [1],
  customValues: [],
}

const FAMILIES: readonly ExposedFamily[] = [
  {
    name: 'orders_total',
    help: 'Orders, "paid"\nor not.',
    type: 'counter',
    metrics: [
      {
        labels: [['shop', 'a"b\\c\nd']],
        value: {
          kind: 'number',
          value: 1e6,
          exemplar: { labels: labelsOf({ trace_id: 'x' }), value: 0.5, timestampMs: 1_500 },
        },
        startTimestampMs: 1_000,
      },
    ],
  },
  {
    name: 'latency_seconds',
    help: '',
    type: 'histogram',
    unit: 'seconds',
    metrics: [
      {
        labels: [],
        value: { kind: 'buckets', count: 3, sum: 1.5, buckets: [{ upperBound: 1, count: 2 }] },
        timestampMs: 1_500,
      },
    ],
  },
  {
    name: 'size',
    help: '',
    type: 'summary',
    metrics: [{ labels: [], value: { kind: 'summary', count: 2, sum: 3, quantiles: [{ quantile: 0.5, value: 1 }] } }],
  },
]

/** Every series as `labels value @time`, in the order of the page. */
function seriesOf(parser: ExpositionParser): string[] {
  const found: string[] = []
  for (let kind = parser.next(); kind !== undefined; kind = parser.next()) {
    if (kind !== 'series') continue
    const labels = JSON.stringify(parser.labels().toObject())
    found.push(`${labels} ${parser.value}${parser.timestampMs === undefined ? '' : ` @${parser.timestampMs}`}`)
  }
  return found
}

function open(body: string | Uint8Array, contentType: string, options: ExpositionOptions = {}): ExpositionParser {
  return openExposition(typeof body === 'string' ? Buffer.from(body) : body, { contentType, ...options })
}

describe('pages', () => {
  test('in the text format', () => {
    expect(writeText(FAMILIES)).toBe(`# HELP orders_total Orders, "paid"\\nor not.
# TYPE orders_total counter
orders_total{shop="a\\"b\\\\c\\nd"} 1e+06
# TYPE latency_seconds histogram
latency_seconds_bucket{le="1"} 2 1500
latency_seconds_bucket{le="+Inf"} 3 1500
latency_seconds_sum 1.5 1500
latency_seconds_count 3 1500
# TYPE size summary
size{quantile="0.5"} 1
size_sum 3
size_count 2
`)
  })

  test('in OpenMetrics', () => {
    expect(writeOpenMetrics(FAMILIES)).toBe(`# HELP orders Orders, \\"paid\\"\\nor not.
# TYPE orders counter
orders_total{shop="a\\"b\\\\c\\nd"} 1e+06 # {trace_id="x"} 0.5 1.5
orders_created{shop="a\\"b\\\\c\\nd"} 1.0
# TYPE latency_seconds histogram
# UNIT latency_seconds seconds
latency_seconds_bucket{le="1.0"} 2.0 1.5
latency_seconds_bucket{le="+Inf"} 3.0 1.5
latency_seconds_sum 1.5 1.5
latency_seconds_count 3.0 1.5
# TYPE size summary
size{quantile="0.5"} 1.0
size_sum 3.0
size_count 2.0
# EOF
`)
  })

  test('say the same in all three formats', () => {
    const sorted = (parser: ExpositionParser): string[] => seriesOf(parser).sort()
    const text = sorted(open(writeText(FAMILIES), 'text/plain'))
    expect(sorted(open(writeProtobuf(FAMILIES), PROTOBUF))).toEqual(text)
    expect(
      sorted(open(writeOpenMetrics(FAMILIES), 'application/openmetrics-text', { skipCreatedSeries: true })),
    ).toEqual(text)
    expect(text).toHaveLength(8)
  })

  test('keep exemplars and start times in protobuf and OpenMetrics', () => {
    for (const parser of [
      open(writeProtobuf(FAMILIES), PROTOBUF),
      open(writeOpenMetrics(FAMILIES), 'application/openmetrics-text', { skipCreatedSeries: true }),
    ]) {
      while (parser.next() !== 'series');
      expect(parser.exemplars()).toEqual([{ labels: labelsOf({ trace_id: 'x' }), value: 0.5, timestampMs: 1_500 }])
      expect(parser.startTimestampMs()).toBe(1_000)
    }
  })

  test('with names beyond letters and digits', () => {
    const families: ExposedFamily[] = [
      {
        name: 'a.b',
        help: 'x',
        type: 'gauge',
        metrics: [{ labels: [['c/d', '1']], value: { kind: 'number', value: 2 } }],
      },
    ]
    expect(writeText(families)).toBe('# HELP "a.b" x\n# TYPE "a.b" gauge\n{"a.b","c/d"="1"} 2\n')
    expect(writeText(families, 'underscores')).toBe('# HELP a_b x\n# TYPE a_b gauge\na_b{c_d="1"} 2\n')
    expect(seriesOf(open(writeText(families), 'text/plain'))).toEqual(['{"__name__":"a.b","c/d":"1"} 2'])
  })
})

describe('native histograms', () => {
  const families: ExposedFamily[] = [
    {
      name: 'latency',
      help: '',
      type: 'histogram',
      metrics: [{ labels: [], value: { kind: 'native', histogram: NATIVE } }],
    },
  ]

  test('survive protobuf', () => {
    const parser = open(writeProtobuf(families), PROTOBUF)
    while (parser.next() !== 'histogram');
    expect(parser.histogram).toEqual({ histogram: NATIVE, isInteger: false })
  })

  test('are left out of text', () => {
    expect(writeText(families)).toBe('')
  })

  test('whose spans and buckets do not agree are refused', () => {
    const broken = { ...NATIVE, positiveBuckets: [1] }
    const body = writeProtobuf([
      { ...families[0]!, metrics: [{ labels: [], value: { kind: 'native', histogram: broken } }] },
    ])
    expect(() => seriesOf(open(body, PROTOBUF))).toThrow(
      'histogram "latency": positive side: spans require 3 buckets, have 1',
    )
  })
})

describe('classic histograms as native ones', () => {
  const page =
    '# TYPE l histogram\nl_bucket{le="1"} 2\nl_bucket{le="5"} 3\nl_bucket{le="+Inf"} 4\nl_sum 9\nl_count 4\n# TYPE g gauge\ng 1\n'

  test.each([
    ['text/plain', page],
    [
      PROTOBUF,
      writeProtobuf([
        {
          name: 'l',
          help: '',
          type: 'histogram',
          metrics: [
            {
              labels: [],
              value: {
                kind: 'buckets',
                count: 4,
                sum: 9,
                buckets: [
                  { upperBound: 1, count: 2 },
                  { upperBound: 5, count: 3 },
                ],
              },
            },
          ],
        },
      ]),
    ],
  ])('of %s', (contentType, body) => {
    const parser = open(body, contentType, { convertClassicHistograms: true })
    let kind = parser.next()
    while (kind !== 'histogram' && kind !== 'series') kind = parser.next()
    expect(kind).toBe('histogram')
    expect(parser.labels().toObject()).toEqual({ __name__: 'l' })
    expect(parser.histogram).toMatchObject({
      isInteger: true,
      histogram: { schema: -53, count: 4, sum: 9, customValues: [1, 5], positiveBuckets: [2, 1, 1] },
    })
  })

  test('one that contradicts itself is left out, and what follows is not', () => {
    const parser = open(page.replace('le="5"} 3', 'le="5"} 1'), 'text/plain', { convertClassicHistograms: true })
    expect(seriesOf(parser)).toEqual(['{"__name__":"g"} 1'])
  })
})

describe('lines that are known', () => {
  test.each([
    ['a 1\n', 'a', 1],
    ['a{b="c"} 12.5\n', 'a{b="c"}', 12.5],
    ['a -0.25\n', 'a', -0.25],
    ['a 1e3\n', 'a', 1000],
    ['a +Inf\n', 'a', Number.POSITIVE_INFINITY],
    ['a 12345678901234567890\n', 'a', Number('12345678901234567890')],
    ['a 0.1234567890123456789\n', 'a', Number('0.1234567890123456789')],
  ])('%j is read at once', (page, series, value) => {
    const parser = new TextParser(Buffer.from(page))
    expect(parser.nextKnownSeries(series)).toBe(true)
    expect(parser.value).toBe(value)
    expect(parser.next()).toBeUndefined()
  })

  test.each([
    ['a 1 1000\n', 'a'],
    ['a 1e999\n', 'a'],
    ['a one\n', 'a'],
    ['ab 1\n', 'a'],
    ['a{b="c"} 1\n', 'a'],
    ['a 0x1\n', 'a'],
    ['a 1.\n', 'b'],
  ])('%j is left to be taken apart', (page, series) => {
    expect(new TextParser(Buffer.from(page)).nextKnownSeries(series)).toBe(false)
  })
})

describe('writeExposition', () => {
  test.each([
    [undefined, 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores'],
    ['*/*', 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores'],
    [
      'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.3',
      'application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8',
    ],
    [
      'text/plain;q=0.5,application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited',
      'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited; escaping=underscores',
    ],
  ])('Accept: %s is answered in %s', (accept, contentType) => {
    expect(writeExposition(FAMILIES, accept).contentType).toBe(contentType)
  })
})

test.each([
  ['underscores', 'no_dots_here'],
  ['dots', 'no_dot_dots__here'],
  ['values', 'U__no_2e_dots__here'],
] as const)('escapeName by %s', (scheme, expected) => {
  expect(escapeName('no.dots_here', scheme)).toBe(expected)
})

test('federation: times, no types, external labels, and an instance', () => {
  const families = federationFamilies(
    [
      { labels: labelsOf({ __name__: 'b', instance: 'x:1' }), timestampMs: 2_000, value: 2 },
      { labels: labelsOf({ __name__: 'a', zone: 'own' }), timestampMs: 1_000, value: 1 },
    ],
    { zone: 'z', region: 'in' },
  )
  expect(writeText(families)).toBe(`# TYPE a untyped
a{zone="own",instance="",region="in"} 1 1000
# TYPE b untyped
b{instance="x:1",region="in",zone="z"} 2 2000
`)
})
