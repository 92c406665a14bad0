import { Node } from '../../api/kinds/core/node.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import { type Key, keyOf, printKey } from '../../api/object.ts'
import type { PodStatus } from '../../api/types.generated.ts'
import { isTerminal } from '../../api/kinds/pod-spec/pod-state.ts'
import { type Client, isNotFound } from '../../client/client.ts'
import {
  type Controller,
  type ControllerContext,
  DONE,
  type Outcome,
  requeueAfter,
  type Source,
} from '../../client/controller.ts'
import type { Informers } from '../../client/informers.ts'
import { type Clock, printTime } from '../../world/clock.ts'

const NODE_INDEX = 'node'
/** How long a pod waits for a node that is missing, which may only be late (pkg/controller/podgc quarantineTime). */
const QUARANTINE_MS = 40_000

/** Ends what nobody else can end: pods whose node is gone, and pods that were deleted before they had one. */
export class PodGcController implements Controller {
  readonly name = 'pod-garbage-collector'
  readonly sources: readonly Source[]
  readonly #client: Client
  readonly #informers: Informers
  readonly #clock: Clock
  readonly #missingSinceMs = new Map<string, number>()

  constructor(options: { client: Client; informers: Informers; clock: Clock }) {
    this.#client = options.client
    this.#informers = options.informers
    this.#clock = options.clock
    this.sources = [
      { kind: Pod, keys: (pod) => (this.#isHomeless(pod as Pod) ? [printKey(keyOf(pod))] : []) },
      { kind: Node, keys: (node) => this.#podsLeftBy(node.metadata.name) },
    ]
  }

  async start({ informers }: ControllerContext): Promise<void> {
    informers.of(Pod).addIndex(NODE_INDEX, ({ spec }) => (spec.nodeName === undefined ? [] : [spec.nodeName]))
    await informers.synced()
  }

  async reconcile(key: Key): Promise<Outcome> {
    const pod = this.#informers.of(Pod).get(key)
    const since = this.#missingSinceMs.get(printKey(key)) ?? this.#clock.now()
    if (pod === undefined || !this.#isHomeless(pod)) {
      this.#missingSinceMs.delete(printKey(key))
      return DONE
    }
    this.#missingSinceMs.set(printKey(key), since)
    const isBound = pod.spec.nodeName !== undefined
    const waitMs = isBound ? since + QUARANTINE_MS - this.#clock.now() : 0
    if (waitMs > 0) return requeueAfter(waitMs)
    this.#missingSinceMs.delete(printKey(key))
    await this.#end(pod)
    return DONE
  }

  #isHomeless({ spec, metadata }: Pod): boolean {
    if (spec.nodeName === undefined) return metadata.deletionTimestamp !== undefined
    return this.#informers.of(Node).get({ name: spec.nodeName }) === undefined
  }

  #podsLeftBy(node: string): readonly string[] {
    if (this.#informers.of(Node).get({ name: node }) !== undefined) return []
    return this.#informers
      .of(Pod)
      .byIndex(NODE_INDEX, node)
      .map((pod) => printKey(keyOf(pod)))
  }

  async #end(pod: Pod): Promise<void> {
    try {
      if (!isTerminal(pod) && pod.spec.nodeName !== undefined) await this.#client.updateStatus(pod, this.#lost(pod))
      await this.#client.deleteObject(pod, { gracePeriodSeconds: 0 })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }

  #lost({ status }: Pod): PodStatus {
    const others = (status?.conditions ?? []).filter(({ type }) => type !== 'DisruptionTarget')
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'DeletionByPodGC',
      message: 'PodGC: node no longer exists',
      lastTransitionTime: printTime(this.#clock.now()),
    }
    return { ...status, phase: 'Failed', conditions: [...others, condition] }
  }
}
