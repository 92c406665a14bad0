/** How many requests of a cluster wait for a connection, whatever protocol they speak: of one proxy. */
export class PendingLimit {
  max: number
  #count = 0

  constructor(max = Number.POSITIVE_INFINITY) {
    this.max = max
  }

  get count(): number {
    return this.#count
  }

  get isFull(): boolean {
    return this.#count >= this.max
  }

  /** Whether one more may wait; it is counted then. */
  take(): boolean {
    if (this.isFull) return false
    this.#count++
    return true
  }

  give(): void {
    this.#count--
  }
}
