import { describe, expect, test } from 'vitest'
import { VirtualClock } from './virtual-clock.ts'

describe('VirtualClock', () => {
  test('timers due at the same instant fire in the order they were set', async () => {
    const clock = new VirtualClock(0)
    const fired: string[] = []
    clock.schedule(10, () => fired.push('a'))
    clock.schedule(5, () => fired.push('early'))
    clock.schedule(10, () => fired.push('b'))
    await clock.runUntil(20)
    expect(fired).toEqual(['early', 'a', 'b'])
    expect(clock.now()).toBe(20)
  })

  test('a timer fires in whole milliseconds, and never early', async () => {
    const clock = new VirtualClock(0)
    const fired: number[] = []
    for (const delayMs of [0.2, 1.5, 3]) clock.schedule(delayMs, () => fired.push(clock.now()))
    await clock.advance(10)
    expect(fired).toEqual([1, 2, 3])
  })

  test('promise chains settle before time moves on', async () => {
    const clock = new VirtualClock(0)
    const seen: number[] = []
    async function worker(): Promise<void> {
      await clock.sleep(5)
      for (let step = 0; step < 50; step++) await Promise.resolve()
      seen.push(clock.now())
    }
    void worker()
    clock.schedule(6, () => seen.push(clock.now()))
    await clock.runUntil(100)
    expect(seen).toEqual([5, 6])
  })

  test('work that yields comes back before time moves on', async () => {
    const clock = new VirtualClock(0)
    const seen: number[] = []
    async function worker(): Promise<void> {
      await clock.sleep(5)
      for (let step = 0; step < 10; step++) await clock.yield()
      seen.push(clock.now())
    }
    void worker()
    clock.schedule(6, () => seen.push(-1))
    await clock.runUntil(100)
    expect(seen).toEqual([5, -1])
  })

  test('a cancelled timer does not fire, and an aborted sleep rejects', async () => {
    const clock = new VirtualClock(0)
    clock.schedule(1, () => expect.unreachable()).cancel()
    const stop = new AbortController()
    const sleeping = clock.sleep(10, stop.signal)
    stop.abort(new Error('stopped'))
    await expect(sleeping).rejects.toThrow('stopped')
    await clock.runUntil(50)
  })
})

test('stands still while something happens outside of its time', async () => {
  const clock = new VirtualClock(0)
  let loadedAtMs = -1
  const slow = new Promise<void>((resolve) => setImmediate(() => setImmediate(() => setImmediate(resolve))))
  clock.schedule(10, () => {
    void clock.outside(slow).then(() => (loadedAtMs = clock.now()))
  })
  await clock.runUntil(1_000)
  expect(loadedAtMs).toBe(10)
})
