import { Lease } from '../../api/kinds/coordination/lease.ts'
import { Node } from '../../api/kinds/core/node.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import type { Key } from '../../api/object.ts'
import type { PodCondition } from '../../api/types.generated.ts'
import { type Client, isConflict, isNotFound } from '../../client/client.ts'
import {
  type Controller,
  type ControllerContext,
  DONE,
  type Outcome,
  requeueAfter,
  type Source,
  watches,
} from '../../client/controller.ts'
import type { EventRecorder } from '../../client/events.ts'
import type { Informers } from '../../client/informers.ts'
import { type Clock, printTime } from '../../world/clock.ts'
import { GRACE_MS, silentConditions, taintsFor } from './node-health.ts'

const LEASE_NAMESPACE = 'kube-node-lease'
const NODE_INDEX = 'node'

/** Notices nodes that fall silent, and keeps the taints that follow from what a node says of itself. */
export class NodeLifecycleController implements Controller {
  readonly name = 'node-lifecycle'
  readonly sources: readonly Source[] = [watches(Node)]
  readonly #client: Client
  readonly #informers: Informers
  readonly #clock: Clock
  readonly #events: EventRecorder
  /** When each node was first seen here: a node gets its grace from then on, whatever its lease says. */
  readonly #seenMs = new Map<string, number>()

  constructor(options: {
    client: Client
    informers: Informers
    clock: Clock
    events: (component: string) => EventRecorder
  }) {
    this.#client = options.client
    this.#informers = options.informers
    this.#clock = options.clock
    this.#events = options.events('node-controller')
  }

  async start({ informers }: ControllerContext): Promise<void> {
    informers.of(Pod).addIndex(NODE_INDEX, ({ spec }) => (spec.nodeName === undefined ? [] : [spec.nodeName]))
    informers.of(Lease)
    await informers.synced()
  }

  async reconcile(key: Key): Promise<Outcome> {
    const node = this.#informers.of(Node).get(key)
    if (node === undefined) {
      this.#seenMs.delete(key.name)
      return DONE
    }
    const silentForMs = this.#silentForMs(node)
    const judged = silentForMs < GRACE_MS ? node : await this.#declareSilent(node)
    await this.#taint(judged)
    if (isReady(judged) === false) await this.#markPods(judged)
    return requeueAfter(silentForMs < GRACE_MS ? GRACE_MS - silentForMs : GRACE_MS)
  }

  #silentForMs(node: Node): number {
    const { name } = node.metadata
    const now = this.#clock.now()
    const seen = this.#seenMs.get(name) ?? now
    this.#seenMs.set(name, seen)
    const lease = this.#informers.of(Lease).get({ namespace: LEASE_NAMESPACE, name })
    const renewed = Date.parse(lease?.spec?.renewTime ?? '') || 0
    const posted = Math.max(
      0,
      ...(node.status?.conditions ?? []).map((one) => Date.parse(one.lastHeartbeatTime ?? '') || 0),
    )
    return now - Math.max(seen, renewed, posted)
  }

  async #declareSilent(node: Node): Promise<Node> {
    const now = printTime(this.#clock.now())
    const conditions = silentConditions(node, now)
    if (conditions === node.status?.conditions) return node
    const updated = await this.#client.updateStatus(node, { ...node.status, conditions })
    await this.#events.record(node, {
      type: 'Normal',
      reason: 'NodeNotReady',
      message: `Node ${node.metadata.name} status is now: NodeNotReady`,
    })
    return updated
  }

  async #taint(node: Node): Promise<void> {
    const taints = taintsFor(node, printTime(this.#clock.now()))
    if (taints === (node.spec?.taints ?? taints)) return
    await this.#client.update({ ...node, spec: { ...node.spec, taints } })
  }

  /** Pods of a node that is not ready cannot be reached: they are not ready either. */
  async #markPods(node: Node): Promise<void> {
    for (const pod of this.#informers.of(Pod).byIndex(NODE_INDEX, node.metadata.name)) {
      const conditions = pod.status?.conditions ?? []
      if (!conditions.some(({ type, status }) => type === 'Ready' && status === 'True')) continue
      const now = printTime(this.#clock.now())
      const unready = (condition: PodCondition): PodCondition =>
        condition.type === 'Ready' ? { ...condition, status: 'False', lastTransitionTime: now } : condition
      await ignoreRace(this.#client.updateStatus(pod, { ...pod.status, conditions: conditions.map(unready) }))
      await this.#events.record(pod, { type: 'Warning', reason: 'NodeNotReady', message: 'Node is not ready' })
    }
  }
}

function isReady({ status }: Node): boolean | undefined {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')
  return ready === undefined ? undefined : ready.status === 'True'
}

/** The pod changed or went meanwhile: its next event, or the next look, brings what is true then. */
async function ignoreRace(write: Promise<unknown>): Promise<void> {
  try {
    await write
  } catch (error) {
    if (!isConflict(error) && !isNotFound(error)) throw error
  }
}
