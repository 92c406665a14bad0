import { volumeProblem } from '../volumes/volume-problem.ts'
import type { PodContext } from './pod-context.ts'

/** The first wait before a mount that failed is tried again, and the longest (kubernetes/kubernetes pkg/util/goroutinemap/exponentialbackoff). */
const RETRY_MIN_MS = 500
const RETRY_MAX_MS = 122_000

/** Mounts the volumes of a pod; while something is missing, says so again and again, ever less often. */
export class Mounting {
  readonly #context: PodContext
  #retryAtMs = 0
  #delayMs = 0

  constructor(context: PodContext) {
    this.#context = context
  }

  /** Undefined when all is mounted; else when to try again, if what is missing does not come before. */
  attempt(): number | undefined {
    const { deps } = this.#context
    const problem = volumeProblem(this.#context.fields(), deps.references)
    if (problem === undefined) return undefined
    this.#context.awaitReferences()
    const nowMs = deps.clock.now()
    if (nowMs >= this.#retryAtMs) {
      this.#context.event({ type: 'Warning', reason: 'FailedMount', message: problem })
      this.#delayMs = Math.min(Math.max(RETRY_MIN_MS, this.#delayMs * 2), RETRY_MAX_MS)
      this.#retryAtMs = nowMs + this.#delayMs
    }
    return this.#retryAtMs
  }
}
