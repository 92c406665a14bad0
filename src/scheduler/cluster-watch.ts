import type { ApiObject } from '../api/object.ts'
import { CSIDriver } from '../api/kinds/storage/csi-driver.ts'
import { CSINode } from '../api/kinds/storage/csi-node.ts'
import { CSIStorageCapacity } from '../api/kinds/storage/csi-storage-capacity.ts'
import { StorageClass } from '../api/kinds/storage/storage-class.ts'
import { Namespace } from '../api/kinds/core/namespace.ts'
import { Node } from '../api/kinds/core/node.ts'
import { PersistentVolumeClaim } from '../api/kinds/core/persistent-volume-claim.ts'
import { PersistentVolume } from '../api/kinds/core/persistent-volume.ts'
import { Pod } from '../api/kinds/core/pod.ts'
import type { Kind } from '../api/kind.ts'
import { deepEqual } from '../base/equal.ts'
import type { Informers } from '../client/informers.ts'
import type { Cluster } from './cluster.ts'
import type { Nominator } from './nominator.ts'
import { type Change, nodeEvents, podEvents } from './queue/changes.ts'
import type { SchedulingQueue } from './queue/scheduling-queue.ts'

/** Nothing is decided before all of these are known. */
export const WATCHED: readonly Kind[] = [
  Namespace,
  Node,
  StorageClass,
  CSINode,
  CSIDriver,
  CSIStorageCapacity,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
] as unknown as readonly Kind[]

export interface ClusterWatch {
  readonly informers: Informers
  readonly cluster: Cluster
  readonly queue: SchedulingQueue
  readonly nominator: Nominator
  /** Pods that were given a node which the server does not know of yet. */
  readonly assumed: Set<string>
  /** Whether this scheduler places the pod. */
  isOurs(pod: Pod): boolean
  volumesChanged(): void
}

/** Keeps the scheduler's picture of the cluster up to date. Returns what ends that. */
export function watchCluster(watch: ClusterWatch): () => void {
  const { informers, cluster, queue } = watch
  const pods = new PodWatch(watch)
  const off = [
    informers.of(Namespace).handle({
      added: () => cluster.namespacesChanged(),
      updated(now, old) {
        if (!deepEqual(now.metadata.labels, old.metadata.labels)) cluster.namespacesChanged()
      },
    }),
    informers.of(Node).handle({
      added(now) {
        cluster.addNode(now)
        queue.changed({ event: 'Node/Add', now })
      },
      updated(now, old) {
        cluster.updateNode(now)
        if (!queue.hasUnschedulable) return
        for (const event of nodeEvents(now, old)) queue.changed({ event, old, now })
      },
      deleted(old) {
        cluster.removeNode(old.metadata.name)
        queue.changed({ event: 'Node/Delete', old })
      },
    }),
    ...[StorageClass, CSINode, CSIDriver, CSIStorageCapacity].map((kind) => watchObjects(kind as Kind, watch)),
    watchObjects(PersistentVolume, watch),
    watchObjects(PersistentVolumeClaim, watch),
    informers.of(Pod).handle({
      added: (now) => pods.changed(now, undefined),
      updated: (now, old) => pods.changed(now, old),
      deleted: (old) => pods.gone(old),
    }),
  ]
  return () => {
    for (const stop of off) stop()
  }
}

function watchObjects<T extends ApiObject>(
  kind: Kind<T>,
  { informers, queue, volumesChanged }: ClusterWatch,
): () => void {
  const name = kind.kind as 'PersistentVolume'
  const tell = (change: Change): void => {
    queue.changed(change)
    volumesChanged()
  }
  return informers.of(kind).handle({
    added: (now) => tell({ event: `${name}/Add`, now }),
    updated: (now, old) => tell({ event: `${name}/Update`, old, now }),
    deleted: (old) => tell({ event: `${name}/Delete`, old }),
  })
}

/** Pods wait in the queue, are on nodes, or are none of the scheduler's business. */
class PodWatch {
  readonly #watch: ClusterWatch

  constructor(watch: ClusterWatch) {
    this.#watch = watch
  }

  changed(now: Pod, old: Pod | undefined): void {
    if (hasEnded(now)) this.gone(now)
    else if ((now.spec.nodeName ?? '') !== '') this.#onNode(now)
    else if (this.#watch.isOurs(now)) this.#waiting(now, old)
  }

  gone(pod: Pod): void {
    const { cluster, queue, nominator, assumed } = this.#watch
    const uid = pod.metadata.uid ?? ''
    const placed = cluster.placed(uid)
    const wasPromised = nominator.nodeOf(uid) !== ''
    assumed.delete(uid)
    queue.delete(uid)
    nominator.remove(uid)
    if (placed !== undefined) cluster.removePod(uid)
    else if (!wasPromised) return
    if (!queue.hasUnschedulable) return
    queue.changed({ event: 'AssignedPod/Delete', old: placed?.pod ?? cluster.podInfo(pod) })
  }

  #onNode(pod: Pod): void {
    const { cluster, queue, nominator, assumed } = this.#watch
    const uid = pod.metadata.uid ?? ''
    const before = cluster.placed(uid)
    const now = cluster.podInfo(pod, before?.pod)
    cluster.placePod(now, pod.spec.nodeName ?? '')
    const isNew = assumed.delete(uid) || before === undefined
    if (isNew) {
      queue.delete(uid)
      nominator.remove(uid)
    }
    if (!queue.hasUnschedulable) return
    if (isNew) queue.changed({ event: 'AssignedPod/Add', now })
    else for (const event of podEvents(now, before.pod, 'AssignedPod')) queue.changed({ event, old: before.pod, now })
  }

  #waiting(pod: Pod, old: Pod | undefined): void {
    const { cluster, queue, nominator, assumed } = this.#watch
    const uid = pod.metadata.uid ?? ''
    // What is decided about it stands until its binding has succeeded or failed.
    if (assumed.has(uid)) return
    const info = cluster.podInfo(pod)
    const promised = pod.status?.nominatedNodeName ?? ''
    if (promised !== '' || (old?.status?.nominatedNodeName ?? '') !== '') nominator.nominate(info, promised)
    queue.update(info)
  }
}

function hasEnded({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed'
}
