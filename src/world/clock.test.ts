import { expect, test } from 'vitest'
import { printTime } from './clock.ts'

test('times are printed in whole seconds, whichever was printed before', () => {
  const noon = Date.parse('2026-01-01T12:00:00Z')
  const printed = [noon, noon + 999, noon + 1_000, noon - 1, noon].map(printTime)
  expect(printed).toEqual([
    '2026-01-01T12:00:00Z',
    '2026-01-01T12:00:00Z',
    '2026-01-01T12:00:01Z',
    '2026-01-01T11:59:59Z',
    '2026-01-01T12:00:00Z',
  ])
})
