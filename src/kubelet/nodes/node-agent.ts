import { Lease } from '../../api/kinds/coordination/lease.ts'
import { Node } from '../../api/kinds/core/node.ts'
import type { ApiObject } from '../../api/object.ts'
import type { CSINode, Pod, PodSpec } from '../../api/types.generated.ts'
import { isAlreadyExists, isConflict, isNotFound } from '../../client/client.ts'
import { type EventNote, EventRecorder } from '../../client/events.ts'
import { printMicroTime } from '../../world/clock.ts'
import type { KubeletDeps } from '../deps.ts'
import { ImageQueue } from '../images/image-queue.ts'
import { AddressPool } from './address-pool.ts'
import { type Rejection, rejectionOf, shortageAlone, shortageOf } from './node-admission.ts'
import { NodeResources } from './node-resources.ts'
import { nodeStatus } from './node-status.ts'

const LEASE_NAMESPACE = 'kube-node-lease'
/** A lease lasts as long as four of its renewals: 40 s (kubernetes/kubernetes pkg/kubelet/apis/config/v1beta1/defaults.go). */
const LEASE_BEATS = 4
/** The same file: nodeStatusReportFrequency. */
const STATUS_PERIOD_MS = 300_000

export interface NodeAgentOptions {
  readonly deps: KubeletDeps
  readonly node: Node
  readonly ip: string
  readonly podCidr: string
  readonly beatMs: number
  readonly onError: (error: unknown) => void
}

/** One node as its kubelet sees it: what its pods share, and its signs of life. */
export class NodeAgent {
  readonly name: string
  readonly ip: string
  readonly podCidr: string
  readonly images: ImageQueue
  readonly #deps: KubeletDeps
  readonly #beatMs: number
  readonly #events: EventRecorder
  readonly #addresses: AddressPool
  readonly #resources = new NodeResources()
  /** Pods whose resize waits for others to go. */
  readonly #deferred = new Set<{ resourcesFreed(): void }>()
  readonly #onError: (error: unknown) => void
  #node: Node
  #lease: Lease | undefined
  #statusDueMs = 0
  #imageCount = 0
  #boots = 1
  #isMemoryShort = false
  #isFailed = false

  constructor({ deps, node, ip, podCidr, beatMs, onError }: NodeAgentOptions) {
    this.name = node.metadata.name
    this.ip = ip
    this.podCidr = podCidr
    this.images = new ImageQueue(deps.runtime, deps.clock)
    this.#deps = deps
    this.#node = node
    this.#beatMs = beatMs
    this.#addresses = new AddressPool(podCidr)
    this.#onError = onError
    const { client, clock } = deps
    this.#events = new EventRecorder({ client, clock, component: 'kubelet', host: this.name })
  }

  get allocatable(): Readonly<Record<string, string>> {
    return this.#node.status?.allocatable ?? {}
  }

  /** A failed node gives no sign of life, and nothing of what it is told reaches it. */
  get isFailed(): boolean {
    return this.#isFailed
  }

  fail(): void {
    this.#isFailed = true
  }

  /** Comes back; after a loss of power as a machine that has just started. */
  async recover({ wasDown }: { wasDown: boolean }): Promise<void> {
    this.#isFailed = false
    this.#statusDueMs = 0
    if (wasDown) this.#boots++
    await this.beat()
    if (!wasDown) return
    const bootId = this.#node.status?.nodeInfo?.bootID ?? ''
    this.tell('Warning', 'Rebooted', `Node ${this.name} has been rebooted, boot id: ${bootId}`)
  }

  update(node: Node): void {
    this.#node = node
  }

  /** Undefined when the node has no address left. */
  takeIp(pod: string): string | undefined {
    return this.#addresses.take(pod)
  }

  reserveIp(pod: string, address: string): void {
    this.#addresses.reserve(pod, address)
  }

  releaseIp(pod: string): void {
    this.#addresses.release(pod)
  }

