import { describe, expect, test } from 'vitest'
import { humanDuration, printAge } from './human-duration.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const YEAR = 365 * DAY

describe('humanDuration', () => {
  test.each([
    [-2 * SECOND, '<invalid>'],
    [-1 * SECOND, '0s'],
    [-500, '0s'],
    [0, '0s'],
    [45 * SECOND + 999, '45s'],
    [119 * SECOND, '119s'],
    [2 * MINUTE, '2m'],
    [3 * MINUTE + 12 * SECOND, '3m12s'],
    [9 * MINUTE + 59 * SECOND, '9m59s'],
    [10 * MINUTE + 59 * SECOND, '10m'],
    [3 * HOUR - SECOND, '179m'],
    [3 * HOUR, '3h'],
    [5 * HOUR + 3 * MINUTE, '5h3m'],
    [8 * HOUR + 3 * MINUTE, '8h'],
    [47 * HOUR + 59 * MINUTE, '47h'],
    [2 * DAY, '2d'],
    [2 * DAY + 4 * HOUR, '2d4h'],
    [8 * DAY + 4 * HOUR, '8d'],
    [380 * DAY, '380d'],
    [2 * YEAR, '2y'],
    [2 * YEAR + 10 * DAY, '2y10d'],
    [8 * YEAR + 10 * DAY, '8y'],
  ])('%d ms reads %s', (durationMs, text) => {
    expect(humanDuration(durationMs)).toBe(text)
  })
})

test('an age counts from its timestamp to now', () => {
  const nowMs = Date.parse('2026-11-23T07:08:00Z')
  expect(printAge('2026-11-23T07:06:20Z', nowMs)).toBe('100s')
  expect(printAge(undefined, nowMs)).toBe('<unknown>')
  expect(printAge(null, nowMs)).toBe('<unknown>')
})
