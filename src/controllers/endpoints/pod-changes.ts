import { podCondition } from '../../api/kinds/pod-spec/pod-state.ts'
import type { Pod } from '../../api/types.generated.ts'

/** Whether a change of a pod can change what its Services list: most changes of its status say nothing new to them. */
export function changesEndpoints(pod: Pod, old: Pod | undefined): boolean {
  if (old === undefined) return true
  return (
    pod.status?.podIP !== old.status?.podIP ||
    pod.status?.podIPs?.length !== old.status?.podIPs?.length ||
    pod.status?.phase !== old.status?.phase ||
    pod.metadata.deletionTimestamp !== old.metadata.deletionTimestamp ||
    pod.metadata.labels !== old.metadata.labels ||
    pod.spec !== old.spec ||
    podCondition(pod, 'Ready')?.status !== podCondition(old, 'Ready')?.status
  )
}
