import { expect, test } from 'vitest'
import { parseIntOrString, scaledIntOrPercent } from './int-or-string.ts'

test.each([
  { maxSurge: '25%', of: 3, up: 1, down: 0 },
  { maxSurge: 2, of: 3, up: 2, down: 2 },
  { maxSurge: '100%', of: 7, up: 7, down: 7 },
  { maxSurge: '150%', of: 3, up: 5, down: 4 },
])('$maxSurge of $of replicas is $up rounded up, $down rounded down', ({ maxSurge, of, up, down }) => {
  expect(scaledIntOrPercent(maxSurge, of, { roundUp: true })).toBe(up)
  expect(scaledIntOrPercent(maxSurge, of, { roundUp: false })).toBe(down)
})

test('a string that is no percentage is refused', () => {
  expect(() => scaledIntOrPercent('3', 10, { roundUp: true })).toThrow(
    'invalid value for IntOrString: invalid type: string is not a percentage',
  )
})

test('a command line gives numbers where they fit', () => {
  expect(parseIntOrString('8080')).toBe(8080)
  expect(parseIntOrString('http')).toBe('http')
  expect(parseIntOrString('2147483648')).toBe('2147483648')
})
