import type { StatefulSet } from '../../api/kinds/apps/stateful-set.ts'
import type { StatefulSetStatus } from '../../api/types.generated.ts'
import { isAvailable, isReady } from '../pods/pod-state.ts'
import { omitZeroes } from '../omit-zeroes.ts'
import { replicasOf, revisionOf } from './identity.ts'
import type { Observed } from './plan.ts'

/** The status that the set's pods amount to. Once all are updated and ready, the update revision becomes the current one. */
export function statusOf(
  set: StatefulSet,
  { pods, current, update, nowMs, collisionCount }: Omit<Observed, 'claim'> & { readonly collisionCount: number },
): StatefulSetStatus {
  const minReadySeconds = set.spec.minReadySeconds ?? 0
  let readyReplicas = 0
  let availableReplicas = 0
  let currentReplicas = 0
  let updatedReplicas = 0
  for (const pod of pods) {
    if (pod.status?.phase === 'Running' && isReady(pod)) {
      readyReplicas++
      if (isAvailable(pod, { minReadySeconds, nowMs })) availableReplicas++
    }
    if (pod.metadata.deletionTimestamp !== undefined) continue
    if (revisionOf(pod) === current.metadata.name) currentReplicas++
    if (revisionOf(pod) === update.metadata.name) updatedReplicas++
  }
  const replicas = pods.length
  const wanted = replicasOf(set)
  const isRolling = (set.spec.updateStrategy?.type ?? 'RollingUpdate') === 'RollingUpdate'
  const isComplete = isRolling && updatedReplicas === wanted && readyReplicas === wanted && replicas === wanted
  const { conditions } = set.status ?? {}
  return {
    replicas,
    availableReplicas,
    collisionCount,
    currentRevision: isComplete ? update.metadata.name : current.metadata.name,
    updateRevision: update.metadata.name,
    ...omitZeroes({
      readyReplicas,
      currentReplicas: isComplete ? updatedReplicas : currentReplicas,
      updatedReplicas,
      observedGeneration: set.metadata.generation ?? 0,
    }),
    ...(conditions === undefined ? {} : { conditions }),
  }
}
