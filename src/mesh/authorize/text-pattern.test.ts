import { expect, test } from 'vitest'
import { headerPatterns, textPatterns } from './text-pattern.ts'

test.each([
  [['tea'], 'tea', true],
  [['tea'], 'Tea', false],
  [['tea*'], 'tea', true],
  [['*tea'], 'green tea', true],
  [['*'], 'anything', true],
  [['*'], '', false],
  [['*'], 'two\nlines', false],
  // Only one star is a star.
  [['*tea*'], 'green tea*', true],
  [['*tea*'], 'green teas', false],
  [['t*a'], 'tea', false],
  [['a', 'b', 'c', 'd', 'e', 'f*'], 'e', true],
  [['a', 'b', 'c', 'd', 'e', 'f*'], 'fff', true],
  [['a', 'b', 'c', 'd', 'e', 'f*'], 'x', false],
  [[], '', false],
])('%j on %j is %s', (values, text, expected) => {
  expect(textPatterns(values)(text)).toBe(expected)
})

test('of a header, the star only asks that it is there', () => {
  expect(headerPatterns(['*'])('')).toBe(true)
  expect(headerPatterns(['a*'])('')).toBe(false)
})
