import type { DaemonSet } from '../../api/kinds/apps/daemon-set.ts'
import type { DaemonSetStatus } from '../../api/types.generated.ts'
import { omitZeroes } from '../omit-zeroes.ts'
import { isAvailable, isReady } from '../pods/pod-state.ts'
import { isUpdated } from './daemon-pod.ts'
import { eligibility } from './eligibility.ts'
import { type Observed, oldestFirst } from './plan.ts'

/** The status that nodes and pods amount to: on each node its oldest pod counts. */
export function statusOf(
  set: DaemonSet,
  { nodes, pods, hash, nowMs, collisionCount }: Observed & { readonly collisionCount: number },
): DaemonSetStatus {
  const minReadySeconds = set.spec.minReadySeconds ?? 0
  let desiredNumberScheduled = 0
  let currentNumberScheduled = 0
  let numberMisscheduled = 0
  let numberReady = 0
  let numberAvailable = 0
  let updatedNumberScheduled = 0
  for (const node of nodes) {
    const [pod] = pods.get(node.metadata.name)?.toSorted(oldestFirst) ?? []
    if (!eligibility(set, node).shouldRun) {
      if (pod !== undefined) numberMisscheduled++
      continue
    }
    desiredNumberScheduled++
    if (pod === undefined) continue
    currentNumberScheduled++
    if (isReady(pod)) numberReady++
    if (isAvailable(pod, { minReadySeconds, nowMs })) numberAvailable++
    if (isUpdated(set, pod, hash)) updatedNumberScheduled++
  }
  const { conditions } = set.status ?? {}
  return {
    currentNumberScheduled,
    desiredNumberScheduled,
    numberMisscheduled,
    numberReady,
    ...omitZeroes({
      observedGeneration: set.metadata.generation ?? 0,
      updatedNumberScheduled,
      numberAvailable,
      numberUnavailable: desiredNumberScheduled - numberAvailable,
      collisionCount,
    }),
    ...(conditions === undefined ? {} : { conditions }),
  }
}
