import { describe, expect, test } from 'vitest'
import { parseSchedule } from './schedule.ts'

function times(text: string, zone: string, from: string, count = 3): readonly (string | undefined)[] {
  const schedule = parseSchedule(text, zone)
  const found: (string | undefined)[] = []
  let timeMs: number | undefined = Date.parse(from)
  for (let index = 0; index < count && timeMs !== undefined; index++) {
    timeMs = schedule.next(timeMs)
    found.push(timeMs === undefined ? undefined : new Date(timeMs).toISOString().slice(0, 16))
  }
  return found
}

describe('the next times of a schedule', () => {
  test.each<[string, string, readonly (string | undefined)[]]>([
    ['*/15 * * * *', '2026-01-01T00:00:00Z', ['2026-01-01T00:15', '2026-01-01T00:30', '2026-01-01T00:45']],
    ['0 9 * * 1-5', '2026-01-02T10:00:00Z', ['2026-01-05T09:00', '2026-01-06T09:00', '2026-01-07T09:00']],
    ['30 6-16/4 * * MON', '2026-01-05T00:00:00Z', ['2026-01-05T06:30', '2026-01-05T10:30', '2026-01-05T14:30']],
    ['0 0 31 * *', '2026-01-31T00:00:00Z', ['2026-03-31T00:00', '2026-05-31T00:00', '2026-07-31T00:00']],
    ['0 0 29 2 *', '2026-01-01T00:00:00Z', ['2028-02-29T00:00', '2032-02-29T00:00', '2036-02-29T00:00']],
    ['0 0 31 2 *', '2026-01-01T00:00:00Z', [undefined]],
    // Both days restrict: one is enough.
    ['0 0 13 * FRI', '2026-02-01T00:00:00Z', ['2026-02-06T00:00', '2026-02-13T00:00', '2026-02-20T00:00']],
    ['0 0 1,15 * ?', '2026-01-10T00:00:00Z', ['2026-01-15T00:00', '2026-02-01T00:00', '2026-02-15T00:00']],
    ['5/20 0 * jan,dec *', '2026-01-01T00:00:00Z', ['2026-01-01T00:05', '2026-01-01T00:25', '2026-01-01T00:45']],
    ['@daily', '2026-01-01T12:00:00Z', ['2026-01-02T00:00', '2026-01-03T00:00', '2026-01-04T00:00']],
    ['@hourly', '2026-01-01T12:30:00Z', ['2026-01-01T13:00', '2026-01-01T14:00', '2026-01-01T15:00']],
    ['@every 90m', '2026-01-01T12:07:00Z', ['2026-01-01T13:37', '2026-01-01T15:07', '2026-01-01T16:37']],
    [
      'TZ=Asia/Kolkata 30 9 * * *',
      '2026-01-01T00:00:00Z',
      ['2026-01-01T04:00', '2026-01-02T04:00', '2026-01-03T04:00'],
    ],
  ])('%s', (text, from, expected) => {
    expect(times(text, 'UTC', from)).toEqual(expected)
  })

  test('a minute that has begun counts for the next one only', () => {
    expect(times('* * * * *', 'UTC', '2026-01-01T00:00:01Z', 1)).toEqual(['2026-01-01T00:01'])
    expect(times('* * * * *', 'UTC', '2026-01-01T00:00:59Z', 1)).toEqual(['2026-01-01T00:01'])
  })
})

describe('daylight saving time', () => {
  test('a time that is skipped is not made up for', () => {
    expect(times('30 2 * * *', 'America/New_York', '2026-03-07T12:00:00Z', 2)).toEqual([
      '2026-03-09T06:30',
      '2026-03-10T06:30',
    ])
  })

  test('a time that comes twice is kept twice', () => {
    expect(times('30 1 * * *', 'America/New_York', '2026-10-31T12:00:00Z')).toEqual([
      '2026-11-01T05:30',
      '2026-11-01T06:30',
      '2026-11-02T06:30',
    ])
  })

  test('every hour stays every hour', () => {
    expect(times('0 * * * *', 'Europe/Berlin', '2026-03-28T23:30:00Z')).toEqual([
      '2026-03-29T00:00',
      '2026-03-29T01:00',
      '2026-03-29T02:00',
    ])
    expect(times('0 * * * *', 'Europe/Berlin', '2026-10-24T23:30:00Z')).toEqual([
      '2026-10-25T00:00',
      '2026-10-25T01:00',
      '2026-10-25T02:00',
    ])
  })

  test('a time after the repeated hour is found from within it', () => {
    expect(times('0 5 * * *', 'America/New_York', '2026-11-01T06:10:00Z', 1)).toEqual(['2026-11-01T10:00'])
  })

  test('a day without midnight begins an hour late', () => {
    // Asuncion put its clocks forward at midnight, which here is also the first of a month.
    expect(times('@daily', 'America/Asuncion', '2023-09-30T12:00:00Z', 2)).toEqual([
      '2023-10-02T03:00',
      '2023-10-03T03:00',
    ])
    expect(times('0 3 1 * *', 'America/Asuncion', '2023-09-15T12:00:00Z', 1)).toEqual(['2023-10-01T06:00'])
  })
})

describe('a schedule that cannot be read', () => {
  test.each([
    ['', 'empty spec string'],
    ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
    ['60 * * * *', 'end of range (60) above maximum (59): 60'],
    ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
    ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['a * * * *', 'failed to parse int from a: strconv.Atoi: parsing "a": invalid syntax'],
    ['1/2/3 * * * *', 'too many slashes: 1/2/3'],
    ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
    ['@sometimes', 'unrecognized descriptor: @sometimes'],
    ['@every soon', 'failed to parse duration @every soon: time: invalid duration "soon"'],
    ['TZ=Mars/Olympus * * * * *', 'provided bad location Mars/Olympus: unknown time zone Mars/Olympus'],
  ])('%s', (text, message) => {
    expect(() => parseSchedule(text)).toThrow(message)
  })
})
