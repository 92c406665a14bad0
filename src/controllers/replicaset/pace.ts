import type { Clock } from '../../world/clock.ts'

/** A set that only has to be counted is counted again after so long for each of its pods, and this long at most. */
const REST_PER_POD_MS = 5
const REST_MAX_MS = 500

/**
 * Spreads out rounds that only count: while thousands of pods become ready one by one, each would cost a status of the
 * set and one of its Deployment. The first change of a burst is told at once, the others together.
 */
export class Pace {
  readonly #clock: Clock
  readonly #urgent = new Set<string>()
  readonly #lastMs = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The next round of `key` may have to create or delete pods: it must not wait. */
  hurry(key: string): void {
    this.#urgent.add(key)
  }

  /** How long the round of `key` is to wait; it takes place when that is 0. */
  restMs(key: string, podCount: number): number {
    const nowMs = this.#clock.now()
    const dueMs = (this.#lastMs.get(key) ?? 0) + Math.min(podCount * REST_PER_POD_MS, REST_MAX_MS)
    if (!this.#urgent.has(key) && dueMs > nowMs) return dueMs - nowMs
    this.#urgent.delete(key)
    this.#lastMs.set(key, nowMs)
    return 0
  }

  forget(key: string): void {
    this.#urgent.delete(key)
    this.#lastMs.delete(key)
  }
}
