import { expect, test } from 'vitest'
import { VirtualClock } from '../../world/virtual-clock.ts'
import { QueryQueue } from './query-queue.ts'

test('whoever waits gets the place of whoever leaves, in the order of their coming', async () => {
  const queue = new QueryQueue(new VirtualClock(0), 1)
  const entered: string[] = []
  await queue.enter(1_000)
  const second = queue.enter(1_000).then(() => entered.push('second'))
  const third = queue.enter(1_000).then(() => entered.push('third'))
  expect(entered).toEqual([])
  queue.leave()
  await second
  expect(entered).toEqual(['second'])
  queue.leave()
  await third
})

test('waiting ends with the time there is, or when nobody wants the answer any more', async () => {
  const clock = new VirtualClock(0)
  const queue = new QueryQueue(clock, 1)
  const leaving = new AbortController()
  await queue.enter(1_000)
  const late = expect(queue.enter(1_000)).rejects.toThrow('query timed out in query queue')
  const unwanted = expect(queue.enter(5_000, leaving.signal)).rejects.toThrow('query was canceled in query queue')
  await clock.runUntil(1_000)
  leaving.abort()
  await Promise.all([late, unwanted])
  // The places of those who gave up are not waited for.
  queue.leave()
  await queue.enter(1_000)
})
