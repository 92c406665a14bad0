import { describe, expect, test } from 'vitest'
import { compareLabels, Labels, labelsOf } from './labels.ts'

const request = labelsOf({ job: 'checkout', __name__: 'http_requests_total', code: '200', empty: '' })

describe('Labels', () => {
  test('are sorted by name, and an empty value is no label', () => {
    expect(request.pairs).toEqual(['__name__', 'http_requests_total', 'code', '200', 'job', 'checkout'])
    expect(request.has('empty')).toBe(false)
    expect(request.get('empty')).toBe('')
  })

  test('one label set has one key', () => {
    expect(
      labelsOf([
        ['b', '2'],
        ['a', '1'],
      ]).key,
    ).toBe(labelsOf({ a: '1', b: '2' }).key)
    expect(labelsOf({ a: 'b' }).key).not.toBe(labelsOf({ ab: '' }).key)
  })

  test.each([
    { name: 'code', value: '500', expected: ['__name__', 'http_requests_total', 'code', '500', 'job', 'checkout'] },
    { name: 'code', value: '', expected: ['__name__', 'http_requests_total', 'job', 'checkout'] },
    {
      name: 'dc',
      value: 'x',
      expected: ['__name__', 'http_requests_total', 'code', '200', 'dc', 'x', 'job', 'checkout'],
    },
    {
      name: 'zone',
      value: 'a',
      expected: ['__name__', 'http_requests_total', 'code', '200', 'job', 'checkout', 'zone', 'a'],
    },
  ])('with($name, "$value")', ({ name, value, expected }) => {
    expect(request.with(name, value).pairs).toEqual(expected)
  })

  test('a change that changes nothing is the same object', () => {
    expect(request.with('code', '200')).toBe(request)
    expect(request.without(new Set(['zone']))).toBe(request)
  })

  test('compare name by name, value by value, shorter first', () => {
    const sets = [labelsOf({ a: '2' }), labelsOf({ a: '1', b: '1' }), Labels.empty, labelsOf({ a: '1' })]
    expect(sets.sort(compareLabels).map((set) => set.toObject())).toEqual([
      {},
      { a: '1' },
      { a: '1', b: '1' },
      { a: '2' },
    ])
  })
})
