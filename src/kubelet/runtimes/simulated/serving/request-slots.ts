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

  /** Waits in line for a slot; false when the line is full. Rejects with the signal's reason. */
  async enter(signal: AbortSignal): Promise<boolean> {
    if (this.tryEnter()) return true
    if (this.#queue.size >= this.#queueMax) return false
    await new Promise<void>((resolve, reject) => {
      const turn = (): void => {
        signal.removeEventListener('abort', leave)
        resolve()
      }
      const leave = (): void => {
        this.#queue.delete(turn)
        reject(signal.reason as Error)
      }
      if (signal.aborted) {
        leave()
        return
      }
      this.#queue.add(turn)
      signal.addEventListener('abort', leave, { once: true })
    })
    return true
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
