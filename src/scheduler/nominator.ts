import type { PodInfo } from './pod-info.ts'

/** Pods that wait for room on a node that was made, or is being made, for them. */
export class Nominator {
  readonly #nodes = new Map<string, string>()
  readonly #pods = new Map<string, Map<string, PodInfo>>()

  nominate(pod: PodInfo, node: string): void {
    this.remove(pod.uid)
    if (node === '') return
    this.#nodes.set(pod.uid, node)
    const pods = this.#pods.get(node)
    if (pods === undefined) this.#pods.set(node, new Map([[pod.uid, pod]]))
    else pods.set(pod.uid, pod)
  }

  remove(uid: string): void {
    const node = this.#nodes.get(uid)
    if (node === undefined) return
    this.#nodes.delete(uid)
    const pods = this.#pods.get(node)
    pods?.delete(uid)
    if (pods?.size === 0) this.#pods.delete(node)
  }

  /** The node that a pod was nominated to; empty for none. */
  nodeOf(uid: string): string {
    return this.#nodes.get(uid) ?? ''
  }

  get isEmpty(): boolean {
    return this.#nodes.size === 0
  }

  on(node: string): readonly PodInfo[] {
    return [...(this.#pods.get(node)?.values() ?? [])]
  }

  /** Those on a node that go before this pod: it must leave room for them. */
  aheadOf(pod: PodInfo, node: string): PodInfo[] {
    const nominated = this.#pods.get(node)
    if (nominated === undefined) return []
    const priority = priorityOf(pod)
    return [...nominated.values()].filter((other) => other.uid !== pod.uid && priorityOf(other) >= priority)
  }
}

export function priorityOf({ pod }: PodInfo): number {
  return pod.spec.priority ?? 0
}
