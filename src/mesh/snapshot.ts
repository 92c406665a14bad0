import type { ApiObject } from '../api/object.ts'
import type { AuthorizationIndex } from './authorize/authorizer.ts'
import type { RequestAuthenticationIndex } from './authorize/jwt/authenticate.ts'
import { indexPolicies, updatePolicies } from './authorize/policy-index.ts'
import { indexRules, type RuleIndex, updateRules } from './config/destination-rules.ts'
import type { MeshConfig } from './config/mesh-config.ts'
import { compareObjects, inserted } from './config/ordered.ts'
import { fromIngresses, type IngressContext } from './config/ingress.ts'
import type { AuthorizationPolicy } from './config/types/authorization-policy.ts'
import type { DestinationRule } from './config/types/destination-rule.ts'
import type { Gateway } from './config/types/gateway.ts'
import type { Ingress, IngressClass } from './config/types/ingress.ts'
import type { PeerAuthentication } from './config/types/peer-authentication.ts'
import type { RequestAuthentication } from './config/types/request-authentication.ts'
import type { Sidecar } from './config/types/sidecar.ts'
import type { VirtualService } from './config/types/virtual-service.ts'
import { type ResolvedVirtualService, resolveVirtualService } from './config/virtual-service.ts'
import { isWildcard } from './config/hosts.ts'
import { keyOf } from './config/names.ts'
import { serviceKeyOf } from './registry/endpoint-slices.ts'
import type { KubernetesService, MeshService } from './registry/mesh-service.ts'
import { ShardedMap } from './registry/sharded-map.ts'
import type { ServiceTable } from './registry/service-table.ts'
import {
  indexServices,
  indexSlices,
  updateEntries,
  updateKubernetesServices,
  updateSlices,
} from './registry/snapshot-services.ts'
import { indexWorkloads, updateWorkloads } from './registry/snapshot-workloads.ts'
import type { Change, ObjectsByKind, Registry } from './registry/mesh-objects.ts'

/**
 * All configuration of a mesh at one moment, indexed by what requests ask for. It never changes: a changed object makes a
 * new snapshot, which shares with the old one every table that the object has no part in.
 */
export interface Snapshot extends Registry {
  /** By host; several where several namespaces say the same host, oldest first. */
  readonly services: ReadonlyMap<string, readonly MeshService[]>
  readonly routes: RouteIndex
  readonly destinationRules: RuleIndex
  readonly gateways: readonly Gateway[]
  readonly sidecars: readonly Sidecar[]
  readonly peerAuthentications: readonly PeerAuthentication[]
  readonly authorization: AuthorizationIndex
  readonly requestAuthentication: RequestAuthenticationIndex
}

/** VirtualServices, oldest first wherever they are listed. */
export interface RouteIndex {
  readonly byGateway: ReadonlyMap<string, readonly ResolvedVirtualService[]>
  readonly byHost: ShardedMap<readonly ResolvedVirtualService[]>
  readonly withWildcards: readonly ResolvedVirtualService[]
  /** Keys of VirtualServices that take part in delegation, on either side. */
  readonly delegating: ReadonlySet<string>
}

/** Objects of kinds that the mesh does not know are kept and ignored. */
export function compile(objects: Iterable<ApiObject>, mesh: MeshConfig): Snapshot {
  const byKind = new Map<string, ShardedMap<ApiObject>>()
  for (const [kind, list] of Map.groupBy(objects, ({ kind }) => kind)) {
    byKind.set(kind, ShardedMap.of(list.map((object) => [keyOf(object), object])))
  }
  const slices = indexSlices(byKind)
  return {
    mesh,
    objects: byKind,
    slices,
    ...servicesIn(indexServices({ objects: byKind, slices, mesh })),
    workloads: indexWorkloads(byKind, mesh),
    routes: indexRoutes(byKind, mesh),
    destinationRules: indexRules(inAge<DestinationRule>(byKind, 'DestinationRule'), mesh.domain),
    gateways: indexGateways(byKind, mesh),
    sidecars: inAge<Sidecar>(byKind, 'Sidecar'),
    peerAuthentications: inAge<PeerAuthentication>(byKind, 'PeerAuthentication'),
    authorization: indexPolicies(inAge<AuthorizationPolicy>(byKind, 'AuthorizationPolicy')),
    requestAuthentication: indexPolicies(inAge<RequestAuthentication>(byKind, 'RequestAuthentication')),
  }
}

