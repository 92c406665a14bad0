import { Pod } from '../../api/kinds/core/pod.ts'
import { withPodCondition } from '../../api/kinds/pod-spec/pod-condition.ts'
import { isTerminal, podCondition } from '../../api/kinds/pod-spec/pod-state.ts'
import { type Key, keyOf, printKey } from '../../api/object.ts'
import { type Client, isConflict, isNotFound } from '../../client/client.ts'
import { type Controller, DONE, type Outcome, requeueAfter, type Source } from '../../client/controller.ts'
import type { Informers } from '../../client/informers.ts'
import { type Clock, printTime } from '../../world/clock.ts'

/** How long a pod may be said to be disturbed without being deleted (pkg/controller/disruption/disruption.go). */
const STALE_MS = 120_000

/** Takes back what was said of pods that were to be deleted, and then were not. */
export class StaleDisruptionController implements Controller {
  readonly name = 'stale-pod-disruption'
  readonly sources: readonly Source[] = [
    { kind: Pod, keys: (pod) => (staleAtMs(pod as Pod) === undefined ? [] : [printKey(keyOf(pod))]) },
  ]
  readonly #client: Client
  readonly #informers: Informers
  readonly #clock: Clock

  constructor(options: { client: Client; informers: Informers; clock: Clock }) {
    this.#client = options.client
    this.#informers = options.informers
    this.#clock = options.clock
  }

  async reconcile(key: Key): Promise<Outcome> {
    const pod = this.#informers.of(Pod).get(key)
    const dueMs = pod === undefined ? undefined : staleAtMs(pod)
    if (pod === undefined || dueMs === undefined) return DONE
    const nowMs = this.#clock.now()
    if (dueMs > nowMs) return requeueAfter(dueMs - nowMs)
    const conditions = withPodCondition(pod, { type: 'DisruptionTarget', status: 'False' }, printTime(nowMs))
    try {
      await this.#client.updateStatus(pod, { ...pod.status, conditions })
    } catch (error) {
      // Somebody else wrote: that change leads back here.
      if (!isConflict(error) && !isNotFound(error)) throw error
    }
    return DONE
  }
}

/** When the condition of a pod that nobody deleted is no longer believed. What the kubelet said of a pod stands. */
function staleAtMs(pod: Pod): number | undefined {
  if (pod.metadata.deletionTimestamp !== undefined || isTerminal(pod)) return undefined
  const condition = podCondition(pod, 'DisruptionTarget')
  if (condition?.status !== 'True' || condition.reason === 'TerminationByKubelet') return undefined
  return (Date.parse(condition.lastTransitionTime ?? '') || 0) + STALE_MS
}
