import { assert, property, string } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareText } from './compare-text.ts'

describe('compareText', () => {
  test.each([
    ['a', 'b'],
    ['a', 'ab'],
    ['', 'a'],
    ['\uffee', '😀'],
    ['z', 'é'],
  ])('%s comes before %s', (first, second) => {
    expect(compareText(first, second)).toBeLessThan(0)
    expect(compareText(second, first)).toBeGreaterThan(0)
  })

  test('orders as the bytes of UTF-8', () => {
    assert(
      property(string({ unit: 'grapheme' }), string({ unit: 'grapheme' }), (a, b) => {
        expect(Math.sign(compareText(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)))
      }),
    )
  })
})
