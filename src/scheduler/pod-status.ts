import type { Client } from '../client/client.ts'
import { isConflict, isNotFound } from '../client/client.ts'
import { Pod } from '../api/kinds/core/pod.ts'
import { type Key, keyOf } from '../api/object.ts'
import type { PodCondition, PodStatus } from '../api/types.generated.ts'
import { printTime } from '../world/clock.ts'

/** How often a status is written again after somebody else wrote first. */
const WRITE_TRIES = 5

/** The status with this condition; the same reference when it says so already. */
export function withCondition(pod: Pod, condition: PodCondition, nowMs: number): PodStatus {
  const status = pod.status ?? {}
  const { conditions = [] } = status
  const known = conditions.find(({ type }) => type === condition.type)
  const { generation } = pod.metadata
  const lastTransitionTime =
    known?.status === condition.status && known.lastTransitionTime !== undefined
      ? known.lastTransitionTime
      : printTime(nowMs)
  const next: PodCondition = {
    ...condition,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    lastTransitionTime,
  }
  if (known === undefined) return { ...status, conditions: [...conditions, next] }
  if (sameCondition(known, next)) return status
  return { ...status, conditions: conditions.map((other) => (other === known ? next : other)) }
}

function sameCondition(a: PodCondition, b: PodCondition): boolean {
  return (
    a.status === b.status &&
    a.reason === b.reason &&
    a.message === b.message &&
    a.observedGeneration === b.observedGeneration
  )
}

/** Writes what `change` makes of the newest status; a pod that is gone needs none. */
export async function writeStatus(
  client: Client,
  pod: Pod,
  { newest, change }: { newest: (key: Key) => Pod | undefined; change: (pod: Pod) => PodStatus },
): Promise<void> {
  const key = keyOf(pod)
  for (let tries = 1; ; tries++) {
    const current = tries === 1 ? newest(key) : await client.get(Pod, key)
    if (current === undefined || current.metadata.uid !== pod.metadata.uid) return
    const status = change(current)
    if (status === current.status) return
    try {
      await client.updateStatus(current, status)
      return
    } catch (error) {
      if (isNotFound(error)) return
      if (!isConflict(error) || tries === WRITE_TRIES) throw error
    }
  }
}
