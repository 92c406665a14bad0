import type { Clock, Timer } from '../world/clock.ts'

/** First and last delay of the per-key back-off (client-go util/workqueue/default_rate_limiters.go). */
const RETRY_MIN_MS = 5
const RETRY_MAX_MS = 1_000_000

/** Told of what happens to a queue, for who counts it. */
export interface QueueObserver {
  added(): void
  taken(waitedMs: number): void
  done(workedMs: number): void
  retried(): void
}

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
  readonly #observer: QueueObserver | undefined
  /** Since when. */
  readonly #waiting = new Map<string, number>()
  readonly #working = new Map<string, number>()
  readonly #addedWhileWorking = new Set<string>()
  readonly #delayed = new Map<string, { timer: Timer; dueMs: number }>()
  readonly #failures = new Map<string, number>()
  readonly #takers: ((key: string | undefined) => void)[] = []
  #closed = false

  constructor(clock: Clock, observer?: QueueObserver) {
    this.#clock = clock
    this.#observer = observer
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
    this.#waiting.set(key, this.#clock.now())
    this.#observer?.added()
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
    this.#observer?.retried()
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
    const sinceMs = this.#working.get(key)
    this.#working.delete(key)
    if (sinceMs !== undefined) this.#observer?.done(this.#clock.now() - sinceMs)
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
      const [next] = this.#waiting
      if (next === undefined) return
      const [key, sinceMs] = next
      const nowMs = this.#clock.now()
      this.#waiting.delete(key)
      this.#working.set(key, nowMs)
      this.#observer?.taken(nowMs - sinceMs)
      this.#takers.shift()?.(key)
    }
  }
}
