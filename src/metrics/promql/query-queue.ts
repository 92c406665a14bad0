import type { Clock } from '../../world/clock.ts'
import { canceled, timedOut } from './query-error.ts'

interface Waiting {
  readonly start: () => void
  isGone: boolean
}

/** Lets only so many queries run at a time; the others wait for their turn, first come, first served. */
export class QueryQueue {
  readonly #clock: Clock
  readonly #runningMax: number
  readonly #waiting: Waiting[] = []
  #running = 0

  constructor(clock: Clock, runningMax: number) {
    this.#clock = clock
    this.#runningMax = runningMax
  }

  /** How many run or wait. */
  get size(): number {
    return this.#running + this.#waiting.length
  }

  /** Resolves when the query may run; `leave` must follow. */
  async enter(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) throw canceled('query queue')
    if (this.#running < this.#runningMax) {
      this.#running++
      return
    }
    await new Promise<void>((resolve, reject) => {
      const waiting: Waiting = {
        isGone: false,
        start: () => {
          timer.cancel()
          signal?.removeEventListener('abort', onAbort)
          resolve()
        },
      }
      const giveUp = (failure: Error): void => {
        waiting.isGone = true
        timer.cancel()
        signal?.removeEventListener('abort', onAbort)
        reject(failure)
      }
      const onAbort = (): void => giveUp(canceled('query queue'))
      const timer = this.#clock.schedule(timeoutMs, () => giveUp(timedOut('query queue')))
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#waiting.push(waiting)
    })
  }

  leave(): void {
    let next = this.#waiting.shift()
    while (next?.isGone === true) next = this.#waiting.shift()
    // The place goes to the next one: the number of those running stays.
    if (next === undefined) this.#running--
    else next.start()
  }
}
