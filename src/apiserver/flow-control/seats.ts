import type { Clock } from '../../world/clock.ts'

/** A request that waits for a seat. */
interface Waiting {
  readonly flow: string
  seat(isThere: boolean): void
}

/**
 * The requests of one priority level that are handled at a time, and those that wait for it.
 *
 *   seats: 3 of 3 taken      flows:  "jane" -> [ r1 r2 r3 ]   "build" -> [ r4 ]      next: r1, r4, r2, r3
 *
 * Invariants:
 *  1. Never are more seats taken than there are.
 *  2. Flows take turns, so that no flow waits for all of another's requests.
 *  3. No request waits longer than `waitMaxMs`, and never more than `waitingMax` of them.
 */
export class Seats {
  readonly #clock: Clock
  readonly #flows = new Map<string, Waiting[]>()
  #seats: number
  #waitingMax: number
  #taken = 0
  #waiting = 0

  constructor(options: { clock: Clock; seats: number; waitingMax: number }) {
    this.#clock = options.clock
    this.#seats = options.seats
    this.#waitingMax = options.waitingMax
  }

  /** The level's configuration has changed. */
  resize(options: { seats: number; waitingMax: number }): void {
    this.#seats = options.seats
    this.#waitingMax = options.waitingMax
    while (this.#taken < this.#seats && this.#waiting > 0) this.#seatNext()
  }

  /** Resolves with what frees the seat again, or with nothing when the request has to be refused. */
  async take(flow: string, waitMaxMs: number): Promise<(() => void) | undefined> {
    if (this.#taken < this.#seats) {
      this.#taken++
      return this.#release()
    }
    if (this.#waiting >= this.#waitingMax) return undefined
    return (await this.#wait(flow, waitMaxMs)) ? this.#release() : undefined
  }

  #wait(flow: string, waitMaxMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = this.#clock.schedule(waitMaxMs, () => {
        this.#forget(waiting)
        resolve(false)
      })
      const waiting: Waiting = {
        flow,
        seat(isThere) {
          timer.cancel()
          resolve(isThere)
        },
      }
      const queue = this.#flows.get(flow)
      if (queue === undefined) this.#flows.set(flow, [waiting])
      else queue.push(waiting)
      this.#waiting++
    })
  }

  #release(): () => void {
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      this.#taken--
      if (this.#taken < this.#seats && this.#waiting > 0) this.#seatNext()
    }
  }

  /** The flow that is served goes to the end of the line. */
  #seatNext(): void {
    for (const [flow, queue] of this.#flows) {
      const next = queue.shift()
      this.#flows.delete(flow)
      if (next === undefined) continue
      if (queue.length > 0) this.#flows.set(flow, queue)
      this.#waiting--
      this.#taken++
      next.seat(true)
      return
    }
  }

  #forget(waiting: Waiting): void {
    const queue = this.#flows.get(waiting.flow) ?? []
    const index = queue.indexOf(waiting)
    if (index < 0) return
    queue.splice(index, 1)
    this.#waiting--
    if (queue.length === 0) this.#flows.delete(waiting.flow)
  }
}
