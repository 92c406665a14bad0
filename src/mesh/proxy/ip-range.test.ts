import { expect, test } from 'vitest'
import { contains, parseRange } from './ip-range.ts'

test.each([
  ['10.0.0.0/8', '10.9.8.7', true],
  ['10.0.0.0/8', '11.0.0.1', false],
  ['10.1.2.3', '10.1.2.3', true],
  ['fd00:1::/32', 'fd00:1:2::9', true],
  ['fd00:1::/32', 'fd00:2::9', false],
  ['::ffff:10.0.0.0/104', '::ffff:10.9.8.7', true],
  ['::/0', '10.0.0.1', false],
  ['0.0.0.0/0', '10.0.0.1', true],
])('%s contains %s: %s', (range, address, expected) => {
  const [wide, narrow] = [parseRange(range), parseRange(address)]
  expect(wide !== undefined && narrow !== undefined && contains(wide, narrow)).toBe(expected)
})

test.each(['', '10.0.0', '10.0.0.256', '10.0.0.0/33', 'fd00::/129', 'x:y'])('%s is no range', (text) => {
  expect(parseRange(text)).toBeUndefined()
})
