import type { PersistentVolumeClaim } from '../../api/types.generated.ts'
import type { PodInfo } from '../pod-info.ts'
import type { PluginContext } from '../plugin.ts'
import type { PluginName } from '../plugin-names.ts'
import type { Change, ClusterEvent } from './changes.ts'
import * as nodes from './node-hints.ts'
import * as pods from './pod-hints.ts'

/** Whether a change may let a pod go that the plugin refused. */
export type Hint = (waiting: PodInfo, change: Change, context: PluginContext) => boolean

type Hints = Readonly<Partial<Record<ClusterEvent, Hint>>>

const always: Hint = () => true

/** A change of the waiting pod itself. */
const itself: Hint = (waiting, change) =>
  change.now !== undefined && 'uid' in change.now && change.now.uid === waiting.uid

/** A claim that the waiting pod mounts. */
const ownClaim: Hint = (waiting, { now }) => {
  if (now === undefined || !('metadata' in now)) return false
  const claim = now as PersistentVolumeClaim
  return claim.metadata.namespace === waiting.shape.namespace && waiting.claims.includes(claim.metadata.name)
}

/**
 * Which changes may help pods that a plugin refused: the plugins' EventsToRegister with their QueueingHintFns
 * (pkg/scheduler/framework/plugins). A change that is not here helps none of them.
 */
export const HINTS: Readonly<Record<PluginName, Hints>> = {
  SchedulingGates: { 'Pod/UpdateGatesEliminated': itself },
  PrioritySort: {},
  NodeUnschedulable: {
    'Node/Add': nodes.isSchedulable,
    'Node/UpdateTaint': nodes.isSchedulable,
    'Pod/UpdateToleration': itself,
  },
  NodeName: { 'Node/Add': nodes.isNamed },
  TaintToleration: {
    'Node/Add': nodes.isTolerableNow,
    'Node/UpdateTaint': nodes.isTolerableNow,
    'Pod/UpdateToleration': itself,
  },
  NodeAffinity: { 'Node/Add': nodes.matchesNow, 'Node/UpdateLabel': nodes.matchesNow },
  NodePorts: { 'AssignedPod/Delete': pods.freesPorts, 'Node/Add': always },
  NodeResourcesFit: {
    'AssignedPod/Delete': always,
    'AssignedPod/UpdateScaleDown': pods.freesResources,
    'Pod/UpdateScaleDown': itself,
    'Node/Add': nodes.hasRoomNow,
    'Node/UpdateAllocatable': nodes.hasRoomNow,
  },
  VolumeRestrictions: {
    'AssignedPod/Delete': pods.freesVolumes,
    'Node/Add': always,
    'PersistentVolumeClaim/Add': ownClaim,
    'PersistentVolumeClaim/Update': ownClaim,
  },
  NodeVolumeLimits: {
    'AssignedPod/Delete': pods.hadClaims,
    'CSINode/Add': always,
    'CSINode/Update': always,
    'PersistentVolumeClaim/Add': ownClaim,
    'PersistentVolumeClaim/Update': ownClaim,
  },
  VolumeBinding: {
    'StorageClass/Add': always,
    'StorageClass/Update': always,
    'PersistentVolumeClaim/Add': ownClaim,
    'PersistentVolumeClaim/Update': ownClaim,
    'PersistentVolume/Add': always,
    'PersistentVolume/Update': always,
    'Node/Add': always,
    'Node/UpdateLabel': always,
    'CSINode/Add': always,
    'CSINode/Update': always,
    'CSIDriver/Update': always,
    'CSIStorageCapacity/Add': always,
    'CSIStorageCapacity/Update': always,
  },
  VolumeZone: {
    'StorageClass/Add': always,
    'Node/Add': always,
    'Node/UpdateLabel': always,
    'PersistentVolumeClaim/Add': ownClaim,
    'PersistentVolumeClaim/Update': ownClaim,
    'PersistentVolume/Add': always,
    'PersistentVolume/Update': always,
  },
  PodTopologySpread: {
    'AssignedPod/Add': pods.isSpreadWith,
    'AssignedPod/Delete': pods.isSpreadWith,
    'AssignedPod/UpdateLabel': pods.isSpreadOtherwise,
    'Pod/UpdateLabel': itself,
    'Node/Add': nodes.isDomain,
    'Node/Delete': nodes.isDomain,
    'Node/UpdateLabel': nodes.isDomain,
    'Node/UpdateTaint': nodes.isDomain,
  },
  InterPodAffinity: {
    'AssignedPod/Add': pods.isFriend,
    'AssignedPod/Delete': pods.wasFoe,
    'AssignedPod/UpdateLabel': pods.isFriendOrNoFoeNow,
    'Pod/UpdateLabel': itself,
    'Node/Add': nodes.hasAffinityKey,
    'Node/UpdateLabel': nodes.hasAffinityKey,
    'Node/UpdateTaint': nodes.hasAffinityKey,
  },
  DefaultPreemption: {},
  NodeResourcesBalancedAllocation: {},
  ImageLocality: {},
  DefaultBinder: {},
}
