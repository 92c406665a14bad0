/** k8s.io/client-go tools/record/events_cache.go: defaultSpamBurst and defaultSpamQPS. */
const BURST_MAX = 25
const REFILL_MS = 300_000

/** How many events of one source about one object may still be written: a burst, then one every five minutes. */
export class EventBudget {
  #left = BURST_MAX
  #filledAtMs: number

  constructor(nowMs: number) {
    this.#filledAtMs = nowMs
  }

  /** Whether one more may be written now; it then counts. */
  take(nowMs: number): boolean {
    this.#refill(nowMs)
    if (this.#left === 0) return false
    this.#left--
    return true
  }

  /** From when on one more may be written. */
  nextMs(nowMs: number): number {
    this.#refill(nowMs)
    return this.#left > 0 ? nowMs : this.#filledAtMs + REFILL_MS
  }

  #refill(nowMs: number): void {
    if (this.#left === BURST_MAX) {
      this.#filledAtMs = nowMs
      return
    }
    const earned = Math.floor((nowMs - this.#filledAtMs) / REFILL_MS)
    this.#left = Math.min(BURST_MAX, this.#left + earned)
    this.#filledAtMs += earned * REFILL_MS
  }
}
