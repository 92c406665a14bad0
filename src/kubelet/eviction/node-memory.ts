import { quantityValue } from '../../api/quantity-cache.ts'
import type { NodeAgent } from '../nodes/node-agent.ts'
import type { PodWorker } from '../pods/pod-worker.ts'
import { chooseVictim, type Consumer, evictionMessage, MEMORY_THRESHOLD_BYTES } from './memory-pressure.ts'

/** How long a node says that memory is short after it last was (kubernetes/kubernetes pkg/kubelet/apis/config/v1beta1/defaults.go). */
const TRANSITION_MS = 300_000

/** Watches the memory of one node, and evicts pods, one at a time, while it is short. */
export class NodeMemory {
  readonly #agent: NodeAgent
  readonly #workers: Iterable<PodWorker>
  /** The most that the pods can come to use; undefined when it must be counted anew. */
  #bound: number | undefined
  #lastShortMs = Number.NEGATIVE_INFINITY

  constructor(agent: NodeAgent, workers: Iterable<PodWorker>) {
    this.#agent = agent
    this.#workers = workers
  }

  /** Containers have come or gone, or have other limits. */
  changed(): void {
    this.#bound = undefined
  }

  /** Looks at the node's memory now. A node whose pods cannot come near its end is left in peace. */
  observe(nowMs: number): void {
    const allocatable = this.#agent.allocatable['memory']
    if (allocatable === undefined || this.#agent.isFailed) return
    const limit = quantityValue(allocatable) - MEMORY_THRESHOLD_BYTES
    this.#bound ??= this.#count()
    if (this.#bound > limit) this.#reclaim(limit, nowMs)
    this.#agent.tellMemory(nowMs - this.#lastShortMs < TRANSITION_MS)
  }

  #reclaim(limit: number, nowMs: number): void {
    const pods = [...this.#workers].map(consumerOf)
    const used = pods.flatMap(({ containers }) => containers).reduce((sum, { usedBytes }) => sum + usedBytes, 0)
    if (used <= limit) return
    this.#lastShortMs = nowMs
    // One that is on its way out gives its memory back soon: no other goes before that is seen.
    if (pods.some(({ worker }) => worker.facts.end?.why === 'evicted' && !worker.isReleased)) return
    this.#agent.tell('Warning', 'EvictionThresholdMet', 'Attempting to reclaim memory')
    const victim = chooseVictim(pods.filter(({ worker }) => worker.facts.end === undefined))
    victim?.worker.evict(evictionMessage(victim, limit + MEMORY_THRESHOLD_BYTES - used))
  }

  #count(): number {
    let bound = 0
    for (const worker of this.#workers) {
      for (const container of worker.containers()) bound += container.handle?.memoryBound() ?? 0
    }
    return bound
  }
}

function consumerOf(worker: PodWorker): Consumer & { readonly worker: PodWorker } {
  const containers = Array.from(worker.containers(), ({ facts, handle }) => ({
    name: facts.spec.name,
    usedBytes: handle?.usage().memoryBytes ?? 0,
    requestedBytes: quantityValue(facts.granted?.requests?.['memory'] ?? '0'),
  }))
  return { worker, priority: worker.facts.pod.spec.priority ?? 0, containers }
}
