import { EventRecorder, type EventNote } from '../../client/events.ts'
import { isConflict, isNotFound } from '../../client/client.ts'
import { Node } from '../../api/kinds/core/node.ts'
import { Lease } from '../../api/kinds/coordination/lease.ts'
import type { ApiObject } from '../../api/object.ts'
import { printMicroTime } from '../../world/clock.ts'
import type { KubeletDeps } from '../deps.ts'
import { ImageQueue } from '../images/image-queue.ts'
import { AddressPool } from './address-pool.ts'
import { nodeStatus } from './node-status.ts'

const LEASE_NAMESPACE = 'kube-node-lease'
/** kubernetes/kubernetes pkg/kubelet/apis/config/v1beta1/defaults.go: nodeLeaseDurationSeconds and nodeStatusReportFrequency. */
const LEASE_DURATION_SECONDS = 40
const STATUS_PERIOD_MS = 300_000

export interface NodeAgentOptions {
  readonly deps: KubeletDeps
  readonly node: Node
  readonly ip: string
  readonly podCidr: string
  readonly onError: (error: unknown) => void
}

/** One node as its kubelet sees it: what its pods share, and its signs of life. */
export class NodeAgent {
  readonly name: string
  readonly ip: string
  readonly images: ImageQueue
  readonly #deps: KubeletDeps
  readonly #events: EventRecorder
  readonly #addresses: AddressPool
  readonly #onError: (error: unknown) => void
  #node: Node
  #lease: Lease | undefined
  #statusDueMs = 0
  #imageCount = 0
  #isMemoryShort = false
  #isFailed = false

  constructor({ deps, node, ip, podCidr, onError }: NodeAgentOptions) {
    this.name = node.metadata.name
    this.ip = ip
    this.images = new ImageQueue(deps.runtime)
    this.#deps = deps
    this.#node = node
    this.#addresses = new AddressPool(podCidr)
    this.#onError = onError
    const { client, clock } = deps
    this.#events = new EventRecorder({ client, clock, component: 'kubelet', host: this.name })
  }

  get node(): Node {
    return this.#node
  }

  get allocatable(): Readonly<Record<string, string>> {
    return this.#node.status?.allocatable ?? {}
  }

  /** A failed node gives no sign of life, and nothing of what it is told reaches it. Its containers go on. */
  get isFailed(): boolean {
    return this.#isFailed
  }

  set isFailed(isFailed: boolean) {
    this.#isFailed = isFailed
    this.#statusDueMs = 0
  }

  update(node: Node): void {
    this.#node = node
  }

  takeIp(pod: string): string | undefined {
    return this.#addresses.take(pod)
  }

  reserveIp(pod: string, address: string): void {
    this.#addresses.reserve(pod, address)
  }

  releaseIp(pod: string): void {
    this.#addresses.release(pod)
  }

  record(about: ApiObject, note: EventNote): void {
    if (this.#isFailed) return
    void this.#events.record(about, note).catch(this.#onError)
  }

  /** Registers the node: its status and its lease, and what a kubelet says when it begins. */
  async begin(): Promise<void> {
    const wasReady =
      this.#node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
    this.#tell('Starting', 'Starting kubelet.')
    await this.beat()
    if (!wasReady) this.#tell('NodeReady', `Node ${this.name} status is now: NodeReady`)
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
    const facts = {
      ip: this.ip,
      runtimeVersion: this.#deps.runtime.version,
      images,
      isMemoryShort: this.#isMemoryShort,
      nowMs,
    }
    try {
      this.#node = await this.#deps.client.updateStatus(this.#node, nodeStatus(this.#node, facts))
    } catch (error) {
      // Somebody else wrote the node, or removed it: the next beat works on what is there then.
      if (!isConflict(error) && !isNotFound(error)) throw error
      this.#statusDueMs = 0
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
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        name,
        namespace: LEASE_NAMESPACE,
        ownerReferences: [{ apiVersion: 'v1', kind: Node.kind, name, uid }],
      },
      spec: { holderIdentity: name, leaseDurationSeconds: LEASE_DURATION_SECONDS, renewTime },
    }
  }

  #tell(reason: string, message: string): void {
    this.record(this.#node, { type: 'Normal', reason, message })
  }
}
