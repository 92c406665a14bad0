import { aborted } from '../base/abort.ts'
import { Node } from '../api/kinds/core/node.ts'
import { Pod } from '../api/kinds/core/pod.ts'
import { AssertionError } from '../base/assert.ts'
import type { Client } from '../client/client.ts'
import type { Informer } from '../client/informer.ts'
import type { Informers } from '../client/informers.ts'
import { indexByNode, podsOnNode } from '../client/pods-by-node.ts'
import type { Clock, Timer } from '../world/clock.ts'
import type { KubeletDeps } from './deps.ts'
import { NodeMemory } from './eviction/node-memory.ts'
import { type LogRequest, readLogs } from './logs.ts'
import { Heartbeats } from './nodes/heartbeats.ts'
import { NodeAgent } from './nodes/node-agent.ts'
import { internalIpOf, NodeNetwork } from './nodes/node-network.ts'
import { faultOf, isSimulated, type NodeFault } from './nodes/ours.ts'
import type { ContainerWorker } from './pods/container-worker.ts'
import { PodWorker } from './pods/pod-worker.ts'
import type { Runtime, Usage } from './runtime.ts'
import { References } from './volumes/references.ts'

/** How many pods are worked on together; others get their turn in between. */
const BATCH_MAX = 256
/** How long after a failed write a pod is looked at again: twice as long after each further failure. */
const RETRY_MIN_MS = 1_000
const RETRY_MAX_MS = 60_000
/** How often nodes give signs of life: kubernetes/kubernetes pkg/kubelet/kubelet.go, a quarter of the lease's duration. */
const BEAT_MS = 10_000

export interface KubeletsOptions {
  readonly client: Client
  readonly informers: Informers
  readonly clock: Clock
  readonly runtime: Runtime
  /** Which nodes are ours; those of `isSimulated` unless told otherwise. */
  readonly isOurs?: (node: Node) => boolean
  /** How often nodes renew their leases, and look at their memory. Every 10 s unless told otherwise. */
  readonly beatMs?: number
  /** Told of what went wrong; the work is tried again. */
  readonly onError: (error: unknown) => void
}

/** What one container uses now. */
export interface ContainerUsage extends Usage {
  readonly name: string
  readonly startedAtMs: number
}

interface ContainerConsumption extends ContainerUsage {
  /** Without the runtime's name in front. */
  readonly id: string
  readonly image: string
  readonly cpuSeconds: number
}

interface PodKey {
  readonly namespace: string
  readonly name: string
}

/** A node of ours. */
interface Machine {
  readonly agent: NodeAgent
  readonly memory: NodeMemory
  readonly workers: Set<PodWorker>
  /** Set by hand; goes before what the node's annotation says. */
  injected: NodeFault | undefined
  fault: NodeFault | undefined
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
  readonly #machines = new Map<string, Machine>()
  readonly #workers = new Map<string, PodWorker>()
  readonly #network = new NodeNetwork()
  readonly #heartbeats: Heartbeats
  readonly #beatMs: number
  readonly #dirty = new Set<PodWorker>()
  /** How long the next retry of a worker waits. */
  readonly #retryMs = new Map<PodWorker, number>()
  readonly #retries = new Set<Timer>()
  #isDraining = false
  #isStopped = false

  constructor(options: KubeletsOptions) {
    const { client, informers, clock, runtime, beatMs = BEAT_MS } = options
    this.#options = options
    this.#beatMs = beatMs
    this.#deps = { client, informers, clock, runtime, references: new References(informers) }
    this.#pods = informers.of(Pod)
    this.#nodes = informers.of(Node)
    this.#heartbeats = new Heartbeats({ clock, periodMs: beatMs, beat: (agent) => this.#beat(agent) })
  }

  /** Runs until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#deps.informers.synced()
    if (signal.aborted) return
    indexByNode(this.#pods)
    for (const node of this.#nodes.values()) this.#network.adopt(node)
    const detach = [
      this.#nodes.handle({
        added: (node) => this.#nodeSeen(node),
        updated: (node) => this.#nodeSeen(node),
        deleted: (node) => this.#nodeGone(node),
      }),
      this.#pods.handle({
        added: (pod) => this.#podSeen(pod),
        updated: (pod, old) => {
          // Over a lost watch a pod may have been replaced by another of its name.
          if (old.metadata.uid !== pod.metadata.uid) this.#podGone(old.metadata.uid)
          this.#podSeen(pod)
        },
        deleted: (pod) => this.#podGone(pod.metadata.uid),
      }),
    ]
    await aborted(signal)
    this.#isStopped = true
    this.#heartbeats.stop()
    for (const off of detach) off()
    for (const worker of this.#workers.values()) worker.stop()
    for (const { agent } of this.#machines.values()) agent.images.stop()
    for (const timer of this.#retries) timer.cancel()
  }

  /** The log of one container. Throws a 400 where there is none yet. */
  readLogs(request: LogRequest): AsyncIterable<string> {
    return readLogs(request, this, this.#deps.clock)
  }

  /** What the containers of a pod that have been started use now; undefined for a pod that is not ours. */
  usage(key: PodKey): readonly ContainerUsage[] | undefined {
    const worker = this.#workerOf(key)
    if (worker === undefined) return undefined
    const usages: ContainerUsage[] = []
    for (const { facts, handle } of worker.containers()) {
      if (handle === undefined) continue
      usages.push({ name: facts.spec.name, startedAtMs: handle.startedAtMs, ...handle.usage() })
    }
    return usages
  }

  /** The same with what they used in all, for the containers that run. */
  consumption(key: PodKey): readonly ContainerConsumption[] | undefined {
    const worker = this.#workerOf(key)
    if (worker === undefined) return undefined
    const readings: ContainerConsumption[] = []
    for (const { facts, handle } of worker.containers()) {
      if (handle === undefined || facts.run === undefined || facts.run.exit !== undefined) continue
      const { id, startedAtMs } = handle
      const image = facts.run.image.name
      readings.push({
        name: facts.spec.name,
        id,
        image,
        startedAtMs,
        cpuSeconds: handle.cpuSeconds(),
        ...handle.usage(),
      })
    }
    return readings
  }

  /** How a node has failed; undefined while it is well. */
  faultOf(node: string): NodeFault | undefined {
    return this.#machines.get(node)?.fault
  }

  container(key: PodKey, container: string): ContainerWorker | undefined {
    return this.#workerOf(key)?.container(container)
  }

  /** Lets a node fail, or with `undefined` come back: what its annotation `dabba.dev/node-fault` does, by hand. */
  setFault(node: string, fault: NodeFault | undefined): void {
    const machine = this.#machines.get(node)
    const object = this.#nodes.get({ name: node })
    if (machine === undefined || object === undefined) return
    machine.injected = fault
    this.#considerFault(machine, object)
  }

  #workerOf(key: PodKey): PodWorker | undefined {
    return this.#workers.get(this.#pods.get(key)?.metadata.uid ?? '')
  }

