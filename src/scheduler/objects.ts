import type { ApiObject } from '../api/object.ts'
import { CSIDriver } from '../api/kinds/storage/csi-driver.ts'
import { CSINode } from '../api/kinds/storage/csi-node.ts'
import { CSIStorageCapacity } from '../api/kinds/storage/csi-storage-capacity.ts'
import { StorageClass } from '../api/kinds/storage/storage-class.ts'
import { Namespace } from '../api/kinds/core/namespace.ts'
import { PersistentVolumeClaim } from '../api/kinds/core/persistent-volume-claim.ts'
import { PersistentVolume } from '../api/kinds/core/persistent-volume.ts'
import { PodDisruptionBudget } from '../api/kinds/policy/pod-disruption-budget.ts'
import { ReplicaSet } from '../api/kinds/apps/replica-set.ts'
import { ReplicationController } from '../api/kinds/core/replication-controller.ts'
import { Service } from '../api/kinds/core/service.ts'
import { StatefulSet } from '../api/kinds/apps/stateful-set.ts'
import type { Kind } from '../api/kind.ts'
import type { Labels } from '../api/selectors/requirement.ts'
import type { Informers } from '../client/informers.ts'

/** What the scheduler reads besides nodes and pods. */
export interface Objects {
  namespaceLabels(name: string): Labels | undefined
  namespaces(): Iterable<{ readonly name: string; readonly labels: Labels }>
  services(namespace: string): readonly Service[]
  replicationController(namespace: string, name: string): ReplicationController | undefined
  replicaSet(namespace: string, name: string): ReplicaSet | undefined
  statefulSet(namespace: string, name: string): StatefulSet | undefined
  claim(namespace: string, name: string): PersistentVolumeClaim | undefined
  volume(name: string): PersistentVolume | undefined
  volumesOfClass(storageClass: string): Iterable<PersistentVolume>
  storageClass(name: string): StorageClass | undefined
  csiNode(name: string): CSINode | undefined
  csiDriver(name: string): CSIDriver | undefined
  csiStorageCapacities(): Iterable<CSIStorageCapacity>
  disruptionBudgets(namespace: string): readonly PodDisruptionBudget[]
}

/** Where objects of a kind are found: an informer, or plain lists. */
interface Lookup<T extends ApiObject> {
  get(key: { namespace?: string; name: string }): T | undefined
  values(): Iterable<T>
  byIndex(name: string, value: string): readonly T[]
}

type Source = <T extends ApiObject>(kind: Kind<T>) => Lookup<T>

const NAMESPACE_INDEX = 'namespace'
const CLASS_INDEX = 'storage-class'

/** The objects of a running cluster. The kinds are asked for here, so that their informers start. */
export function objectsOfInformers(informers: Informers): Objects {
  const byNamespace = ({ metadata }: ApiObject): readonly string[] => [metadata.namespace ?? '']
  informers.of(Service).addIndex(NAMESPACE_INDEX, byNamespace)
  informers.of(PodDisruptionBudget).addIndex(NAMESPACE_INDEX, byNamespace)
  informers.of(PersistentVolume).addIndex(CLASS_INDEX, (volume) => [volume.spec.storageClassName ?? ''])
  return objectsOf((kind) => informers.of(kind))
}

/** The objects in a list, for decisions about a cluster that is not running. */
export function objectsOfList(objects: Iterable<ApiObject>): Objects {
  const byKind = new Map<string, ApiObject[]>()
  for (const object of objects) {
    const known = byKind.get(object.kind)
    if (known === undefined) byKind.set(object.kind, [object])
    else known.push(object)
  }
  return objectsOf(<T extends ApiObject>({ kind }: Kind<T>): Lookup<T> => {
    const items = (byKind.get(kind) ?? []) as unknown as readonly T[]
    return {
      get: ({ namespace, name }) =>
        items.find(({ metadata }) => metadata.name === name && metadata.namespace === namespace),
      values: () => items,
      byIndex: (index, value) =>
        items.filter((item) =>
          index === NAMESPACE_INDEX
            ? item.metadata.namespace === value
            : ((item as unknown as PersistentVolume).spec.storageClassName ?? '') === value,
        ),
    }
  })
}

function objectsOf(source: Source): Objects {
  const namespaces = source(Namespace)
  const services = source(Service)
  const controllers = source(ReplicationController)
  const replicaSets = source(ReplicaSet)
  const statefulSets = source(StatefulSet)
  const claims = source(PersistentVolumeClaim)
  const volumes = source(PersistentVolume)
  const classes = source(StorageClass)
  const csiNodes = source(CSINode)
  const csiDrivers = source(CSIDriver)
  const capacities = source(CSIStorageCapacity)
  const budgets = source(PodDisruptionBudget)
  return {
    namespaceLabels: (name) => namespaces.get({ name })?.metadata.labels,
    *namespaces() {
      for (const { metadata } of namespaces.values()) yield { name: metadata.name, labels: metadata.labels ?? {} }
    },
    services: (namespace) => services.byIndex(NAMESPACE_INDEX, namespace),
    replicationController: (namespace, name) => controllers.get({ namespace, name }),
    replicaSet: (namespace, name) => replicaSets.get({ namespace, name }),
    statefulSet: (namespace, name) => statefulSets.get({ namespace, name }),
    claim: (namespace, name) => claims.get({ namespace, name }),
    volume: (name) => volumes.get({ name }),
    volumesOfClass: (storageClass) => volumes.byIndex(CLASS_INDEX, storageClass),
    storageClass: (name) => classes.get({ name }),
    csiNode: (name) => csiNodes.get({ name }),
    csiDriver: (name) => csiDrivers.get({ name }),
    csiStorageCapacities: () => capacities.values(),
    disruptionBudgets: (namespace) => budgets.byIndex(NAMESPACE_INDEX, namespace),
  }
}
