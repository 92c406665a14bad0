import { describe, expect, test } from 'vitest'
import type { ApiObject } from '../api/object.ts'
import { EventCorrelator, type EventNote } from './event-correlator.ts'

const pod: ApiObject = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'shop', uid: 'u1' } }
const MINUTE_MS = 60_000

function note(message: string, more: Partial<EventNote> = {}): EventNote {
  return { type: 'Normal', reason: 'Created', message, ...more }
}

/** What is written, in short: the message, and how often it was noted by then. */
function written(correlator: EventCorrelator, about: ApiObject, notes: readonly EventNote[], atMs = 0): string[] {
  return notes.flatMap((one) => {
    const { occurrence, message, isSpam } = correlator.hear(about, one, atMs)
    return isSpam ? [] : [`${message} ${occurrence.count}`]
  })
}

const messages = (count: number): readonly EventNote[] => Array.from({ length: count }, (_, index) => note(`m${index}`))

describe('notes about an object', () => {
  test('that say the same are counted', () => {
    expect(written(new EventCorrelator(), pod, [note('a'), note('b'), note('a')])).toEqual(['a 1', 'b 1', 'a 2'])
  })

  test('about different places in it are told apart', () => {
    const places = ['spec.containers{a}', 'spec.containers{b}'].map((fieldPath) => note('a', { fieldPath }))
    expect(written(new EventCorrelator(), pod, places)).toEqual(['a 1', 'a 1'])
  })

  test('are combined from the tenth that differs in its message alone', () => {
    expect(written(new EventCorrelator(), pod, messages(12)).slice(8)).toEqual([
      'm8 1',
      '(combined from similar events): m9 1',
      '(combined from similar events): m10 2',
      '(combined from similar events): m11 3',
    ])
  })

  test('stand alone again after ten silent minutes', () => {
    const correlator = new EventCorrelator()
    written(correlator, pod, messages(12))
    expect(written(correlator, pod, [note('late')], 10 * MINUTE_MS + 1)).toEqual(['late 1'])
  })

  test('of other reasons do not count as similar', () => {
    const correlator = new EventCorrelator()
    written(correlator, pod, messages(12))
    expect(written(correlator, pod, [note('m12', { reason: 'Started' })])).toEqual(['m12 1'])
  })
})

describe('a source that says too much', () => {
  test('writes 25 times about an object, then once in five minutes, and counts what it leaves out', () => {
    const correlator = new EventCorrelator()
    expect(
      written(
        correlator,
        pod,
        Array.from({ length: 40 }, () => note('a')),
      ),
    ).toHaveLength(25)
    expect(written(correlator, pod, [note('a')], 5 * MINUTE_MS - 1)).toEqual([])
    expect(written(correlator, pod, [note('a'), note('a')], 5 * MINUTE_MS)).toEqual(['a 42'])
  })

  test('is still heard about other objects', () => {
    const correlator = new EventCorrelator()
    written(correlator, pod, messages(40))
    const other = { ...pod, metadata: { ...pod.metadata, name: 'api', uid: 'u2' } }
    expect(written(correlator, other, [note('a')])).toEqual(['a 1'])
  })
})

test('an object of which nothing was noted for an hour is forgotten: its Events are gone', () => {
  const correlator = new EventCorrelator()
  const other = { ...pod, metadata: { ...pod.metadata, uid: 'u2' } }
  written(correlator, pod, [note('a')])
  written(correlator, other, [note('a')], 30 * MINUTE_MS)
  expect(written(correlator, other, [note('a')], 61 * MINUTE_MS)).toEqual(['a 2'])
  expect(written(correlator, pod, [note('a')], 61 * MINUTE_MS)).toEqual(['a 1'])
})
