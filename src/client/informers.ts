import { apiVersionOf, type Kind } from '../api/kind.ts'
import type { ApiObject } from '../api/object.ts'
import type { Clock } from '../world/clock.ts'
import type { Client } from './client.ts'
import { Informer } from './informer.ts'

/** One informer a kind, shared by all who ask: the cluster's state is held once. */
export class Informers {
  readonly #client: Client
  readonly #clock: Clock
  readonly #informers = new Map<string, Informer<ApiObject>>()
  /** Asked for in every event: found without printing the kind. */
  readonly #byKind = new WeakMap<object, Informer<ApiObject>>()
  #stopped = false

  constructor(client: Client, clock: Clock) {
    this.#client = client
    this.#clock = clock
  }

  /** Started when first asked for. */
  of<T extends ApiObject>(kind: Kind<T>): Informer<T> {
    const known = this.#byKind.get(kind)
    if (known !== undefined) return known as unknown as Informer<T>
    const name = `${apiVersionOf(kind)}/${kind.kind}`
    let informer = this.#informers.get(name)
    if (informer === undefined) {
      informer = new Informer<ApiObject>(this.#client, kind as unknown as Kind, this.#clock)
      this.#informers.set(name, informer)
      if (!this.#stopped) informer.start()
    }
    this.#byKind.set(kind, informer)
    return informer as unknown as Informer<T>
  }

  /** Resolves once every informer asked for so far has its first state. */
  async synced(): Promise<void> {
    await Promise.all([...this.#informers.values()].map((informer) => informer.synced()))
  }

  stop(): void {
    this.#stopped = true
    for (const informer of this.#informers.values()) informer.stop()
  }
}
