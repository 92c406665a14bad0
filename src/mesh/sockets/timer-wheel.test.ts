import { assert, integer, property, array, record, boolean } from 'fast-check'
import { expect, test } from 'vitest'
import type { Clock } from '../../world/clock.ts'
import { VirtualClock } from '../../world/virtual-clock.ts'
import { Alarm, TimerWheel } from './timer-wheel.ts'

const TICK_MS = 8

test('every alarm that is not cleared fires once, not early and not more than a tick late', async () => {
  const clock = new VirtualClock(1_000_003)
  const wheel = new TimerWheel(clock)
  const delays = [0, 1, 7, 8, 9, 500, 4_095, 4_096, 4_097, 10_000, 60_000]
  const fired: [number, number][] = []
  for (const delayMs of delays) wheel.set(new Alarm(() => fired.push([delayMs, clock.now() - 1_000_003])), delayMs)
  const cleared = new Alarm(() => fired.push([-1, -1]))
  wheel.set(cleared, 700)
  wheel.set(cleared, 900)
  wheel.clear(cleared)
  wheel.clear(cleared)
  await clock.advance(61_000)
  expect(fired.map(([delayMs]) => delayMs).toSorted((a, b) => a - b)).toEqual(delays)
  for (const [delayMs, atMs] of fired) {
    expect(atMs).toBeGreaterThanOrEqual(delayMs)
    expect(atMs).toBeLessThanOrEqual(delayMs + 2 * TICK_MS)
  }
})

test('an alarm may set itself again, and nothing runs while none is set', async () => {
  const clock = new VirtualClock(0)
  const wheel = new TimerWheel(clock)
  let count = 0
  const alarm = new Alarm(() => {
    if (++count < 3) wheel.set(alarm, 100)
  })
  wheel.set(alarm, 100)
  await clock.advance(10_000)
  expect(count).toBe(3)
  await clock.advance(86_400_000)
  wheel.set(alarm, 50)
  await clock.advance(70)
  expect(count).toBe(4)
})

test('an alarm that is far away wakes nobody up, and one that comes before it is not late', async () => {
  const clock = new VirtualClock(0)
  let wakes = 0
  const counting = {
    now: () => clock.now(),
    schedule: (delayMs: number, fire: () => void) =>
      clock.schedule(delayMs, () => {
        wakes++
        fire()
      }),
  } as Clock
  const wheel = new TimerWheel(counting)
  const fired: number[] = []
  wheel.set(new Alarm(() => fired.push(clock.now())), 3_600_000)
  await clock.advance(60_000)
  expect(wakes).toBeLessThan(20)
  wheel.set(new Alarm(() => fired.push(clock.now())), 100)
  await clock.advance(3_600_000)
  expect(fired[0]).toBeGreaterThanOrEqual(60_100)
  expect(fired[0]).toBeLessThanOrEqual(60_100 + 2 * TICK_MS)
  expect(fired[1]).toBeGreaterThanOrEqual(3_600_000)
  expect(fired[1]).toBeLessThanOrEqual(3_600_000 + 2 * TICK_MS)
})

test('an alarm that fires may clear its neighbours', () => {
  const plan = array(record({ delayMs: integer({ min: 0, max: 20 }), clearsNext: boolean() }), { maxLength: 20 })
  assert(
    property(plan, (entries) => {
      let nowMs = 0
      const due = new Set<() => void>()
      const wheel = new TimerWheel({
        now: () => nowMs,
        schedule: (_delayMs: number, fire: () => void) => {
          due.add(fire)
          return { cancel: () => due.delete(fire) }
        },
      } as never)
      const fired = new Set<number>()
      const alarms: Alarm[] = entries.map(
        ({ clearsNext }, index) =>
          new Alarm(() => {
            expect(fired.has(index)).toBe(false)
            fired.add(index)
            const next = alarms[index + 1]
            if (clearsNext && next !== undefined) wheel.clear(next)
          }),
      )
      for (const [index, { delayMs }] of entries.entries()) wheel.set(alarms[index] as Alarm, delayMs)
      while (due.size > 0) {
        nowMs += TICK_MS
        const [fire] = due
        due.clear()
        fire?.()
      }
      for (const index of entries.keys()) {
        const wasCleared = index > 0 && entries[index - 1]?.clearsNext === true && fired.has(index - 1)
        expect(fired.has(index) || wasCleared).toBe(true)
      }
    }),
  )
})
