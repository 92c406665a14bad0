/** Whoever waits for a turn, told once it comes. */
type Waiting = () => void

/**
 * So many requests at work, and so many more in line.
 *
 * Invariants:
 *  1. Nobody waits while a slot is free.
 *  2. Whoever came first has the next turn.
 */
export class RequestSlots {
  readonly #queueMax: number
  readonly #queue = new Set<Waiting>()
  #free: number

  constructor(concurrency: number, queueMax: number) {
    this.#free = concurrency
    this.#queueMax = queueMax
  }

  /** Takes a slot where one is free. */
  tryEnter(): boolean {
    if (this.#free <= 0) return false
    this.#free--
    return true
  }

  get isFull(): boolean {
    return this.#free <= 0 && this.#queue.size >= this.#queueMax
  }

  /** Stands in line; `turn` is called with a slot. Returns what leaves the line. */
  wait(turn: Waiting): () => void {
    this.#queue.add(turn)
    return () => this.#queue.delete(turn)
  }

  /** Gives the slot on to whoever is next. */
  leave(): void {
    for (const next of this.#queue) {
      this.#queue.delete(next)
      next()
      return
    }
    this.#free++
  }
}
