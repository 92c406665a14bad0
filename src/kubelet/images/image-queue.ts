import type { Cancel, PullOutcome, PullRequest, Runtime } from '../runtime.ts'

/**
 * The pulls of one node, one after the other as with `serializeImagePulls`. Whoever wants an image whose pull is
 * under way or already waits shares that pull.
 */
export class ImageQueue {
  readonly #runtime: Runtime
  /** By image, in the order in which they were asked for; the first is under way. */
  readonly #waiting = new Map<string, Pull>()

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  pull(request: PullRequest, done: (outcome: PullOutcome) => void): Cancel {
    const image = request.container.image ?? ''
    let pull = this.#waiting.get(image)
    if (pull === undefined) this.#waiting.set(image, (pull = { request, listeners: new Set(), isUnderWay: false }))
    pull.listeners.add(done)
    this.#serve()
    return () => pull.listeners.delete(done)
  }

  #serve(): void {
    const [next] = this.#waiting
    if (next === undefined || next[1].isUnderWay) return
    const [image, pull] = next
    pull.isUnderWay = true
    this.#runtime.pull(pull.request, (outcome) => {
      this.#waiting.delete(image)
      for (const listener of pull.listeners) listener(outcome)
      this.#serve()
    })
  }
}

interface Pull {
  readonly request: PullRequest
  readonly listeners: Set<(outcome: PullOutcome) => void>
  isUnderWay: boolean
}
