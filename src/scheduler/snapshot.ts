import type { ApiObject } from '../api/object.ts'
import type { Node, Pod } from '../api/types.generated.ts'
import { Cluster } from './cluster.ts'
import { type Objects, objectsOfList } from './objects.ts'
import { VolumeAssumptions } from './volumes/assumptions.ts'

/** A cluster at one moment, to ask where pods could go. */
export interface Snapshot {
  readonly cluster: Cluster
  readonly objects: Objects
  readonly volumes: VolumeAssumptions
}

/** From objects of any kinds, in any order; those that do not bear on scheduling are ignored. */
export function snapshotOf(objects: Iterable<ApiObject>): Snapshot {
  const cluster = new Cluster()
  const others: ApiObject[] = []
  for (const object of objects) {
    if (object.kind === 'Node') cluster.addNode(object as Node)
    else if (object.kind === 'Pod') placePod(cluster, object as Pod)
    else others.push(object)
  }
  return { cluster, objects: objectsOfList(others), volumes: new VolumeAssumptions() }
}

function placePod(cluster: Cluster, pod: Pod): void {
  const node = pod.spec.nodeName ?? ''
  const hasEnded = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
  if (node !== '' && !hasEnded) cluster.placePod(cluster.podInfo(pod), node)
}