  /** Takes a pod on, unless there is a reason not to. */
  admit({ metadata, spec }: Pod): Rejection | undefined {
    const uid = metadata.uid ?? ''
    const facts = { node: this.#node, used: this.#resources.used(uid), isMemoryShort: this.#isMemoryShort }
    const rejection = rejectionOf(spec, facts)
    if (rejection === undefined) this.grant(uid, spec)
    return rejection
  }

  grant(pod: string, spec: PodSpec): void {
    this.#resources.take(pod, spec)
  }

  /** Why a pod cannot have what its spec wants now: never on this node, or not yet. */
  refuseResize({ metadata, spec }: Pod, waiter: { resourcesFreed(): void }): Rejection | undefined {
    const alone = shortageAlone(spec, this.#node)
    if (alone !== undefined) return { reason: 'Infeasible', message: alone }
    const shortage = shortageOf(spec, this.#node, this.#resources.used(metadata.uid ?? ''))
    if (shortage === undefined) return undefined
    this.#deferred.add(waiter)
    return { reason: 'Deferred', message: shortage.message }
  }

  /** Gives back all that a pod held. */
  release(pod: string): void {
    this.releaseIp(pod)
    if (!this.#resources.free(pod)) return
    const waiters = [...this.#deferred]
    this.#deferred.clear()
    for (const waiter of waiters) waiter.resourcesFreed()
  }

  record(about: ApiObject, note: EventNote): void {
    if (this.#isFailed) return
    void this.#events.record(about, note).catch(this.#onError)
  }

  tell(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.record(this.#node, { type, reason, message })
  }

  /** Registers the node: its block of addresses, its status and its lease, and what a kubelet says when it begins. */
  async begin(): Promise<void> {
    const wasReady = this.#node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')
    this.tell('Normal', 'Starting', 'Starting kubelet.')
    if (this.#node.spec.podCIDR === undefined) {
      const spec = { podCIDR: this.podCidr, podCIDRs: [this.podCidr] }
      await this.#deps.client.mergePatch(Node, { name: this.name }, { spec })
    }
    await this.beat()
    await this.#registerVolumeDrivers()
    if (wasReady === true) return
    for (const state of ['NodeHasSufficientMemory', 'NodeHasNoDiskPressure', 'NodeHasSufficientPID', 'NodeReady']) {
      this.#tellState(state)
    }
  }

  /** The signs of life: the lease each time, the status when it changed or has not been told for long. */
  async beat(): Promise<void> {
    if (this.#isFailed) return
    await this.#renewLease()
    const nowMs = this.#deps.clock.now()
    const images = this.#deps.runtime.images(this.name)
    if (nowMs < this.#statusDueMs && images.length === this.#imageCount) return
    this.#imageCount = images.length
    this.#statusDueMs = nowMs + STATUS_PERIOD_MS
    const status = nodeStatus(this.#node, {
      ip: this.ip,
      runtimeVersion: this.#deps.runtime.version,
      images,
      boots: this.#boots,
      isMemoryShort: this.#isMemoryShort,
      nowMs,
    })
    try {
      // What it became comes by `update`: by the time that the answer is here, somebody may have written the node again.
      await this.#deps.client.updateStatus(this.#node, status)
    } catch (error) {
      // Somebody else wrote the node, or removed it: the next beat works on what is there then.
      if (!isConflict(error) && !isNotFound(error)) throw error
      this.#statusDueMs = 0
    }
  }

  /** Whether memory is short; a change is told at once. */
  tellMemory(isShort: boolean): void {
    if (isShort === this.#isMemoryShort) return
    this.#isMemoryShort = isShort
    this.#statusDueMs = 0
    this.#tellState(isShort ? 'NodeHasInsufficientMemory' : 'NodeHasSufficientMemory')
    void this.beat().catch(this.#onError)
  }

  #tellState(state: string): void {
    this.tell('Normal', state, `Node ${this.name} status is now: ${state}`)
  }

  /** Programs that bring a driver wait for the node to have a list of them; it is empty to begin with. */
  async #registerVolumeDrivers(): Promise<void> {
    const { name, uid = '' } = this.#node.metadata
    const metadata = { name, ownerReferences: [{ apiVersion: 'v1', kind: Node.kind, name, uid }] }
    try {
      await this.#deps.client.create<CSINode>({
        apiVersion: 'storage.k8s.io/v1',
        kind: 'CSINode',
        metadata,
        spec: { drivers: [] },
      })
    } catch (error) {
      // It is there since an earlier start.
      if (!isAlreadyExists(error)) throw error
    }
  }

  async #renewLease(): Promise<void> {
    const { client, clock } = this.#deps
    const renewTime = printMicroTime(clock.now())
    try {
      this.#lease ??= await client.get(Lease, { namespace: LEASE_NAMESPACE, name: this.name })
      this.#lease = await (this.#lease === undefined
        ? client.create(this.#newLease(renewTime))
        : client.update({ ...this.#lease, spec: { ...this.#lease.spec, renewTime } }))
    } catch (error) {
      // Somebody else wrote the lease, or its namespace is not there yet: the next beat begins anew.
      if (!isConflict(error) && !isNotFound(error)) throw error
      this.#lease = undefined
    }
  }

  #newLease(renewTime: string): Lease {
    const { name, uid = '' } = this.#node.metadata
    const leaseDurationSeconds = Math.ceil((LEASE_BEATS * this.#beatMs) / 1_000)
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        name,
        namespace: LEASE_NAMESPACE,
        ownerReferences: [{ apiVersion: 'v1', kind: Node.kind, name, uid }],
      },
      spec: { holderIdentity: name, leaseDurationSeconds, renewTime },
    }
  }
}
