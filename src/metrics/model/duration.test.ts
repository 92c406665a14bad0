import { describe, expect, test } from 'vitest'
import { parseDuration, parseSignedDuration, printDuration } from './duration.ts'

describe('durations in Prometheus’ notation', () => {
  test.each([
    ['0', 0, '0s'],
    ['15s', 15_000, '15s'],
    ['1h30m', 5_400_000, '1h30m'],
    ['2w', 1_209_600_000, '2w'],
    ['90d', 7_776_000_000, '90d'],
    ['1y', 31_536_000_000, '1y'],
    ['4m5s6ms', 245_006, '4m5s6ms'],
  ])('%s', (text, milliseconds, printed) => {
    expect(parseDuration(text)).toBe(milliseconds)
    expect(printDuration(milliseconds)).toBe(printed)
  })

  test.each([
    ['', 'empty duration string'],
    ['1m1d', 'not a valid duration string: "1m1d"'],
    ['-1h', 'not a valid duration string: "-1h"'],
    ['1', 'not a valid duration string: "1"'],
    ['1x', 'unknown unit "x" in duration "1x"'],
    ['300y', 'duration out of range'],
  ])('"%s" is refused', (text, message) => {
    expect(() => parseDuration(text)).toThrow(message)
  })

  test('a sign is read where it is allowed', () => {
    expect(parseSignedDuration('-30m')).toBe(-1_800_000)
    expect(printDuration(-1_800_000)).toBe('-30m')
  })
})
