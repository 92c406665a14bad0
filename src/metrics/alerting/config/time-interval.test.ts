import { describe, expect, test } from 'vitest'
import { readYaml } from '../../yaml/nodes.ts'
import { readAs } from '../../yaml/types.ts'
import { containsTime, type TimeInterval, timeInterval } from './time-interval.ts'

function interval(text: string): TimeInterval {
  const { root } = readYaml(text)
  if (root === undefined) throw new Error('an empty text')
  return readAs(root, timeInterval)
}

describe('a recurring time', () => {
  test.each([
    ['{}', '2026-11-23T12:00:00Z', true],
    ["{times: [{start_time: '09:00', end_time: '17:00'}]}", '2026-11-23T16:59:00Z', true],
    ["{times: [{start_time: '09:00', end_time: '17:00'}]}", '2026-11-23T17:00:00Z', false],
    ["{times: [{start_time: '09:00', end_time: '24:00'}]}", '2026-11-23T23:59:00Z', true],
    ['{weekdays: ["monday:friday"]}', '2026-11-23T12:00:00Z', true],
    ['{weekdays: ["saturday", "sunday"]}', '2026-11-23T12:00:00Z', false],
    ['{days_of_month: ["-1"]}', '2028-02-29T12:00:00Z', true],
    ['{days_of_month: ["30:31"]}', '2026-02-28T12:00:00Z', false],
    ['{days_of_month: ["1:-1"], months: ["October:december"], years: ["2026"]}', '2026-11-23T12:00:00Z', true],
    // Diwali night in India is still the day before in UTC.
    ["{days_of_month: ['9'], months: ['11'], location: 'Asia/Kolkata'}", '2026-11-08T18:30:00Z', true],
    ["{days_of_month: ['9'], months: ['11'], location: 'Asia/Kolkata'}", '2026-11-08T18:29:00Z', false],
  ])('%s at %s: %s', (text, time, expected) => {
    expect(containsTime(interval(text), Date.parse(time))).toBe(expected)
  })

  test.each([
    ["{times: [{start_time: '17:00', end_time: '09:00'}]}", 'start time cannot be equal or greater than end time'],
    ["{times: [{start_time: '9:00', end_time: '10:00'}]}", "couldn't parse timestamp 9:00, invalid format"],
    ['{weekdays: ["friday:monday"]}', 'start day cannot be before end day'],
    ['{weekdays: ["holiday"]}', 'holiday is not a valid weekday'],
    ['{days_of_month: ["0"]}', '0 is not a valid day of the month: out of range'],
    ['{days_of_month: ["-5:5"]}', 'end day must be negative if start day is negative'],
    ['{months: ["may:april"]}', 'end month april is before start month may'],
    ['{location: Nowhere/Land}', 'unknown time zone Nowhere/Land'],
  ])('%s is none', (text, message) => {
    expect(() => interval(text)).toThrow(message)
  })
})