export function update(snapshot: Snapshot, change: Change): Snapshot {
  const { before, after } = change
  const kind = (after ?? before)?.kind ?? ''
  const changed: [string, ApiObject | undefined][] = []
  if (before !== undefined) changed.push([keyOf(before), undefined])
  if (after !== undefined) changed.push([keyOf(after), after])
  const table = (snapshot.objects.get(kind) ?? new ShardedMap<ApiObject>()).with(changed)
  const objects = new Map(snapshot.objects).set(kind, table)
  const { mesh } = snapshot
  const next = { ...snapshot, objects }
  switch (kind) {
    case 'Service':
      return { ...next, ...servicesIn(updateKubernetesServices(next, [before, after])), ...ingressRoutes(next) }
    case 'EndpointSlice':
      return { ...next, ...updatedSlices(next, change) }
    case 'ServiceEntry':
      return { ...next, ...servicesIn(updateEntries(next, change)) }
    case 'Pod':
    case 'WorkloadEntry':
    case 'Namespace':
    case 'Node':
    case 'ProxyConfig':
      return { ...next, workloads: updateWorkloads(next, change) }
    case 'VirtualService':
      return { ...next, routes: updateRoutes(next, change) }
    case 'DestinationRule':
      return { ...next, destinationRules: updateRules(snapshot.destinationRules, change, mesh.domain) }
    case 'Gateway':
      return { ...next, gateways: indexGateways(objects, mesh) }
    case 'Ingress':
    case 'IngressClass':
      return { ...next, gateways: indexGateways(objects, mesh), routes: indexRoutes(objects, mesh) }
    case 'Sidecar':
      return { ...next, sidecars: inAge<Sidecar>(objects, kind) }
    case 'PeerAuthentication':
      return { ...next, peerAuthentications: inAge<PeerAuthentication>(objects, kind) }
    case 'AuthorizationPolicy':
      return { ...next, authorization: updatePolicies(snapshot.authorization, change) }
    case 'RequestAuthentication':
      return { ...next, requestAuthentication: updatePolicies(snapshot.requestAuthentication, change) }
    default:
      return next
  }
}

function servicesIn(serviceTable: ServiceTable): Pick<Snapshot, 'services' | 'serviceTable'> {
  return { services: serviceTable.byHost, serviceTable }
}

function updatedSlices(snapshot: Snapshot, change: Change): Pick<Snapshot, 'slices' | 'services' | 'serviceTable'> {
  const slices = updateSlices(snapshot, change)
  const touched = [change.before, change.after].flatMap((slice) => (slice === undefined ? [] : [serviceKeyOf(slice)]))
  const services = touched.map((key) => snapshot.objects.get('Service')?.get(key))
  return { slices, ...servicesIn(updateKubernetesServices({ ...snapshot, slices }, services)) }
}

function inAge<T extends ApiObject>(objects: ObjectsByKind, kind: string): readonly T[] {
  const found = [...(objects.get(kind)?.values() ?? [])] as T[]
  return found.toSorted(compareObjects)
}

/** An Ingress may name a port of a Service by the port's name. */
function ingressRoutes({ objects, mesh }: Snapshot): { readonly routes?: RouteIndex } {
  return (objects.get('Ingress')?.size ?? 0) === 0 ? {} : { routes: indexRoutes(objects, mesh) }
}

function ingressesIn(objects: ObjectsByKind, mesh: MeshConfig): ReturnType<typeof fromIngresses> {
  const portOf: IngressContext['portOf'] = ({ namespace, name, port }) => {
    const service = objects.get('Service')?.get(`${namespace}/${name}`) as KubernetesService | undefined
    return service?.spec?.ports?.find((candidate) => candidate.name === port)?.port
  }
  const classOf = (name: string) =>
    objects.get('IngressClass')?.get(keyOf({ metadata: { name } })) as IngressClass | undefined
  return fromIngresses(inAge<Ingress>(objects, 'Ingress'), { mesh, classOf, portOf })
}

function indexGateways(objects: ObjectsByKind, mesh: MeshConfig): readonly Gateway[] {
  const all = [...inAge<Gateway>(objects, 'Gateway'), ...ingressesIn(objects, mesh).gateways]
  return all.toSorted(compareObjects)
}

