import { expect, test } from 'vitest'
import { textMatch } from './text-match.ts'

test.each([
  [{ exact: '/tea' }, '/tea', true],
  [{ exact: '/tea' }, '/tea/', false],
  [{ prefix: '/tea' }, '/teapot', true],
  [{ regex: '/tea' }, '/teapot', false],
  [{ regex: '/tea.*' }, '/teapot', true],
  [{ regex: '/(tea|chai)/[0-9]+' }, '/chai/12', true],
  [{ regex: '/(tea|chai)/[0-9]+' }, '/chai/12/x', false],
  [{ regex: '(' }, '(', false],
  [{ regex: '*' }, 'anything', true],
  [{}, '', true],
  [{}, undefined, false],
])('%j on %j is %s', (match, text, expected) => {
  expect(textMatch(match)(text)).toBe(expected)
})

test('case is ignored on demand, but never by an expression', () => {
  expect(textMatch({ prefix: '/TEA' }, { ignoreCase: true })('/teapot')).toBe(true)
  expect(textMatch({ regex: '/TEA' }, { ignoreCase: true })('/tea')).toBe(false)
})
