import type { ApiObject } from '../../api/object.ts'
import type { Node, Pod } from '../../api/types.generated.ts'
import { deepEqual } from '../../base/equal.ts'
import type { PodInfo } from '../pod-info.ts'
import type { PodResources } from '../resources.ts'

/** Something that happened to a pod on a node (`AssignedPod`), or to the waiting pod itself (`Pod`). */
export type PodEvent =
  | 'AssignedPod/Add'
  | 'AssignedPod/Delete'
  | 'AssignedPod/UpdateLabel'
  | 'AssignedPod/UpdateScaleDown'
  | 'Pod/UpdateLabel'
  | 'Pod/UpdateScaleDown'
  | 'Pod/UpdateToleration'
  | 'Pod/UpdateGatesEliminated'

export type NodeEvent =
  | 'Node/Add'
  | 'Node/Delete'
  | 'Node/UpdateAllocatable'
  | 'Node/UpdateLabel'
  | 'Node/UpdateTaint'
  | 'Node/UpdateCondition'
  | 'Node/UpdateAnnotation'

type ObjectKind =
  | 'PersistentVolume'
  | 'PersistentVolumeClaim'
  | 'StorageClass'
  | 'CSINode'
  | 'CSIDriver'
  | 'CSIStorageCapacity'

export type ObjectEvent = `${ObjectKind}/${'Add' | 'Update' | 'Delete'}`

/** A change of the cluster that may let waiting pods go. `old` is absent for what came, `now` for what went. */
export type Change =
  | { readonly event: PodEvent; readonly old?: PodInfo; readonly now?: PodInfo }
  | { readonly event: NodeEvent; readonly old?: Node; readonly now?: Node }
  | { readonly event: ObjectEvent; readonly old?: ApiObject; readonly now?: ApiObject }

export type ClusterEvent = Change['event']

/** What an update of a pod amounts to, for those who wait (pkg/scheduler/framework/events.go). */
export function podEvents(now: PodInfo, old: PodInfo, subject: 'AssignedPod' | 'Pod'): PodEvent[] {
  const events: PodEvent[] = []
  if (!deepEqual(now.pod.metadata.labels, old.pod.metadata.labels)) events.push(`${subject}/UpdateLabel`)
  if (scalesDown(now.resources, old.resources)) events.push(`${subject}/UpdateScaleDown`)
  if (subject === 'AssignedPod') return events
  const gates = (pod: Pod): number => pod.spec.schedulingGates?.length ?? 0
  if (gates(now.pod) === 0 && gates(old.pod) > 0) events.push('Pod/UpdateGatesEliminated')
  // Validation lets tolerations only be added.
  if ((now.pod.spec.tolerations?.length ?? 0) !== (old.pod.spec.tolerations?.length ?? 0)) {
    events.push('Pod/UpdateToleration')
  }
  return events
}

function scalesDown(now: PodResources, old: PodResources): boolean {
  if (now === old) return false
  if (now.milliCpu < old.milliCpu || now.memory < old.memory || now.ephemeralStorage < old.ephemeralStorage) return true
  return [...old.scalars].some(([name, amount]) => (now.scalars.get(name) ?? 0) < amount)
}

/** Changes of a node that bear on scheduling; heartbeats do not. */
export function nodeEvents(now: Node, old: Node): NodeEvent[] {
  const events: NodeEvent[] = []
  const sameTaints = deepEqual(now.spec?.taints, old.spec?.taints)
  if ((now.spec?.unschedulable ?? false) !== (old.spec?.unschedulable ?? false) || !sameTaints) {
    events.push('Node/UpdateTaint')
  }
  if (!deepEqual(now.status?.allocatable, old.status?.allocatable)) events.push('Node/UpdateAllocatable')
  if (!deepEqual(now.metadata.labels, old.metadata.labels)) events.push('Node/UpdateLabel')
  if (!deepEqual(conditions(now), conditions(old))) events.push('Node/UpdateCondition')
  if (!deepEqual(now.metadata.annotations, old.metadata.annotations)) events.push('Node/UpdateAnnotation')
  return events
}

function conditions({ status }: Node): readonly string[] {
  return (status?.conditions ?? []).map(({ type, status: state }) => `${type}=${state}`)
}
