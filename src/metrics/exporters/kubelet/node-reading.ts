import type { Node, Pod } from '../../../api/types.generated.ts'

/** What one container that runs uses, and has used. */
export interface ContainerReading {
  readonly name: string
  readonly id: string
  readonly image: string
  readonly startedAtMs: number
  readonly cpuCores: number
  readonly memoryBytes: number
  readonly ephemeralStorageBytes: number
  readonly cpuSeconds: number
}

/** A node at one time. */
export interface NodeReading {
  readonly node: Node
  readonly pods: readonly { readonly pod: Pod; readonly containers: readonly ContainerReading[] }[]
  /** Of all that ran on it, also what is gone. */
  readonly cpuSeconds: number
  readonly nowMs: number
}

/** The processor time of a node: that of a container stays when the container goes. */
export class NodeMeter {
  readonly #last = new Map<string, number>()
  #goneSeconds = 0

  read(containers: Iterable<ContainerReading>): number {
    let sum = 0
    const seen = new Set<string>()
    for (const { id, cpuSeconds } of containers) {
      sum += cpuSeconds
      seen.add(id)
      this.#last.set(id, cpuSeconds)
    }
    for (const [id, seconds] of this.#last) {
      if (seen.has(id)) continue
      this.#goneSeconds += seconds
      this.#last.delete(id)
    }
    return sum + this.#goneSeconds
  }
}
