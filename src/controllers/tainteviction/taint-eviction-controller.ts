import { Node } from '../../api/kinds/core/node.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import { type Key, keyOf, printKey } from '../../api/object.ts'
import type { PodCondition, Taint, Toleration } from '../../api/types.generated.ts'
import { type Client, isNotFound } from '../../client/client.ts'
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
import { type Clock, printTime } from '../../world/clock.ts'

const NODE_INDEX = 'node'

/** Deletes pods from nodes whose NoExecute taints they do not tolerate, or no longer (pkg/controller/tainteviction). */
export class TaintEvictionController implements Controller {
  readonly name = 'taint-eviction'
  readonly sources: readonly Source[]
  readonly #client: Client
  readonly #informers: Informers
  readonly #clock: Clock
  readonly #events: EventRecorder

  constructor(options: {
    client: Client
    informers: Informers
    clock: Clock
    events: (component: string) => EventRecorder
  }) {
    this.#client = options.client
    this.#informers = options.informers
    this.#clock = options.clock
    this.#events = options.events('taint-eviction-controller')
    this.sources = [
      { kind: Pod, keys: (pod, old) => this.#podKeys(pod as Pod, old as Pod | undefined) },
      { kind: Node, keys: (node, old) => this.#nodeKeys(node as Node, old as Node | undefined) },
    ]
  }

  async start({ informers }: ControllerContext): Promise<void> {
    informers.of(Pod).addIndex(NODE_INDEX, ({ spec }) => (spec.nodeName === undefined ? [] : [spec.nodeName]))
    await informers.synced()
  }

  async reconcile(key: Key): Promise<Outcome> {
    const pod = this.#informers.of(Pod).get(key)
    if (pod?.spec.nodeName === undefined || pod.metadata.deletionTimestamp !== undefined) return DONE
    const node = this.#informers.of(Node).get({ name: pod.spec.nodeName })
    const dueMs = evictionTime(pod, noExecute(node))
    if (dueMs === undefined) return DONE
    const waitMs = dueMs - this.#clock.now()
    if (waitMs > 0) return requeueAfter(waitMs)
    await this.#evict(pod)
    return DONE
  }

  /** A pod matters when it lands on a tainted node, and when its tolerations change there. */
  #podKeys(pod: Pod, old: Pod | undefined): readonly string[] {
    if (pod.spec.nodeName === undefined) return []
    if (old !== undefined && old.spec.nodeName === pod.spec.nodeName && old.spec.tolerations === pod.spec.tolerations)
      return []
    const node = this.#informers.of(Node).get({ name: pod.spec.nodeName })
    return noExecute(node).length === 0 ? [] : [printKey(keyOf(pod))]
  }

  #nodeKeys(node: Node, old: Node | undefined): readonly string[] {
    const isUntouched = noExecute(node).length === 0 && (old === undefined || noExecute(old).length === 0)
    if (isUntouched || node.spec?.taints === old?.spec?.taints) return []
    return this.#informers
      .of(Pod)
      .byIndex(NODE_INDEX, node.metadata.name)
      .map((pod) => printKey(keyOf(pod)))
  }

  async #evict(pod: Pod): Promise<void> {
    const condition: PodCondition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'DeletionByTaintManager',
      message: 'Taint manager: deleting due to NoExecute taint',
      lastTransitionTime: printTime(this.#clock.now()),
    }
    const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== condition.type)
    try {
      await this.#events.record(pod, {
        type: 'Normal',
        reason: 'TaintManagerEviction',
        message: `Marking for deletion Pod ${printKey(keyOf(pod))}`,
      })
      const marked = await this.#client.updateStatus(pod, { ...pod.status, conditions: [...others, condition] })
      await this.#client.deleteObject(marked)
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }
}

function noExecute(node: Node | undefined): readonly Taint[] {
  return node?.spec?.taints?.filter(({ effect }) => effect === 'NoExecute') ?? []
}

/** When a pod must go, in milliseconds; `undefined` when it may stay. */
export function evictionTime(pod: Pod, taints: readonly Taint[]): number | undefined {
  let dueMs: number | undefined
  for (const taint of taints) {
    const tolerations = (pod.spec.tolerations ?? []).filter((toleration) => tolerates(toleration, taint))
    if (tolerations.length === 0) return 0
    const seconds = Math.min(
      ...tolerations.map(({ tolerationSeconds }) => tolerationSeconds ?? Number.POSITIVE_INFINITY),
    )
    if (seconds === Number.POSITIVE_INFINITY) continue
    const sinceMs = Math.max(Date.parse(taint.timeAdded ?? '') || 0, Date.parse(pod.status?.startTime ?? '') || 0)
    const ends = sinceMs + Math.max(0, seconds) * 1_000
    dueMs = dueMs === undefined ? ends : Math.min(dueMs, ends)
  }
  return dueMs
}

function tolerates({ key = '', operator = 'Equal', value = '', effect = '' }: Toleration, taint: Taint): boolean {
  if (effect !== '' && effect !== taint.effect) return false
  if (key !== '' && key !== taint.key) return false
  return operator === 'Exists' || (key !== '' && value === (taint.value ?? ''))
}
