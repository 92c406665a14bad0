import { describe, expect, test } from 'vitest'
import { parseDuration } from './duration.ts'

describe('parseDuration', () => {
  test.each([
    ['0', 0],
    ['0s', 0],
    ['90s', 90_000],
    ['1h30m', 5_400_000],
    ['1m2.5s', 62_500],
    ['250ms', 250],
    ['.5s', 500],
    ['1.s', 1_000],
    ['1500us', 1.5],
    ['1500µs', 1.5],
    ['2000000ns', 2],
    ['-1.5s', -1_500],
    ['+3s', 3_000],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBeCloseTo(ms, 9)
  })

  test.each(['', '-', '3', '1.5', 's', '1 s', '1d', '1h30', 'one', '.s', '1s ', '--1s'])(
    '%j is no duration',
    (text) => {
      expect(parseDuration(text)).toBeUndefined()
    },
  )

  test('a text that is none does not disturb the next', () => {
    expect(parseDuration('1h3x')).toBeUndefined()
    expect(parseDuration('2s')).toBe(2_000)
  })
})
