const TICK_MS = 5
/** Longer than a tick is late where nothing is the matter. */
const STALL_MIN_MS = 20

/**
 * For how long this process stood still: a machine that is busy gave it no time, and nothing in it could be in time. What
 * must not take longer than so much may take that much longer.
 */
export class Stalls implements Disposable {
  #sumMs = 0
  #tickMs = performance.now()
  readonly #timer = setInterval(() => this.#look(), TICK_MS)

  get sumMs(): number {
    this.#look()
    return this.#sumMs
  }

  #look(): void {
    const nowMs = performance.now()
    const gapMs = nowMs - this.#tickMs
    if (gapMs >= STALL_MIN_MS) this.#sumMs += gapMs
    this.#tickMs = nowMs
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}