function indexRoutes(objects: ObjectsByKind, mesh: MeshConfig): RouteIndex {
  const written = inAge<VirtualService>(objects, 'VirtualService')
  const virtualServices = [...written, ...ingressesIn(objects, mesh).virtualServices].toSorted(compareObjects)
  const resolved = virtualServices.flatMap((object) => resolvedIn(objects, mesh, object) ?? [])
  return {
    byGateway: grouped(resolved, ({ gateways }) => gateways),
    byHost: ShardedMap.of(grouped(resolved, exactHosts)),
    withWildcards: resolved.filter(({ hosts }) => hosts.some(isWildcard)),
    delegating: new Set(virtualServices.flatMap(delegationOf)),
  }
}

function resolvedIn(
  objects: ObjectsByKind,
  mesh: MeshConfig,
  object: VirtualService,
): ResolvedVirtualService | undefined {
  const delegate = (key: string) => objects.get('VirtualService')?.get(key)
  return resolveVirtualService(object, { domain: mesh.domain, delegate })
}

function exactHosts({ hosts }: ResolvedVirtualService): readonly string[] {
  return hosts.filter((host) => !isWildcard(host))
}

/** The object itself where it delegates, and those it delegates to. */
function delegationOf({ metadata, spec }: VirtualService): readonly string[] {
  const { namespace = 'default', name } = metadata
  const targets = (spec?.http ?? []).flatMap(({ delegate }) => delegate ?? [])
  if (targets.length === 0) return []
  return [
    keyOf({ metadata: { name, namespace } }),
    ...targets.map((target) => `${target.namespace || namespace}/${target.name ?? ''}`),
  ]
}

/** Only what names the changed object's hosts and gateways is made anew, unless other objects are joined to it. */
function updateRoutes({ objects, mesh, routes }: Snapshot, { before, after }: Change): RouteIndex {
  const touched = [before, after].filter((object) => object !== undefined) as VirtualService[]
  const isJoined = touched.some((object) => delegationOf(object).length > 0 || routes.delegating.has(keyOf(object)))
  if (isJoined) return indexRoutes(objects, mesh)
  const removed = before === undefined ? undefined : resolvedIn(objects, mesh, before as VirtualService)
  const added = after === undefined ? undefined : resolvedIn(objects, mesh, after as VirtualService)
  const change = { before, removed, added }
  return {
    byGateway: new Map([...routes.byGateway, ...replacedIn(routes.byGateway, change, ({ gateways }) => gateways)]),
    byHost: routes.byHost.with(replacedIn(routes.byHost, change, exactHosts)),
    withWildcards: replaced(routes.withWildcards, before, added?.hosts.some(isWildcard) === true ? added : undefined),
    delegating: routes.delegating,
  }
}

function replacedIn(
  index: Pick<ReadonlyMap<string, readonly ResolvedVirtualService[]>, 'get'>,
  change: {
    readonly before: ApiObject | undefined
    readonly removed: ResolvedVirtualService | undefined
    readonly added: ResolvedVirtualService | undefined
  },
  keysOf: (item: ResolvedVirtualService) => readonly string[],
): readonly (readonly [string, readonly ResolvedVirtualService[]])[] {
  const { before, removed, added } = change
  const addedTo = new Set(added === undefined ? [] : keysOf(added))
  const touched = new Set([...(removed === undefined ? [] : keysOf(removed)), ...addedTo])
  return [...touched].map((key) => [key, replaced(index.get(key) ?? [], before, addedTo.has(key) ? added : undefined)])
}

function replaced(
  list: readonly ResolvedVirtualService[],
  before: ApiObject | undefined,
  added: ResolvedVirtualService | undefined,
): readonly ResolvedVirtualService[] {
  const kept = before === undefined ? list : list.filter(({ object }) => object !== before)
  return added === undefined ? kept : inserted(kept, added)
}

function grouped(
  resolved: readonly ResolvedVirtualService[],
  keysOf: (item: ResolvedVirtualService) => readonly string[],
): ReadonlyMap<string, readonly ResolvedVirtualService[]> {
  const groups = new Map<string, ResolvedVirtualService[]>()
  for (const item of resolved) {
    for (const key of new Set(keysOf(item))) {
      const group = groups.get(key)
      if (group === undefined) groups.set(key, [item])
      else group.push(item)
    }
  }
  return groups
}
