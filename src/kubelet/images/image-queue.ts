import type { Clock } from '../../world/clock.ts'
import type { Cancel, PullOutcome, PullRequest, Runtime } from '../runtime.ts'

/**
 * The pulls of one node, one after the other as with `serializeImagePulls`. Whoever wants an image whose pull is
 * under way or already waits shares that pull.
 */
export class ImageQueue {
  readonly #runtime: Runtime
  readonly #clock: Clock
  /** By image, in the order in which they were asked for; the first is under way. */
  readonly #waiting = new Map<string, Pull>()
  #cancel: Cancel | undefined

  constructor(runtime: Runtime, clock: Clock) {
    this.#runtime = runtime
    this.#clock = clock
  }

  /** `pulledMs`: how long the pull itself took, without the wait for its turn. */
  pull(request: PullRequest, done: (outcome: PullOutcome, pulledMs: number) => void): Cancel {
    const image = request.container.image ?? ''
    let pull = this.#waiting.get(image)
    if (pull === undefined) this.#waiting.set(image, (pull = { request, listeners: new Set(), isUnderWay: false }))
    pull.listeners.add(done)
    this.#serve()
    return () => pull.listeners.delete(done)
  }

  /** Gives up all pulls; nobody hears of them any more. */
  stop(): void {
    this.#waiting.clear()
    this.#cancel?.()
  }

  #serve(): void {
    const [next] = this.#waiting
    if (next === undefined || next[1].isUnderWay) return
    const [image, pull] = next
    pull.isUnderWay = true
    const beganMs = this.#clock.now()
    this.#cancel = this.#runtime.pull(pull.request, (outcome) => {
      this.#waiting.delete(image)
      for (const listener of pull.listeners) listener(outcome, this.#clock.now() - beganMs)
      this.#serve()
    })
  }
}

interface Pull {
  readonly request: PullRequest
  readonly listeners: Set<(outcome: PullOutcome, pulledMs: number) => void>
  isUnderWay: boolean
}
