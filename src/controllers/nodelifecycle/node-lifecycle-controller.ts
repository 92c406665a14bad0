import { Lease } from '../../api/kinds/coordination/lease.ts'
import { Node } from '../../api/kinds/core/node.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import { withPodCondition } from '../../api/kinds/pod-spec/pod-condition.ts'
import { podCondition } from '../../api/kinds/pod-spec/pod-state.ts'
import type { Key } from '../../api/object.ts'
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
import { indexByNode, podsOnNode } from '../../client/pods-by-node.ts'
import { type Clock, printTime } from '../../world/clock.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import { readiness, silentAtMs, silentConditions } from './node-health.ts'
import { type Driving, labelsFor, lacksDrivingTaint, taintsFor } from './node-taints.ts'
import { Turns } from './turns.ts'
import { type ZoneChange, Zones } from './zones.ts'

const LEASE_NAMESPACE = 'kube-node-lease'
/** How long a node may be unready before its pods are driven away (kube-controller-manager --node-monitor-period). */
const MONITOR_MS = 5_000

/**
 * Notices nodes that fall silent, and keeps the taints that follow from what a node says of itself. Pods are driven away
 * one node after the other in each zone, and not at all while no node of the cluster is ready.
 */
export class NodeLifecycleController implements Controller {
  readonly name = 'node-lifecycle'
  readonly sources: readonly Source[] = [watches(Node)]
  readonly #client: Client
  readonly #informers: Informers
  readonly #clock: Clock
  readonly #events: EventRecorder
  /** Nodes as they were first seen here: a node gets its grace from then on, whatever its lease says. */
  readonly #known = new Map<string, { node: Node; sinceMs: number }>()
  readonly #zones = new Zones()
  readonly #turns = new Map<string, Turns>()
  #enqueue: ControllerContext['enqueue'] | undefined

  constructor({ client, informers, clock, events }: Pick<ClusterOptions, 'client' | 'informers' | 'clock' | 'events'>) {
    this.#client = client
    this.#informers = informers
    this.#clock = clock
    this.#events = events('node-controller')
  }

  async start({ informers, enqueue }: ControllerContext): Promise<void> {
    this.#enqueue = enqueue
    indexByNode(informers.of(Pod))
    informers.of(Lease)
    await informers.synced()
  }

  async reconcile(key: Key): Promise<Outcome> {
    const node = this.#informers.of(Node).get(key)
    if (node === undefined || this.#known.get(key.name)?.node.metadata.uid !== node.metadata.uid) {
      await this.#forget(key.name)
    }
    if (node === undefined) return DONE
    const known = this.#known.get(key.name) ?? (await this.#register(node))
    const lease = this.#informers.of(Lease).get({ namespace: LEASE_NAMESPACE, name: key.name })
    const silentMs = silentAtMs(node, { sinceMs: known.sinceMs, renewTime: lease?.spec?.renewTime })
    if (silentMs <= this.#clock.now() && readiness(node) !== 'Unknown') {
      await this.#declareSilent(node)
      return DONE
    }
    this.#adopt(this.#zones.observe(node))
    if (readiness(node) === 'Unknown') await this.#markPods(node)
    const turnMs = this.#turnMs(node)
    await this.#mend(node, this.#driving(node, turnMs))
    return this.#lookAgain(node, [silentMs, turnMs])
  }

