import type { Cluster } from './cluster.ts'
import type { NodeInfo } from './node-info.ts'
import type { PodInfo } from './pod-info.ts'
import type { NodeFilter } from './plugin.ts'

/**
 * What if these pods were, or were not, on a node? The pods are moved in the cluster itself, and moved back by `undo`;
 * nobody else may look in between.
 */
export class Hypothesis {
  readonly #cluster: Cluster
  readonly #filters: readonly NodeFilter[]
  readonly #node: NodeInfo
  readonly #generation: number
  readonly #before: readonly [string, PodInfo][]
  readonly #moves: { readonly pod: PodInfo; readonly sign: 1 | -1 }[] = []

  constructor(cluster: Cluster, filters: readonly NodeFilter[], row: number) {
    this.#cluster = cluster
    this.#filters = filters
    this.#node = cluster.nodeAt(row)
    this.#generation = cluster.table.generation[row] ?? 0
    this.#before = [...this.#node.pods]
  }

  add(pod: PodInfo): void {
    this.#move(pod, 1)
  }

  remove(pod: PodInfo): void {
    this.#move(pod, -1)
  }

  /** Everything is as it was, down to the order of the node's pods. */
  undo(): void {
    for (const { pod, sign } of this.#moves.splice(0).toReversed()) this.#apply(pod, sign === 1 ? -1 : 1)
    const { pods, row } = this.#node
    pods.clear()
    for (const [uid, pod] of this.#before) pods.set(uid, pod)
    this.#cluster.table.generation[row] = this.#generation
  }

  #move(pod: PodInfo, sign: 1 | -1): void {
    this.#moves.push({ pod, sign })
    this.#apply(pod, sign)
  }

  #apply(pod: PodInfo, sign: 1 | -1): void {
    if (sign === 1) this.#cluster.placePod(pod, this.#node.name)
    else this.#cluster.removePod(pod.uid)
    for (const filter of this.#filters) filter.podChanged?.(pod, this.#node.row, sign)
  }
}
