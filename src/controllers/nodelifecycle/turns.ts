/** Nodes of one zone that wait for their turn to drive their pods away: one in `1 / rate` seconds, in order. */
export class Turns {
  readonly #waiting = new Set<string>()
  #rate: number
  #nextMs = 0

  constructor(rate: number) {
    this.#rate = rate
  }

  get waiting(): Iterable<string> {
    return this.#waiting
  }

  /** Who waited for a turn under the old rate waits as long as the new one says. */
  setRate(rate: number, nowMs: number): void {
    if (rate === this.#rate) return
    const isWaiting = this.#rate === 0 || this.#nextMs > nowMs
    this.#rate = rate
    if (isWaiting && rate > 0) this.#nextMs = nowMs + this.#periodMs
  }

  leave(node: string): void {
    this.#waiting.delete(node)
  }

  /** When a node may ask again; its turn is now when that is now. `undefined` while nobody has a turn. */
  ask(node: string, nowMs: number): number | undefined {
    this.#waiting.add(node)
    if (this.#rate === 0) return undefined
    let place = 0
    for (const one of this.#waiting) {
      if (one === node) break
      place++
    }
    return Math.max(this.#nextMs, nowMs) + place * this.#periodMs
  }

  take(node: string, nowMs: number): void {
    this.#waiting.delete(node)
    this.#nextMs = nowMs + this.#periodMs
  }

  get #periodMs(): number {
    return 1_000 / this.#rate
  }
}
