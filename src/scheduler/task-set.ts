import { assert } from '../base/assert.ts'

/** Work that was begun and is not waited for one by one. The first failure is kept, and told of. */
export class TaskSet {
  readonly #onFailure: () => void
  readonly #running = new Set<Promise<void>>()
  #failure: Error | undefined
  #waiting: (() => void)[] = []

  constructor(onFailure: () => void) {
    this.#onFailure = onFailure
  }

  get size(): number {
    return this.#running.size
  }

  get failure(): Error | undefined {
    return this.#failure
  }

  start(work: Promise<void>): void {
    const task = work
      .catch((error: unknown) => {
        assert(error instanceof Error, 'what is thrown is an error')
        this.#failure ??= error
        this.#onFailure()
      })
      .finally(() => {
        this.#running.delete(task)
        for (const wake of this.#waiting.splice(0)) wake()
      })
    this.#running.add(task)
  }

  /** Resolves when fewer than `count` tasks are running. */
  async below(count: number): Promise<void> {
    while (this.#running.size >= count) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }
}
