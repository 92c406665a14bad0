import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../world/virtual-clock.ts'
import { WorkQueue } from './work-queue.ts'

function start(): { clock: VirtualClock; queue: WorkQueue } {
  const clock = new VirtualClock(0)
  return { clock, queue: new WorkQueue(clock) }
}

describe('a work queue', () => {
  test('gives each key once, in the order in which they were added', async () => {
    const { queue } = start()
    for (const key of ['b', 'a', 'b']) queue.add(key)
    expect([await queue.take(), await queue.take(), queue.size]).toEqual(['b', 'a', 0])
  })

  test('gives a key that was added while it was worked on when that is done, and to nobody before', async () => {
    const { queue } = start()
    queue.add('a')
    await queue.take()
    queue.add('a')
    queue.add('a')
    expect(queue.size).toBe(0)
    queue.done('a')
    expect(queue.size).toBe(1)
    expect(await queue.take()).toBe('a')
    queue.done('a')
    expect(queue.size).toBe(0)
  })

  test('hands a key to who waits for one', async () => {
    const { queue } = start()
    const taken = queue.take()
    queue.add('a')
    expect(await taken).toBe('a')
  })

  test('waits twice as long after each failure, a thousand seconds at most, and begins anew when one succeeds', async () => {
    const { clock, queue } = start()
    const waits: number[] = []
    const fail = async (): Promise<void> => {
      const failedMs = clock.now()
      queue.retry('a')
      const taken = queue.take()
      await clock.runUntil(failedMs + 2_000_000, { eventsMax: 10 })
      await taken
      queue.done('a')
    }
    const dueMs = async (): Promise<void> => {
      const startMs = clock.now()
      queue.retry('a')
      let isDue = false
      void queue.take().then(() => (isDue = true))
      while (!isDue) await clock.advance(5)
      waits.push(clock.now() - startMs)
      queue.done('a')
    }
    for (let round = 0; round < 5; round++) await dueMs()
    expect(waits).toEqual([5, 10, 20, 40, 80])
    for (let round = 0; round < 20; round++) await fail()
    queue.retry('a')
    await clock.advance(999_999)
    expect(queue.size).toBe(0)
    await clock.advance(1)
    expect(queue.size).toBe(1)
    await queue.take()
    queue.done('a')
    queue.forget('a')
    queue.retry('a')
    await clock.advance(5)
    expect(queue.size).toBe(1)
  })

  test('keeps the earlier of two times', async () => {
    const { clock, queue } = start()
    queue.addAfter('a', 100)
    queue.addAfter('a', 10)
    queue.addAfter('a', 50)
    await clock.advance(10)
    expect(await queue.take()).toBe('a')
    queue.done('a')
    await clock.advance(1_000)
    expect(queue.size).toBe(0)
  })

  test('that is closed lets everybody go, and takes nothing more', async () => {
    const { clock, queue } = start()
    const waiting = [queue.take(), queue.take()]
    queue.addAfter('late', 10)
    queue.close()
    queue.add('a')
    queue.retry('b')
    await clock.advance(1_000)
    expect(await Promise.all(waiting)).toEqual([undefined, undefined])
    expect([queue.size, await queue.take()]).toEqual([0, undefined])
  })
})
