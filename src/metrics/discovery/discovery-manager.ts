import type { Clock } from '../../world/clock.ts'
import type { Discoverer, TargetGroup } from './target-group.ts'

/** Changes are gathered for so long before targets are synchronised (prometheus: discovery/manager.go). */
const GATHERING_MS = 5_000

/** Runs the discoveries of one set of targets, and tells of all its groups whenever some have changed. */
export class DiscoveryManager {
  readonly #clock: Clock
  readonly #onGroups: (set: string, groups: readonly TargetGroup[]) => void
  readonly #sets = new Map<string, DiscoverySet>()
  readonly #endings = new Set<Promise<void>>()

  constructor(clock: Clock, onGroups: (set: string, groups: readonly TargetGroup[]) => void) {
    this.#clock = clock
    this.#onGroups = onGroups
  }

  /** Finds the targets of `set` by these from here on, and no more by those before. */
  apply(set: string, discoverers: readonly Discoverer[]): void {
    this.#end(set)
    const added = new DiscoverySet({
      clock: this.#clock,
      discoverers,
      onGroups: (groups) => this.#onGroups(set, groups),
    })
    this.#sets.set(set, added)
    added.start()
  }

  remove(set: string): void {
    this.#end(set)
    this.#sets.delete(set)
  }

  /** What is known of the set's targets now. */
  groups(set: string): readonly TargetGroup[] {
    return this.#sets.get(set)?.groups() ?? []
  }

  async stop(): Promise<void> {
    const sets = [...this.#sets.keys()]
    for (const set of sets) this.remove(set)
    await Promise.all(this.#endings)
  }

  /** Whatever it still does is not heard any more. */
  #end(set: string): void {
    const running = this.#sets.get(set)
    if (running === undefined) return
    const ending = running.stop().finally(() => this.#endings.delete(ending))
    this.#endings.add(ending)
  }
}

class DiscoverySet {
  readonly #clock: Clock
  readonly #discoverers: readonly Discoverer[]
  readonly #onGroups: (groups: readonly TargetGroup[]) => void
  readonly #stop = new AbortController()
  /** For each discovery its groups by source. */
  readonly #groups: Map<string, TargetGroup>[]
  #running: Promise<unknown> = Promise.resolve()
  #isTold = false
  #isGathering = false

  constructor(options: {
    clock: Clock
    discoverers: readonly Discoverer[]
    onGroups: (groups: readonly TargetGroup[]) => void
  }) {
    this.#clock = options.clock
    this.#discoverers = options.discoverers
    this.#onGroups = options.onGroups
    this.#groups = options.discoverers.map(() => new Map<string, TargetGroup>())
  }

  start(): void {
    this.#running = Promise.all(
      this.#discoverers.map((discoverer, index) =>
        discoverer.run((groups) => this.#update(index, groups), this.#stop.signal),
      ),
    )
  }

  groups(): readonly TargetGroup[] {
    return this.#groups.flatMap((groups) => [...groups.values()])
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('discovery was stopped'))
    await this.#running
  }

  #update(index: number, groups: readonly TargetGroup[]): void {
    const known = this.#groups[index]
    if (known === undefined || this.#stop.signal.aborted) return
    for (const group of groups) known.set(group.source, group)
    this.#tell()
  }

  /** The first groups are told at once, later ones together. */
  #tell(): void {
    if (this.#isGathering) return
    if (!this.#isTold) {
      this.#isTold = true
      this.#onGroups(this.groups())
      return
    }
    this.#isGathering = true
    this.#clock.schedule(GATHERING_MS, () => {
      this.#isGathering = false
      if (!this.#stop.signal.aborted) this.#onGroups(this.groups())
    })
  }
}
