import { type Clock, sleepWith, type Timer } from '../../src/world/clock.ts'
import { realWorld } from '../../src/world/real-world.ts'

/** How a wheel of timers counts; times are whole ticks of it wherever somebody hangs. */
const TICK_MS = 8

interface Tick {
  readonly dueMs: number
  fire(): void
}

/**
 * The time of one driver, which passes only where somebody waits, so that as much of it passes in every driver.
 *
 * Invariants:
 *  1. While a request or an answer is on its way, time stands still: nothing is late because the machine is busy.
 *  2. A pause (an injected delay, one before a retry) is over at once, and takes its time.
 *  3. Whoever hangs lets time pass, and timeouts fire in it that are due in it, in their order.
 */
export class StandingTime {
  nowMs = 1_750_000_000_000
  readonly #real = realWorld().clock
  readonly #ticks = new Set<Tick>()
  /** Of those who pause. */
  readonly clock: Clock = this.#clockOf((delayMs, fire) => {
    const dueMs = this.nowMs + delayMs
    let isCancelled = false
    void this.#real.yield().then(() => {
      if (isCancelled) return
      this.nowMs = Math.max(this.nowMs, dueMs)
      fire()
    })
    return { cancel: () => (isCancelled = true) }
  })
  /** Of a wheel of timeouts. */
  readonly wheelClock: Clock = this.#clockOf((_delayMs, fire) => {
    const tick = { dueMs: (Math.floor(this.nowMs / TICK_MS) + 1) * TICK_MS, fire }
    this.#ticks.add(tick)
    return { cancel: () => void this.#ticks.delete(tick) }
  })

  /** To the tick at which what is due in so long has been done. */
  pass(durationMs: number): void {
    const untilMs = Math.ceil((this.nowMs + durationMs) / TICK_MS) * TICK_MS
    for (;;) {
      const [next] = [...this.#ticks].toSorted((a, b) => a.dueMs - b.dueMs)
      if (next === undefined || next.dueMs > untilMs) break
      this.#ticks.delete(next)
      this.nowMs = Math.max(this.nowMs, next.dueMs)
      next.fire()
    }
    this.nowMs = untilMs
  }

  #clockOf(schedule: (delayMs: number, fire: () => void) => Timer): Clock {
    return {
      now: () => this.nowMs,
      schedule,
      sleep: (delayMs, signal) => sleepWith({ schedule }, delayMs, signal),
      yield: () => this.#real.yield(),
      outside: (work) => work,
    }
  }
}
