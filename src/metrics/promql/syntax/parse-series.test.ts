import { describe, expect, test } from 'vitest'
import type { FloatHistogram } from '../../model/histogram.ts'
import { ParseError } from './parse-error.ts'
import { parseMetric } from './parse-metric.ts'
import { parseSeriesDescription } from './parse-series.ts'
import { printHistogramNotation } from './print-histogram.ts'

/** Values as one would say them: numbers, `_`, `stale`, and histograms in their notation. */
function valuesOf(text: string): readonly (number | string)[] {
  return parseSeriesDescription(text).values.map((value) => {
    switch (value.type) {
      case 'float':
        return value.value
      case 'histogram':
        return printHistogramNotation(value.histogram)
      case 'omitted':
        return '_'
      case 'stale':
        return 'stale'
    }
  })
}

describe('values of a series', () => {
  test.each([
    ['up', []],
    ['up 1 2.5 -3 +4', [1, 2.5, -3, 4]],
    ['up 0x3', [0, 0, 0, 0]],
    ['up 1+2x3', [1, 3, 5, 7]],
    ['up 10-5x2 -1-1x1', [10, 5, 0, -1, -2]],
    ['up 1 _ _x2 stale', [1, '_', '_', '_', 'stale']],
    ['up stale+1x1', ['stale', Number.NaN]],
    ['up NaN Inf -Inf 1e3 1_000', [Number.NaN, Infinity, -Infinity, 1000, 1000]],
    ['  up{job="a b"}   \t 1   2  ', [1, 2]],
    ['{} 0.1+0.2x2', [0.1, 0.1 + 0.2, 0.1 + 0.2 + 0.2]],
    ['up {{}} {{ }}x1', ['{{}}', '{{}}', '{{}}']],
    ['up {{sum:1 count:2}}+{{sum:0.5 count:1}}x2', ['{{count:2 sum:1}}', '{{count:3 sum:1.5}}', '{{count:4 sum:2}}']],
    ['up {{buckets:[4 4]}}-{{buckets:[1 2]}}x1 7', ['{{buckets:[4 4]}}', '{{buckets:[3 2]}}', 7]],
  ])('%s', (text, values) => {
    expect(valuesOf(text)).toEqual(values)
  })

  test('belong to labels as a query writes them', () => {
    const { labels } = parseSeriesDescription('{"chai.total", job="node", "k8s.pod"="a"} 1')
    expect(labels.toObject()).toEqual({ __name__: 'chai.total', job: 'node', 'k8s.pod': 'a' })
  })

  test('a histogram remembers whether it said how its counter was reset', () => {
    const hints = parseSeriesDescription('up {{}} {{counter_reset_hint:unknown}}').values.map(
      (value) => value.type === 'histogram' && value.hasHint,
    )
    expect(hints).toEqual([false, true])
  })

  test('cannot fill a memory', () => {
    expect(() => parseSeriesDescription('up 1x99999999999')).toThrow('too many series values: more than 10000000')
  })
})

describe('series that are none', () => {
  test.each([
    ['1 2', '1:1: parse error: unexpected number "1" in series values'],
    ['up 1 two', '1:6: parse error: unexpected identifier "two" in series values, expected number or "stale"'],
    ['up 1+1', '1:7: parse error: unexpected end of input in series values'],
    [
      'up 1x1.5',
      '1:6: parse error: invalid repetition in series values: strconv.ParseUint: parsing "1.5": invalid syntax',
    ],
    ['up 1 x', '1:6: parse error: unexpected "x"'],
    ['up ?', "1:4: parse error: unexpected character in series sequence: '?'"],
    ['up{job} 1', '1:7: parse error: unexpected "}" in label set, expected "="'],
    ['up {job="a"} 1', "1:4: parse error: unexpected character in series sequence: '{'"],
    ['up {{chai:1}}', '1:6: parse error: bad histogram descriptor found: "chai"'],
    [
      'up {{sum:1 2}}',
      '1:12: parse error: unexpected number "2" in histogram description, expected histogram description key, e.g. buckets:[5 10 7]',
    ],
    ['up {{sum:1 sum:2}}', '1:1: parse error: duplicate key "sum" in histogram'],
    ['up {{sum:1', "1:11: parse error: histogram description incomplete unexpected: '\ufffd'"],
    ['up {{buckets:[1 .5]}}', "1:17: parse error: invalid character in buckets description: '.'"],
    [
      'up {{schema:1}}+{{schema:0}}x1',
      '1:30: parse error: error combining histograms: cannot merge from schema 0 to 1',
    ],
  ])('%s', (text, message) => {
    expect(() => parseSeriesDescription(text)).toThrow(ParseError)
    expect(() => parseSeriesDescription(text)).toThrow(message)
  })
})

describe('parseMetric', () => {
  test('reads labels alone', () => {
    expect(parseMetric('up{job="a",}').toObject()).toEqual({ __name__: 'up', job: 'a' })
    expect(parseMetric('').size).toBe(0)
  })

  test.each([
    ['up 1', '1:4: parse error: unexpected number "1"'],
    ['up{job="a"', '1:11: parse error: unexpected end of input inside braces'],
    ['{job=a}', '1:6: parse error: unexpected identifier "a" in label set, expected string'],
  ])('refuses %s', (text, message) => {
    expect(() => parseMetric(text)).toThrow(message)
  })
})

describe('a histogram in the notation of test files', () => {
  test.each([
    '{{}}',
    '{{schema:2 count:10 sum:-1.5 z_bucket:1 z_bucket_w:0.001 buckets:[1 0 3] n_offset:-2 n_buckets:[5]}}',
    '{{schema:-53 count:3 sum:7 custom_values:[1 2.5] counter_reset_hint:not_reset offset:1 buckets:[1 2]}}',
    '{{counter_reset_hint:gauge offset:-4 buckets:[NaN +Inf]}}',
  ])('%s', (notation) => {
    // The notation has no sign in front of what is infinitely much.
    const [value] = parseSeriesDescription(`up ${notation.replace('+Inf', 'Inf')}`).values
    expect(value?.type === 'histogram' && printHistogramNotation(value.histogram)).toBe(notation)
  })

  test('closes gaps between runs of buckets, and leaves out empty ones at the ends', () => {
    const histogram: FloatHistogram = {
      counterResetHint: 'unknown',
      schema: 0,
      zeroThreshold: 0,
      zeroCount: 0,
      count: 3,
      sum: 0,
      positiveSpans: [
        { offset: 1, length: 2 },
        { offset: 2, length: 2 },
      ],
      negativeSpans: [],
      positiveBuckets: [0, 1, 2, 0],
      negativeBuckets: [],
      customValues: [],
    }
    expect(printHistogramNotation(histogram)).toBe('{{count:3 offset:2 buckets:[1 0 0 2]}}')
  })
})
