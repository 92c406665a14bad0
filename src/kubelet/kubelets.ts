import { Node } from '../api/kinds/core/node.ts'
import { Pod } from '../api/kinds/core/pod.ts'
import { AssertionError } from '../base/assert.ts'
import type { Client } from '../client/client.ts'
import type { Informer } from '../client/informer.ts'
import type { Informers } from '../client/informers.ts'
import type { Clock } from '../world/clock.ts'
import type { KubeletDeps } from './deps.ts'
import { Heartbeats } from './nodes/heartbeats.ts'
import { NodeAgent } from './nodes/node-agent.ts'
import { internalIpOf, NodeNetwork } from './nodes/node-network.ts'
import { RUNTIME_LABEL, SIMULATED } from './nodes/ours.ts'
import { PodWorker } from './pods/pod-worker.ts'
import type { Runtime } from './runtime.ts'
import { References } from './volumes/references.ts'

/** How many pods are worked on together; others get their turn in between. */
const BATCH_MAX = 256
/** How long after a failed write a pod is looked at again. */
const RETRY_MS = 1_000
const NODE_INDEX = 'node'

export interface KubeletsOptions {
  readonly client: Client
  readonly informers: Informers
  readonly clock: Clock
  readonly runtime: Runtime
  /** Which nodes are ours; those labelled `dabba.dev/runtime: simulated` unless told otherwise. */
  readonly isOurs?: (node: Node) => boolean
  /** Told of what went wrong; the work is tried again. */
  readonly onError: (error: unknown) => void
}

/**
 * The kubelets of all our nodes in one object: one pod informer, one small state machine a pod, timers only where
 * something is due.
 *
 * Invariants:
 *  1. A pod has a worker exactly while the API has it bound to one of our nodes.
 *  2. A worker is synced by one loop only, and at most once at a time.
 */
export class Kubelets {
  readonly #options: KubeletsOptions
  readonly #deps: KubeletDeps
  readonly #pods: Informer<Pod>
  readonly #nodes: Informer<Node>
  readonly #agents = new Map<string, NodeAgent>()
  readonly #workers = new Map<string, PodWorker>()
  readonly #network = new NodeNetwork()
  readonly #heartbeats: Heartbeats
  readonly #dirty = new Set<PodWorker>()
  #isDraining = false
  #isStopped = false

  constructor(options: KubeletsOptions) {
    const { client, informers, clock, runtime } = options
    this.#options = options
    this.#deps = { client, informers, clock, runtime, references: new References(informers) }
    this.#pods = informers.of(Pod)
    this.#nodes = informers.of(Node)
    this.#heartbeats = new Heartbeats(clock, options.onError)
  }

  /** Runs until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#deps.informers.synced()
    if (signal.aborted) return
    this.#pods.addIndex(NODE_INDEX, ({ spec }) => (spec.nodeName === undefined ? [] : [spec.nodeName]))
    for (const node of this.#nodes.values()) this.#network.adopt(node)
    const detach = [
      this.#nodes.handle({
        added: (node) => this.#nodeAdded(node),
        updated: (node) => this.#nodeUpdated(node),
        deleted: (node) => this.#nodeDeleted(node),
      }),
      this.#pods.handle({
        added: (pod) => this.#podSeen(pod),
        updated: (pod) => this.#podSeen(pod),
        deleted: (pod) => this.#podGone(pod.metadata.uid ?? ''),
      }),
    ]
    await aborted(signal)
    this.#isStopped = true
    this.#heartbeats.stop()
    for (const off of detach) off()
    for (const worker of this.#workers.values()) worker.stop()
  }

  /** The worker of a pod: for its logs and its usage. */
  worker(key: { readonly namespace: string; readonly name: string }): PodWorker | undefined {
    return this.#workers.get(this.#pods.get(key)?.metadata.uid ?? '')
  }

