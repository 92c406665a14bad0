import { Node } from '../../api/kinds/core/node.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import { withPodCondition } from '../../api/kinds/pod-spec/pod-condition.ts'
import { type Key, keyOf, printKey } from '../../api/object.ts'
import type { Taint } from '../../api/types.generated.ts'
import { type Client, isConflict, isNotFound } from '../../client/client.ts'
import {
  type Controller,
  type ControllerContext,
  DONE,
  type Outcome,
  requeueAfter,
  type Source,
} from '../../client/controller.ts'
import type { EventRecorder } from '../../client/events.ts'
import type { Informers } from '../../client/informers.ts'
import { indexByNode, podsOnNode } from '../../client/pods-by-node.ts'
import { type Clock, printTime } from '../../world/clock.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import { patienceOf } from './toleration-time.ts'

/** How often a deletion that lost a race is tried again at once. */
const RACE_TRIES = 5

interface Scheduled {
  readonly pod: Pod
  readonly dueMs: number
}

/**
 * Deletes pods from nodes whose NoExecute taints they do not tolerate, or no longer (pkg/controller/tainteviction). The
 * time that a pod tolerates a taint runs from when this loop noticed it; a time that runs goes on, whatever is added.
 */
export class TaintEvictionController implements Controller {
  readonly name = 'taint-eviction'
  readonly sources: readonly Source[]
  readonly #client: Client
  readonly #informers: Informers
  readonly #clock: Clock
  readonly #events: EventRecorder
  /** Pods whose time runs, by key. */
  readonly #scheduled = new Map<string, Scheduled>()

  constructor({ client, informers, clock, events }: Pick<ClusterOptions, 'client' | 'informers' | 'clock' | 'events'>) {
    this.#client = client
    this.#informers = informers
    this.#clock = clock
    this.#events = events('taint-eviction-controller')
    this.sources = [
      { kind: Pod, keys: (pod, old) => this.#podKeys(pod as Pod, old as Pod | undefined) },
      { kind: Node, keys: (node, old) => this.#nodeKeys(node as Node, old as Node | undefined) },
    ]
  }

  async start({ informers }: ControllerContext): Promise<void> {
    indexByNode(informers.of(Pod))
    await informers.synced()
  }

  async reconcile(key: Key): Promise<Outcome> {
    const name = printKey(key)
    const pod = this.#informers.of(Pod).get(key)
    const scheduled = this.#scheduled.get(name)
    if (scheduled !== undefined && pod?.metadata.uid !== scheduled.pod.metadata.uid) await this.#cancel(name)
    if (pod?.spec.nodeName === undefined) return DONE
    const node = this.#informers.of(Node).get({ name: pod.spec.nodeName })
    // The taints of a node that is gone are unknown: what runs goes on, and pod garbage collection sees to the rest.
    if (node === undefined) return this.#whenDue(name, pod)
    const patience = patienceOf(noExecute(node), pod.spec.tolerations ?? [])
    if (typeof patience === 'string') {
      await this.#cancel(name)
      if (patience === 'none') await this.#evict(pod)
      return DONE
    }
    if (!this.#scheduled.has(name)) this.#scheduled.set(name, { pod, dueMs: this.#clock.now() + patience.ms })
    return this.#whenDue(name, pod)
  }

  async #whenDue(name: string, pod: Pod): Promise<Outcome> {
    const scheduled = this.#scheduled.get(name)
    if (scheduled === undefined) return DONE
    const waitMs = scheduled.dueMs - this.#clock.now()
    if (waitMs > 0) return requeueAfter(waitMs)
    await this.#evict(pod)
    this.#scheduled.delete(name)
    return DONE
  }

  /** A pod matters when it lands on a tainted node, when its tolerations change there, and while its time runs. */
  #podKeys(pod: Pod, old: Pod | undefined): readonly string[] {
    const { nodeName, tolerations } = pod.spec
    const name = printKey(keyOf(pod))
    if (old !== undefined && old.spec.nodeName === nodeName && old.spec.tolerations === tolerations) return []
    if (this.#scheduled.has(name)) return [name]
    if (nodeName === undefined) return []
    return noExecute(this.#informers.of(Node).get({ name: nodeName })).length === 0 ? [] : [name]
  }

  #nodeKeys(node: Node, old: Node | undefined): readonly string[] {
    const isUntouched = noExecute(node).length === 0 && (old === undefined || noExecute(old).length === 0)
    if (isUntouched || node.spec?.taints === old?.spec?.taints) return []
    return podsOnNode(this.#informers.of(Pod), node.metadata.name).map((pod) => printKey(keyOf(pod)))
  }

  async #cancel(name: string): Promise<void> {
    const scheduled = this.#scheduled.get(name)
    if (scheduled === undefined) return
    this.#scheduled.delete(name)
    await this.#tell(scheduled.pod, `Cancelling deletion of Pod ${name}`)
  }

  async #evict(pod: Pod): Promise<void> {
    if (pod.metadata.deletionTimestamp !== undefined) return
    const key = keyOf(pod)
    await this.#tell(pod, `Marking for deletion Pod ${printKey(key)}`)
    for (let tries = 1; ; tries++) {
      const live = await this.#client.get(Pod, key)
      if (live === undefined || live.metadata.uid !== pod.metadata.uid) return
      if (live.metadata.deletionTimestamp !== undefined) return
      try {
        await this.#markAndDelete(live)
        return
      } catch (error) {
        if (isNotFound(error)) return
        if (!isConflict(error) || tries === RACE_TRIES) throw error
      }
    }
  }

  async #markAndDelete(pod: Pod): Promise<void> {
    const verdict = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'DeletionByTaintManager',
      message: 'Taint manager: deleting due to NoExecute taint',
    } as const
    const conditions = withPodCondition(pod, verdict, printTime(this.#clock.now()))
    await this.#client.updateStatus(pod, { ...pod.status, conditions })
    await this.#client.deleteObject(pod)
  }

  #tell(pod: Pod, message: string): Promise<void> {
    return this.#events.record(pod, { type: 'Normal', reason: 'TaintManagerEviction', message })
  }
}

function noExecute(node: Node | undefined): readonly Taint[] {
  return node?.spec?.taints?.filter(({ effect }) => effect === 'NoExecute') ?? []
}
