import { expect, test } from 'vitest'
import {
  Annotations,
  forcedMonotonicity,
  invalidQuantile,
  possibleNonCounter,
  startTimeOverlap,
} from './annotations.ts'

const QUERY = 'sum(\n  rate(memory_bytes[5m])\n)'

test('warnings and infos come apart, each once, with the place they are about', () => {
  const annotations = new Annotations()
  annotations.add(invalidQuantile(2, { start: 0, end: 3 }))
  annotations.add(possibleNonCounter('memory_bytes', { start: 12, end: 29 }))
  annotations.add(possibleNonCounter('memory_bytes', { start: 12, end: 29 }))
  expect(annotations.texts('warning', QUERY)).toEqual([
    'PromQL warning: quantile value should be between 0 and 1, got 2 (1:1)',
  ])
  expect(annotations.texts('info', QUERY)).toEqual([
    'PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "memory_bytes" (2:8)',
  ])
})

test('occurrences are counted, and what they say is put together', () => {
  const annotations = new Annotations()
  const pos = { start: 0, end: 1 }
  for (let index = 0; index < 3; index++) annotations.add(startTimeOverlap('x', pos))
  const forced = { minBucket: 1, maxBucket: 2, maxDiff: 0.25 }
  annotations.add(forcedMonotonicity('x', { pos, timeMs: 60_000, forced }))
  annotations.add(forcedMonotonicity('x', { pos, timeMs: 0, forced: { ...forced, maxBucket: 4 } }))
  expect(annotations.texts('warning', 'q')).toEqual([
    'PromQL warning: sample has start time that overlaps with previous sample timestamp for metric "x" (3 occurrences) (1:1)',
  ])
  const [text] = annotations.texts('info', 'q')
  expect(text).toContain(
    'for metric name "x", from buckets 1 to 4, with a max diff of 0.25, over 2 samples from 1970-01-01T00:00:00Z to 1970-01-01T00:01:00Z (1:1)',
  )
})
