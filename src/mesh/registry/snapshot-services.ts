import type { ApiObject } from '../../api/object.ts'
import { compareText } from '../../base/compare-text.ts'
import { givesAddresses } from '../config/control-plane-features.ts'
import { CLUSTER_DOMAIN, keyOf } from '../config/names.ts'
import { compareAge } from '../config/ordered.ts'
import type { ServiceEntry } from '../config/types/service-entry.ts'
import { withAllocatedAddresses } from './allocated-addresses.ts'
import { type EndpointSlice, endpointsOf, serviceKeyOf } from './endpoint-slices.ts'
import { type KubernetesService, type MeshService, serviceOfKubernetes, servicesOfEntry } from './mesh-service.ts'
import { serviceTable, type ServiceTable, withServices } from './service-table.ts'
import { ShardedMap } from './sharded-map.ts'
import type { Change, ObjectsByKind, Registry, SliceEndpoints } from './mesh-objects.ts'

type Sources = Pick<Registry, 'objects' | 'slices' | 'mesh'>

export function indexSlices(objects: ObjectsByKind): Registry['slices'] {
  const slices = [...(objects.get('EndpointSlice')?.values() ?? [])]
  const byService = Map.groupBy(slices, serviceKeyOf)
  return ShardedMap.of([...byService].map(([key, list]) => [key, list.map(sliceEndpoints).toSorted(compareSlices)]))
}

export function indexServices(sources: Sources): ServiceTable {
  const { objects, mesh } = sources
  const services: MeshService[] = []
  for (const entry of objects.get('ServiceEntry')?.values() ?? [])
    services.push(...servicesOfEntry(entry as ServiceEntry))
  for (const service of objects.get('Service')?.values() ?? []) services.push(kubernetesService(sources, service))
  return serviceTable(givesAddresses(mesh) ? services : withAllocatedAddresses(services.toSorted(compareAge)))
}

export function updateSlices(snapshot: Registry, { before, after }: Change): Registry['slices'] {
  const touched = [before, after].filter((slice) => slice !== undefined)
  const keys = new Set(touched.map(serviceKeyOf))
  return snapshot.slices.with(
    [...keys].map((key) => {
      const kept = (snapshot.slices.get(key) ?? []).filter(({ slice }) => slice !== before)
      const list =
        after !== undefined && serviceKeyOf(after) === key
          ? [...kept, sliceEndpoints(after)].toSorted(compareSlices)
          : kept
      return [key, list.length === 0 ? undefined : list]
    }),
  )
}

/** Services of Kubernetes as the objects of the snapshot say now. */
export function updateKubernetesServices(
  snapshot: Registry,
  touched: readonly (ApiObject | undefined)[],
): ServiceTable {
  const { objects, serviceTable: table, mesh } = snapshot
  const domain = mesh.domain ?? CLUSTER_DOMAIN
  const changes = new Map<string, readonly MeshService[]>()
  for (const object of touched) {
    if (object === undefined) continue
    const { name, namespace = 'default' } = object.metadata
    const host = `${name}.${namespace}.svc.${domain}`
    const current = objects.get('Service')?.get(keyOf(object))
    const others = (table.byHost.get(host) ?? []).filter(({ fromKubernetes }) => !fromKubernetes)
    changes.set(host, current === undefined ? others : [...others, kubernetesService(snapshot, current)])
  }
  return withServices(table, changes)
}

export function updateEntries(snapshot: Registry, { before, after }: Change): ServiceTable {
  if (!givesAddresses(snapshot.mesh)) return indexServices(snapshot)
  const { serviceTable: table } = snapshot
  const removed = before === undefined ? [] : servicesOfEntry(before as ServiceEntry)
  const added = after === undefined ? [] : servicesOfEntry(after as ServiceEntry)
  const changes = new Map<string, readonly MeshService[]>()
  const { name, namespace = 'default' } = (after ?? before)?.metadata ?? { name: '' }
  for (const { host } of [...removed, ...added]) {
    const others = (table.byHost.get(host) ?? []).filter(
      (service) => service.fromKubernetes || service.name !== name || service.namespace !== namespace,
    )
    changes.set(host, [...others, ...added.filter((service) => service.host === host)])
  }
  return withServices(table, changes)
}

/** Endpoints are in the order of their slices' names, whichever was there first. */
function compareSlices({ slice: a }: SliceEndpoints, { slice: b }: SliceEndpoints): number {
  return compareText(a.metadata.name, b.metadata.name)
}

function sliceEndpoints(slice: ApiObject): SliceEndpoints {
  return { slice, endpoints: endpointsOf(slice as EndpointSlice) }
}

function kubernetesService({ slices, mesh }: Pick<Sources, 'slices' | 'mesh'>, object: ApiObject): MeshService {
  const own = slices.get(keyOf(object)) ?? []
  const [first] = own
  const endpoints =
    own.length === 1 && first !== undefined ? first.endpoints : own.flatMap(({ endpoints }) => endpoints)
  return serviceOfKubernetes(object as KubernetesService, { domain: mesh.domain ?? CLUSTER_DOMAIN, endpoints })
}