  /** Lets a node fail, or come back: while failed it gives no sign of life and hears nothing. */
  setFailed(node: string, isFailed: boolean): void {
    const agent = this.#agents.get(node)
    if (agent === undefined || agent.isFailed === isFailed) return
    agent.isFailed = isFailed
    if (isFailed) return
    for (const pod of this.#pods.byIndex(NODE_INDEX, node)) this.#podSeen(pod)
    for (const worker of this.#workers.values()) if (worker.node === node) this.#wake(worker)
  }

  #isOurs(node: Node): boolean {
    const { isOurs } = this.#options
    return isOurs === undefined ? node.metadata.labels?.[RUNTIME_LABEL] === SIMULATED : isOurs(node)
  }

  #nodeAdded(node: Node): void {
    const { name } = node.metadata
    if (!this.#isOurs(node) || this.#agents.has(name)) return
    this.#network.adopt(node)
    const podCidr = node.spec.podCIDR ?? this.#network.block()
    const ip = internalIpOf(node.status) ?? this.#network.address()
    const { onError } = this.#options
    const agent = new NodeAgent({ deps: this.#deps, node, ip, podCidr, onError })
    this.#agents.set(name, agent)
    this.#heartbeats.add(agent)
    void agent.begin().catch(onError)
    for (const pod of this.#pods.byIndex(NODE_INDEX, name)) this.#podSeen(pod)
  }

  #nodeUpdated(node: Node): void {
    const agent = this.#agents.get(node.metadata.name)
    if (agent === undefined) this.#nodeAdded(node)
    else agent.update(node)
  }

  /** The machine is gone, and what ran on it. The pods' objects are the garbage collector's. */
  #nodeDeleted(node: Node): void {
    const agent = this.#agents.get(node.metadata.name)
    if (agent === undefined) return
    this.#agents.delete(agent.name)
    this.#heartbeats.delete(agent)
    this.#network.release(node)
    for (const pod of this.#pods.byIndex(NODE_INDEX, agent.name)) this.#podGone(pod.metadata.uid ?? '')
  }

  #podSeen(pod: Pod): void {
    const uid = pod.metadata.uid ?? ''
    const worker = this.#workers.get(uid)
    if (worker !== undefined) {
      worker.update(pod)
      return
    }
    const agent = this.#agents.get(pod.spec.nodeName ?? '')
    if (agent === undefined) return
    const fresh = new PodWorker({ deps: this.#deps, agent, pod, onChange: (changed) => this.#wake(changed) })
    this.#workers.set(uid, fresh)
    this.#wake(fresh)
  }

  #podGone(uid: string): void {
    const worker = this.#workers.get(uid)
    if (worker === undefined) return
    this.#workers.delete(uid)
    this.#dirty.delete(worker)
    worker.gone()
  }

  #wake(worker: PodWorker): void {
    if (this.#isStopped) return
    this.#dirty.add(worker)
    if (!this.#isDraining) void this.#drain()
  }

  /** Works on what has changed, batch by batch: the writes of one batch share what the store gathers. */
  async #drain(): Promise<void> {
    this.#isDraining = true
    while (this.#dirty.size > 0 && !this.#isStopped) {
      // What happens in one turn of the event loop is looked at once.
      await this.#deps.clock.yield()
      const batch: PodWorker[] = []
      for (const worker of this.#dirty) {
        if (batch.length === BATCH_MAX) break
        batch.push(worker)
      }
      for (const worker of batch) this.#dirty.delete(worker)
      await Promise.all(batch.map((worker) => this.#sync(worker)))
    }
    this.#isDraining = false
  }

  async #sync(worker: PodWorker): Promise<void> {
    try {
      await worker.sync()
    } catch (error) {
      if (error instanceof AssertionError) throw error
      this.#options.onError(error)
      this.#deps.clock.schedule(RETRY_MS, () => {
        if (this.#workers.get(worker.uid) === worker) this.#wake(worker)
      })
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
