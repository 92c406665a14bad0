import type { Clock, Timer } from '../world/clock.ts'

/** First and last delay of the per-key back-off (client-go util/workqueue/default_rate_limiters.go). */
const RETRY_MIN_MS = 5
const RETRY_MAX_MS = 1_000_000

/**
 * Keys that want attention.
 *
 * Invariants:
 *  1. A key is in the queue at most once, however often it was added.
 *  2. A key is worked on by at most one worker; added meanwhile, it comes back when that worker is done.
 *  3. Keys come out in the order in which they were added.
 */
export class WorkQueue {
  readonly #clock: Clock
  readonly #waiting = new Set<string>()
  readonly #working = new Set<string>()
  readonly #addedWhileWorking = new Set<string>()
  readonly #delayed = new Map<string, { timer: Timer; dueMs: number }>()
  readonly #failures = new Map<string, number>()
  readonly #takers: ((key: string | undefined) => void)[] = []
  #closed = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#waiting.size
  }

  add(key: string): void {
    if (this.#closed) return
    if (this.#working.has(key)) {
      this.#addedWhileWorking.add(key)
      return
    }
    if (this.#waiting.has(key)) return
    this.#waiting.add(key)
    this.#serve()
  }

  /** Adds `key` after `delayMs`, or earlier if an earlier time was already asked for. */
  addAfter(key: string, delayMs: number): void {
    if (this.#closed) return
    if (delayMs <= 0) {
      this.add(key)
      return
    }
    const dueMs = this.#clock.now() + delayMs
    const pending = this.#delayed.get(key)
    if (pending !== undefined) {
      if (pending.dueMs <= dueMs) return
      pending.timer.cancel()
    }
    const timer = this.#clock.schedule(delayMs, () => {
      this.#delayed.delete(key)
      this.add(key)
    })
    this.#delayed.set(key, { timer, dueMs })
  }

  /** Adds `key` after a delay that doubles with each failure until `forget`. */
  retry(key: string): void {
    const failures = this.#failures.get(key) ?? 0
    this.#failures.set(key, failures + 1)
    this.addAfter(key, Math.min(RETRY_MIN_MS * 2 ** failures, RETRY_MAX_MS))
  }

  forget(key: string): void {
    this.#failures.delete(key)
  }

  /** The next key; waits for one; `undefined` once the queue is closed. Each key taken must be given back by `done`. */
  take(): Promise<string | undefined> {
    return new Promise((resolve) => {
      if (this.#closed) {
        resolve(undefined)
        return
      }
      this.#takers.push(resolve)
      this.#serve()
    })
  }

  done(key: string): void {
    this.#working.delete(key)
    if (this.#addedWhileWorking.delete(key)) this.add(key)
  }

  close(): void {
    this.#closed = true
    for (const { timer } of this.#delayed.values()) timer.cancel()
    this.#delayed.clear()
    for (const taker of this.#takers.splice(0)) taker(undefined)
  }

  #serve(): void {
    while (this.#takers.length > 0) {
      const [key] = this.#waiting
      if (key === undefined) return
      this.#waiting.delete(key)
      this.#working.add(key)
      this.#takers.shift()?.(key)
    }
  }
}