  /** The node's change, should anything be written, leads back here too. */
  #lookAgain(node: Node, times: readonly (number | undefined)[]): Outcome {
    const nowMs = this.#clock.now()
    const [silentMs, turnMs] = times
    const next = [readiness(node) === 'Unknown' ? undefined : silentMs, turnMs].filter((time) => time !== undefined)
    const later = next.filter((time) => time > nowMs)
    return later.length === 0 ? DONE : requeueAfter(Math.min(...later) - nowMs)
  }

  async #register(node: Node): Promise<{ sinceMs: number }> {
    const known = { node, sinceMs: this.#clock.now() }
    this.#known.set(node.metadata.name, known)
    await this.#tell(node, 'RegisteredNode', `Registered Node ${node.metadata.name} in Controller`)
    return known
  }

  async #forget(name: string): Promise<void> {
    const known = this.#known.get(name)
    if (known === undefined) return
    this.#known.delete(name)
    const zone = this.#zones.zoneOf(name)
    if (zone !== undefined) this.#turns.get(zone)?.leave(name)
    this.#adopt(this.#zones.forget(name))
    if (zone !== undefined && this.#zones.rateIn(zone) === undefined) this.#turns.delete(zone)
    await this.#tell(known.node, 'RemovingNode', `Removing Node ${name} from Controller`)
  }

  /** Lets each zone evict at its new pace. When the first node is ready again, all get their grace anew. */
  #adopt({ zones, toggled }: ZoneChange): void {
    const nowMs = this.#clock.now()
    for (const [zone, turns] of this.#turns) {
      if (!toggled && !zones.has(zone)) continue
      turns.setRate(this.#zones.rateIn(zone) ?? 0, nowMs)
      for (const name of turns.waiting) this.#enqueue?.(name)
    }
    if (!toggled) return
    for (const [name, { node }] of this.#known) {
      if (!this.#zones.isCutOff) this.#known.set(name, { node, sinceMs: nowMs })
      this.#enqueue?.(name)
    }
  }

  async #declareSilent(node: Node): Promise<void> {
    const conditions = silentConditions(node, printTime(this.#clock.now()))
    const wasReady = readiness(node) === 'True'
    await ignoreRace(this.#client.updateStatus(node, { ...node.status, conditions }))
    if (!wasReady) return
    const { name } = node.metadata
    const message = `Node ${name} status is now: NodeNotReady`
    await this.#events.record(node, { type: 'Normal', reason: 'NodeNotReady', message })
  }

  /** When a node that is not ready may drive its pods away; `undefined` when it need not, or never may. */
  #turnMs(node: Node): number | undefined {
    const { name } = node.metadata
    const zone = this.#zones.zoneOf(name) ?? ''
    let turns = this.#turns.get(zone)
    if (!lacksDrivingTaint(node)) {
      turns?.leave(name)
      return undefined
    }
    const ready = node.status?.conditions?.find(({ type }) => type === 'Ready')
    const nowMs = this.#clock.now()
    const dueMs = (Date.parse(ready?.lastTransitionTime ?? '') || 0) + MONITOR_MS
    if (dueMs > nowMs) return dueMs
    if (turns === undefined) this.#turns.set(zone, (turns = new Turns(this.#zones.rateIn(zone) ?? 0)))
    return turns.ask(name, nowMs)
  }

  #driving({ metadata: { name } }: Node, turnMs: number | undefined): Driving {
    if (this.#zones.isCutOff) return 'never'
    const nowMs = this.#clock.now()
    if (turnMs === undefined || turnMs > nowMs) return 'not yet'
    this.#turns.get(this.#zones.zoneOf(name) ?? '')?.take(name, nowMs)
    return 'away'
  }

  /** Gives a node the taints and labels that it must have. */
  async #mend(node: Node, driving: Driving): Promise<void> {
    const taints = taintsFor(node, { driving, now: printTime(this.#clock.now()) })
    const labels = labelsFor(node)
    const present = node.spec?.taints
    const isAsWanted = present === undefined ? taints.length === 0 : taints === present
    if (isAsWanted && labels === node.metadata.labels) return
    const metadata = labels === undefined ? node.metadata : { ...node.metadata, labels }
    await ignoreRace(this.#client.update({ ...node, metadata, spec: { ...node.spec, taints } }))
  }

  /** Pods of a node that cannot be reached are not ready either. */
  async #markPods(node: Node): Promise<void> {
    const now = printTime(this.#clock.now())
    for (const pod of podsOnNode(this.#informers.of(Pod), node.metadata.name)) {
      const ready = podCondition(pod, 'Ready')
      if (ready?.status !== 'True') continue
      const { reason, message } = ready
      const verdict = {
        type: 'Ready',
        status: 'False',
        ...(reason === undefined ? {} : { reason }),
        ...(message === undefined ? {} : { message }),
      } as const
      const conditions = withPodCondition(pod, verdict, now)
      await ignoreRace(this.#client.updateStatus(pod, { ...pod.status, conditions }))
      await this.#events.record(pod, { type: 'Warning', reason: 'NodeNotReady', message: 'Node is not ready' })
    }
  }

  #tell(node: Node, reason: string, what: string): Promise<void> {
    const message = `Node ${node.metadata.name} event: ${what}`
    return this.#events.record(node, { type: 'Normal', reason, message })
  }
}

/** The object changed or went meanwhile: its next event brings what is true then. */
async function ignoreRace(write: Promise<unknown>): Promise<void> {
  try {
    await write
  } catch (error) {
    if (!isConflict(error) && !isNotFound(error)) throw error
  }
}
