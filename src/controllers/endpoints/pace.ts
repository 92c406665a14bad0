import type { Clock } from '../../world/clock.ts'

/** How many entries of one list are written in a second, but each list is written once a second at least. */
const ENTRIES_A_SECOND = 5_000
const WAIT_MAX_MS = 1_000

/**
 * Keeps long lists from being written anew for each of the many changes that follow each other: the work would grow with
 * the square of their length. The first change is seen at once, those soon after it together. Upstream's API server is
 * slow enough for that by itself, and `--endpoint-updates-batch-period` is there for when it is not.
 */
export class Pace {
  readonly #clock: Clock
  readonly #freeAtMs = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** How long this list is to be left alone yet; 0 when it may be written. */
  waitMs(key: string): number {
    return Math.max(0, (this.#freeAtMs.get(key) ?? 0) - this.#clock.now())
  }

  /** This list, so long, is being written now. Short ones may be written again at once. */
  note(key: string, length: number): void {
    const waitMs = Math.min(Math.floor((length * 1_000) / ENTRIES_A_SECOND), WAIT_MAX_MS)
    if (waitMs === 0) this.#freeAtMs.delete(key)
    else this.#freeAtMs.set(key, this.#clock.now() + waitMs)
  }

  forget(key: string): void {
    this.#freeAtMs.delete(key)
  }
}