  #beat(agent: NodeAgent): void {
    void agent.beat().catch(this.#options.onError)
    this.#machines.get(agent.name)?.memory.observe(this.#deps.clock.now())
  }

  #nodeSeen(node: Node): void {
    const known = this.#machines.get(node.metadata.name)
    const machine = known ?? this.#newMachine(node)
    if (machine === undefined) return
    machine.agent.update(node)
    this.#considerFault(machine, node)
  }

  #newMachine(node: Node): Machine | undefined {
    const { name } = node.metadata
    const { isOurs = isSimulated, onError } = this.#options
    if (!isOurs(node)) return undefined
    this.#network.adopt(node)
    const podCidr = node.spec.podCIDR ?? this.#network.block()
    const ip = internalIpOf(node.status) ?? this.#network.address()
    const agent = new NodeAgent({ deps: this.#deps, node, ip, podCidr, beatMs: this.#beatMs, onError })
    const workers = new Set<PodWorker>()
    const memory = new NodeMemory(agent, workers)
    const machine: Machine = { agent, memory, workers, injected: undefined, fault: undefined }
    this.#machines.set(name, machine)
    this.#deps.runtime.keep(name, node.status?.images ?? [])
    this.#heartbeats.add(agent)
    this.#considerFault(machine, node)
    void agent.begin().catch(onError)
    for (const pod of podsOnNode(this.#pods, name)) this.#podSeen(pod)
    return machine
  }

  /** The machine is gone, and what ran on it. The pods' objects are the garbage collector's. */
  #nodeGone(node: Node): void {
    const machine = this.#machines.get(node.metadata.name)
    if (machine === undefined) return
    this.#machines.delete(node.metadata.name)
    this.#heartbeats.delete(machine.agent)
    this.#network.release(node)
    for (const worker of machine.workers) this.#podGone(worker.uid)
    machine.agent.images.stop()
  }

  #considerFault(machine: Machine, node: Node): void {
    const fault = machine.injected ?? faultOf(node)
    if (fault === machine.fault) return
    const before = machine.fault
    machine.fault = fault
    const { agent, workers } = machine
    if (fault === undefined) {
      void agent.recover({ wasDown: before === 'down' }).catch(this.#options.onError)
      for (const worker of workers) this.#wake(worker)
      return
    }
    agent.fail()
    if (fault === 'down') for (const worker of workers) worker.crash()
  }

  #podSeen(pod: Pod): void {
    const uid = pod.metadata.uid ?? ''
    const known = this.#workers.get(uid)
    if (known !== undefined) {
      known.update(pod)
      return
    }
    const machine = this.#machines.get(pod.spec.nodeName ?? '')
    if (machine === undefined) return
    const { agent, memory, workers } = machine
    const worker = new PodWorker({
      deps: this.#deps,
      agent,
      pod,
      onChange: (changed) => this.#wake(changed),
      onUsage: () => memory.changed(),
    })
    this.#workers.set(uid, worker)
    workers.add(worker)
    this.#wake(worker)
  }

  #podGone(uid = ''): void {
    const worker = this.#workers.get(uid)
    if (worker === undefined) return
    this.#workers.delete(uid)
    this.#machines.get(worker.node)?.workers.delete(worker)
    this.#dirty.delete(worker)
    this.#retryMs.delete(worker)
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
      this.#retryMs.delete(worker)
    } catch (error) {
      if (error instanceof AssertionError) throw error
      this.#options.onError(error)
      const delayMs = this.#retryMs.get(worker) ?? RETRY_MIN_MS
      this.#retryMs.set(worker, Math.min(delayMs * 2, RETRY_MAX_MS))
      const timer = this.#deps.clock.schedule(delayMs, () => {
        this.#retries.delete(timer)
        if (this.#workers.get(worker.uid) === worker) this.#wake(worker)
      })
      this.#retries.add(timer)
    }
  }
}
