import { describe, expect, test } from 'vitest'
import { notifyReason } from './dedup.ts'
import { truncateInBytes, truncateInRunes } from './truncate.ts'

const HOUR_MS = 3_600_000

describe('whether there is anything to tell', () => {
  test.each([
    { last: undefined, firing: [], resolved: ['a'], sendResolved: true, reason: undefined },
    { last: undefined, firing: ['a'], resolved: [], sendResolved: true, reason: 'first notification' },
    {
      last: { firing: ['a'], resolved: [] },
      firing: ['a', 'b'],
      resolved: [],
      sendResolved: true,
      reason: 'new alerts added',
    },
    {
      last: { firing: [], resolved: ['a'] },
      firing: ['a'],
      resolved: [],
      sendResolved: true,
      reason: 'first notification',
    },
    {
      last: { firing: ['a', 'b'], resolved: [] },
      firing: ['a'],
      resolved: ['b'],
      sendResolved: true,
      reason: 'some alerts resolved',
    },
    {
      last: { firing: ['a', 'b'], resolved: [] },
      firing: ['a'],
      resolved: ['b'],
      sendResolved: false,
      reason: undefined,
    },
    {
      last: { firing: ['a'], resolved: [] },
      firing: [],
      resolved: ['a'],
      sendResolved: false,
      reason: 'all alerts resolved',
    },
    { last: { firing: [], resolved: ['a'] }, firing: [], resolved: ['b'], sendResolved: true, reason: undefined },
    {
      last: { firing: ['a'], resolved: [], ageMs: HOUR_MS + 1 },
      firing: ['a'],
      resolved: [],
      sendResolved: true,
      reason: 'repeat interval elapsed',
    },
    {
      last: { firing: ['a'], resolved: [], ageMs: HOUR_MS },
      firing: ['a'],
      resolved: [],
      sendResolved: true,
      reason: undefined,
    },
  ])('$reason: $firing firing and $resolved over, after $last', ({ last, firing, resolved, sendResolved, reason }) => {
    const nowMs = 10 * HOUR_MS
    const entry =
      last === undefined ? undefined : { ...last, sentAtMs: nowMs - ('ageMs' in last ? (last.ageMs ?? 0) : 0) }
    const input = {
      last: entry,
      firing: new Set(firing),
      resolved: new Set(resolved),
      sendResolved,
      repeatIntervalMs: HOUR_MS,
      nowMs,
    }
    expect(notifyReason(input)).toBe(reason)
  })
})

test('texts are cut between characters, and show it', () => {
  expect(truncateInRunes('गरम चाय', 5)).toEqual({ text: 'गरम …', isCut: true })
  expect(truncateInRunes('chai', 4)).toEqual({ text: 'chai', isCut: false })
  expect(truncateInBytes('गरम चाय', 10)).toEqual({ text: 'गर…', isCut: true })
  expect(truncateInBytes('chai', 3)).toEqual({ text: '…', isCut: true })
})
