import { expect, test } from 'vitest'
import { nameTest } from './header-names.ts'

test.each([
  ['x-user', 'x-user', true],
  ['X-User', 'x-user', true],
  ['x-user', 'x-user-id', false],
  ['x-*', 'x-user', true],
  ['x-*', 'y-user', false],
  ['*-id', 'x-user-id', true],
  ['*-id', 'x-user', false],
  // The star before counts first: what follows it is an end, its own star among it.
  ['*-id*', 'x-id-2', false],
])('%s means %s: %s', (pattern, name, isMeant) => {
  expect(nameTest([pattern])(name)).toBe(isMeant)
})

test('one of several is enough, and none means nothing', () => {
  expect(nameTest(['a', 'b-*'])('b-c')).toBe(true)
  expect(nameTest([])('a')).toBe(false)
})
