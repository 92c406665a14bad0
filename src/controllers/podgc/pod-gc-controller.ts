import { Node } from '../../api/kinds/core/node.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import { type PodVerdict, withPodCondition } from '../../api/kinds/pod-spec/pod-condition.ts'
import { isTerminal } from '../../api/kinds/pod-spec/pod-state.ts'
import { type Key, keyOf, printKey } from '../../api/object.ts'
import type { PodStatus } from '../../api/types.generated.ts'
import { type Client, isConflict, isNotFound } from '../../client/client.ts'
import {
  type Controller,
  type ControllerContext,
  DONE,
  type Outcome,
  requeueAfter,
  type Source,
} from '../../client/controller.ts'
import type { Informers } from '../../client/informers.ts'
import { indexByNode, podsOnNode } from '../../client/pods-by-node.ts'
import { type Clock, printTime } from '../../world/clock.ts'
import { surplusOf, TERMINATED_MAX } from './terminated.ts'

const TERMINATED_INDEX = 'terminated'
/** How long a pod waits for a node that is missing, which may only be late (pkg/controller/podgc quarantineTime). */
const QUARANTINE_MS = 40_000
/** How often ended pods are counted, while more of them end (pkg/controller/podgc gcCheckPeriod). */
const CHECK_MS = 20_000
/** Stands for all ended pods; pods' own keys have a namespace. */
const TERMINATED_KEY = 'terminated'
const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service'

const NODE_GONE: PodVerdict = {
  type: 'DisruptionTarget',
  status: 'True',
  reason: 'DeletionByPodGC',
  message: 'PodGC: node no longer exists',
}

/**
 * Ends what nobody else can end: pods whose node is gone or out of service, pods that were deleted before they had one,
 * and the oldest of too many that have ended by themselves.
 */
export class PodGcController implements Controller {
  readonly name = 'pod-garbage-collector'
  readonly sources: readonly Source[]
  readonly #client: Client
  readonly #informers: Informers
  readonly #clock: Clock
  readonly #terminatedMax: number
  readonly #missingSinceMs = new Map<string, number>()
  #enqueue: ControllerContext['enqueue'] | undefined

  constructor(options: { client: Client; informers: Informers; clock: Clock; terminatedMax?: number }) {
    this.#client = options.client
    this.#informers = options.informers
    this.#clock = options.clock
    this.#terminatedMax = options.terminatedMax ?? TERMINATED_MAX
    this.sources = [
      { kind: Pod, keys: (pod, old) => this.#podKeys(pod as Pod, old as Pod | undefined) },
      { kind: Node, keys: (node) => this.#nodeKeys(node.metadata.name) },
    ]
  }

  async start({ informers, enqueue }: ControllerContext): Promise<void> {
    const pods = informers.of(Pod)
    indexByNode(pods)
    pods.addIndex(TERMINATED_INDEX, (pod) => (isTerminal(pod) ? [TERMINATED_KEY] : []))
    this.#enqueue = enqueue
    await informers.synced()
  }

  async reconcile(key: Key): Promise<Outcome> {
    if (key.namespace === undefined) return this.#endSurplus()
    const name = printKey(key)
    const pod = this.#informers.of(Pod).get(key)
    if (pod === undefined || !this.#isStranded(pod)) {
      this.#missingSinceMs.delete(name)
      return DONE
    }
    if (!this.#isOrphan(pod)) {
      await this.#end(pod)
      return DONE
    }
    const sinceMs = this.#missingSinceMs.get(name) ?? this.#clock.now()
    this.#missingSinceMs.set(name, sinceMs)
    const waitMs = sinceMs + QUARANTINE_MS - this.#clock.now()
    if (waitMs > 0) return requeueAfter(waitMs)
    this.#missingSinceMs.delete(name)
    await this.#end(pod, NODE_GONE)
    return DONE
  }

  #podKeys(pod: Pod, old: Pod | undefined): readonly string[] {
    if (isTerminal(pod) && (old === undefined || !isTerminal(old))) this.#enqueue?.(TERMINATED_KEY, CHECK_MS)
    return this.#isStranded(pod) ? [printKey(keyOf(pod))] : []
  }

  /** The pods that a node's loss or its being out of service strands. */
  #nodeKeys(name: string): readonly string[] {
    const node = this.#informers.of(Node).get({ name })
    if (node !== undefined && !isOutOfService(node)) return []
    return podsOnNode(this.#informers.of(Pod), name)
      .filter((pod) => node === undefined || pod.metadata.deletionTimestamp !== undefined)
      .map((pod) => printKey(keyOf(pod)))
  }

  /** Whether there is no kubelet that could end this pod. */
  #isStranded(pod: Pod): boolean {
    const { spec, metadata } = pod
    if (spec.nodeName === undefined) return metadata.deletionTimestamp !== undefined
    const node = this.#informers.of(Node).get({ name: spec.nodeName })
    return node === undefined || (metadata.deletionTimestamp !== undefined && isOutOfService(node))
  }

  #isOrphan({ spec }: Pod): boolean {
    return spec.nodeName !== undefined && this.#informers.of(Node).get({ name: spec.nodeName }) === undefined
  }

  async #endSurplus(): Promise<Outcome> {
    const ended = this.#informers.of(Pod).byIndex(TERMINATED_INDEX, TERMINATED_KEY)
    for (const pod of surplusOf(ended, this.#terminatedMax)) await this.#end(pod)
    return DONE
  }

  async #end(pod: Pod, verdict?: PodVerdict): Promise<void> {
    try {
      if (!isTerminal(pod)) await this.#client.updateStatus(pod, this.#failed(pod, verdict))
      await this.#client.deleteObject(pod, { gracePeriodSeconds: 0 })
    } catch (error) {
      // Somebody else wrote: if the pod is still there, that change leads back here.
      if (!isNotFound(error) && !isConflict(error)) throw error
    }
  }

  #failed(pod: Pod, verdict: PodVerdict | undefined): PodStatus {
    const { generation } = pod.metadata
    return {
      ...pod.status,
      phase: 'Failed',
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      ...(verdict === undefined ? {} : { conditions: withPodCondition(pod, verdict, printTime(this.#clock.now())) }),
    }
  }
}

/** Somebody vouches that nothing runs there any more. */
function isOutOfService({ spec, status }: Node): boolean {
  const isReady = status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True')
  return isReady !== true && spec?.taints?.some(({ key }) => key === OUT_OF_SERVICE) === true
}
