import { assert } from '../base/assert.ts'
import { Heap } from '../base/heap.ts'
import { type Clock, sleepWith, type Timer } from './clock.ts'

/** How many turns of the event loop may pass between two timers before we call it a loop that never rests. */
const TURNS_MAX = 1_000_000

/**
 * A clock that jumps from timer to timer, so a day passes in the time its work takes.
 *
 * Invariants:
 *  1. Time moves only inside `runUntil`, and never backwards.
 *  2. Timers due at the same instant fire in the order they were set.
 *  3. Between two timers every settled promise has run its callbacks, and so has all work given up by `yield`; what
 *     happens `outside` is waited for.
 */
export class VirtualClock implements Clock {
  readonly #timers = new Heap<PendingTimer>((a, b) => a.dueMs - b.dueMs || a.order - b.order)
  #nowMs: number
  #order = 0
  /** Work that gave up its turn and has not come back yet. */
  #yielded = 0
  readonly #outside = new Set<Promise<unknown>>()
  #turns = 0

  constructor(startMs: number) {
    this.#nowMs = startMs
  }

  now(): number {
    return this.#nowMs
  }

  schedule(delayMs: number, fire: () => void): Timer {
    // Whole milliseconds, as every clock of a computer has: a timer is never early.
    const timer = new PendingTimer(this.#nowMs + Math.max(0, Math.ceil(delayMs)), this.#order++, fire)
    this.#timers.push(timer)
    return timer
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepWith(this, delayMs, signal)
  }

  async yield(): Promise<void> {
    this.#yielded++
    await turn()
    this.#yielded--
  }

  async outside<T>(work: Promise<T>): Promise<T> {
    this.#outside.add(work)
    try {
      return await work
    } finally {
      this.#outside.delete(work)
    }
  }

  /** Lets time pass until `deadlineMs`. Throws after `eventsMax` timers: a loop that never rests. */
  async runUntil(deadlineMs: number, options: { eventsMax?: number } = {}): Promise<void> {
    assert(deadlineMs >= this.#nowMs, 'time never moves backwards')
    const eventsMax = options.eventsMax ?? Number.POSITIVE_INFINITY
    for (let events = 0; ;) {
      await this.#settle()
      const next = this.#timers.peek()
      if (next === undefined || next.dueMs > deadlineMs) break
      this.#timers.pop()
      if (next.cancelled) continue
      assert(events++ < eventsMax, `more than ${eventsMax} timers before the deadline`)
      this.#nowMs = next.dueMs
      next.fire()
    }
    this.#nowMs = deadlineMs
  }

  /** Lets `durationMs` pass, in whole milliseconds. */
  async advance(durationMs: number): Promise<void> {
    await this.runUntil(this.#nowMs + Math.ceil(durationMs))
  }

  /** Jumps from timer to timer until `done()` holds; false when `deadlineMs` came first. */
  async runUntilTrue(done: () => boolean | Promise<boolean>, deadlineMs: number): Promise<boolean> {
    for (;;) {
      await this.#settle()
      if (await done()) return true
      const next = this.#timers.peek()
      if (next === undefined || next.dueMs > deadlineMs) return false
      await this.runUntil(next.dueMs)
    }
  }

  /** Node drains every microtask before it runs an immediate, so one turn settles what does not yield. */
  async #settle(): Promise<void> {
    this.#turns = 0
    do {
      if (this.#outside.size > 0) await Promise.allSettled(this.#outside)
      await turn()
      assert(this.#turns++ < TURNS_MAX, 'work between two timers never came to rest')
    } while (this.#yielded > 0 || this.#outside.size > 0)
  }
}

class PendingTimer implements Timer {
  readonly dueMs: number
  readonly order: number
  readonly fire: () => void
  cancelled = false

  constructor(dueMs: number, order: number, fire: () => void) {
    this.dueMs = dueMs
    this.order = order
    this.fire = fire
  }

  cancel(): void {
    this.cancelled = true
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
