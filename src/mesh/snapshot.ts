import type { ApiObject } from '../api/object.ts'
import { indexRules, type RuleIndex } from './config/destination-rules.ts'
import type { MeshConfig } from './config/mesh-config.ts'
import { type Aged, compareAge, inserted } from './config/ordered.ts'
import { fromIngresses, type IngressContext } from './config/ingress.ts'
import type { DestinationRule } from './config/types/destination-rule.ts'
import type { Gateway } from './config/types/gateway.ts'
import type { Ingress } from './config/types/ingress.ts'
import type { PeerAuthentication } from './config/types/peer-authentication.ts'
import type { ServiceEntry } from './config/types/service-entry.ts'
import type { Sidecar } from './config/types/sidecar.ts'
import type { VirtualService } from './config/types/virtual-service.ts'
import { type ResolvedVirtualService, resolveVirtualService } from './config/virtual-service.ts'
import { isWildcard } from './config/hosts.ts'
import { endpointsByService } from './registry/endpoint-slices.ts'
import {
  type KubernetesService,
  type MeshService,
  serviceOfKubernetes,
  servicesOfEntry,
} from './registry/mesh-service.ts'

/**
 * All configuration of a mesh at one moment, indexed by what requests ask for. It never changes: a changed object makes a
 * new snapshot, which shares with the old one every table that the object has no part in.
 */
export interface Snapshot {
  readonly mesh: MeshConfig
  readonly objects: ObjectsByKind
  /** By host; several where several namespaces say the same host, oldest first. */
  readonly services: ReadonlyMap<string, readonly MeshService[]>
  readonly routes: RouteIndex
  readonly destinationRules: RuleIndex
  readonly gateways: readonly Gateway[]
  readonly sidecars: readonly Sidecar[]
  readonly peerAuthentications: readonly PeerAuthentication[]
}

/** By kind, then by `namespace/name`: a change copies only the table of its kind. */
export type ObjectsByKind = ReadonlyMap<string, ReadonlyMap<string, ApiObject>>

/** VirtualServices, oldest first wherever they are listed. */
export interface RouteIndex {
  readonly byGateway: ReadonlyMap<string, readonly ResolvedVirtualService[]>
  readonly byHost: ReadonlyMap<string, readonly ResolvedVirtualService[]>
  readonly withWildcards: readonly ResolvedVirtualService[]
  /** Keys of VirtualServices that take part in delegation, on either side. */
  readonly delegating: ReadonlySet<string>
}

/** Services of Kubernetes always have a domain. */
const CLUSTER_DOMAIN = 'cluster.local'

/** Objects of kinds that the mesh does not know are kept and ignored. */
export function compile(objects: Iterable<ApiObject>, mesh: MeshConfig): Snapshot {
  const byKind = new Map<string, Map<string, ApiObject>>()
  for (const object of objects) {
    const table = byKind.get(object.kind) ?? new Map<string, ApiObject>()
    byKind.set(object.kind, table)
    table.set(keyOf(object), object)
  }
  return {
    mesh,
    objects: byKind,
    services: indexServices(byKind, mesh),
    routes: indexRoutes(byKind, mesh),
    destinationRules: indexRules(inAge<DestinationRule>(byKind, 'DestinationRule'), mesh.domain),
    gateways: indexGateways(byKind, mesh),
    sidecars: inAge<Sidecar>(byKind, 'Sidecar'),
    peerAuthentications: inAge<PeerAuthentication>(byKind, 'PeerAuthentication'),
  }
}

/** The snapshot after one object was created, replaced or (with `after` undefined) deleted. */
export function update(
  snapshot: Snapshot,
  change: { readonly before?: ApiObject | undefined; readonly after?: ApiObject | undefined },
): Snapshot {
  const { before, after } = change
  const kind = (after ?? before)?.kind ?? ''
  const table = new Map(snapshot.objects.get(kind))
  if (before !== undefined) table.delete(keyOf(before))
  if (after !== undefined) table.set(keyOf(after), after)
  const objects = new Map(snapshot.objects).set(kind, table)
  const { mesh } = snapshot
  const next = { ...snapshot, objects }
  switch (kind) {
    case 'Service':
      return { ...next, services: indexServices(objects, mesh), ...ingressRoutes(next) }
    case 'EndpointSlice':
    case 'ServiceEntry':
      return { ...next, services: indexServices(objects, mesh) }
    case 'VirtualService':
      return { ...next, routes: updateRoutes(next, change) }
    case 'DestinationRule':
      return { ...next, destinationRules: indexRules(inAge<DestinationRule>(objects, kind), mesh.domain) }
    case 'Gateway':
      return { ...next, gateways: indexGateways(objects, mesh) }
    case 'Ingress':
      return { ...next, gateways: indexGateways(objects, mesh), routes: indexRoutes(objects, mesh) }
    case 'Sidecar':
      return { ...next, sidecars: inAge<Sidecar>(objects, kind) }
    case 'PeerAuthentication':
      return { ...next, peerAuthentications: inAge<PeerAuthentication>(objects, kind) }
    default:
      return next
  }
}

function keyOf({ metadata }: ApiObject): string {
  return `${metadata.namespace ?? 'default'}/${metadata.name}`
}

function inAge<T extends ApiObject>(objects: ObjectsByKind, kind: string): readonly T[] {
  const found = [...(objects.get(kind)?.values() ?? [])] as T[]
  return found.toSorted((a, b) => compareAge(agedOf(a), agedOf(b)))
}

function agedOf({ metadata }: ApiObject): Aged {
  const { name, namespace = 'default', creationTimestamp } = metadata
  return { name, namespace, createdAt: creationTimestamp ?? '' }
}

function indexServices(objects: ObjectsByKind, mesh: MeshConfig): Snapshot['services'] {
  const endpoints = endpointsByService(objects.get('EndpointSlice')?.values() ?? [])
  const services: MeshService[] = []
  for (const object of objects.get('ServiceEntry')?.values() ?? []) {
    services.push(...servicesOfEntry(object as ServiceEntry))
  }
  for (const object of objects.get('Service')?.values() ?? []) {
    const { name, namespace = 'default' } = object.metadata
    const own = endpoints.get(`${namespace}/${name}`) ?? []
    services.push(
      serviceOfKubernetes(object as KubernetesService, { domain: mesh.domain ?? CLUSTER_DOMAIN, endpoints: own }),
    )
  }
  return Map.groupBy(services.toSorted(compareAge), ({ host }) => host)
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
  const { rootNamespace, domain = CLUSTER_DOMAIN } = mesh
  return fromIngresses(inAge<Ingress>(objects, 'Ingress'), { rootNamespace, domain, portOf })
}

function indexGateways(objects: ObjectsByKind, mesh: MeshConfig): readonly Gateway[] {
  const all = [...inAge<Gateway>(objects, 'Gateway'), ...ingressesIn(objects, mesh).gateways]
  return all.toSorted((a, b) => compareAge(agedOf(a), agedOf(b)))
}

function indexRoutes(objects: ObjectsByKind, mesh: MeshConfig): RouteIndex {
  const written = inAge<VirtualService>(objects, 'VirtualService')
  const virtualServices = [...written, ...ingressesIn(objects, mesh).virtualServices].toSorted((a, b) =>
    compareAge(agedOf(a), agedOf(b)),
  )
  const resolved = virtualServices.flatMap((object) => resolvedIn(objects, mesh, object) ?? [])
  return {
    byGateway: grouped(resolved, ({ gateways }) => gateways),
    byHost: grouped(resolved, exactHosts),
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
  return [`${namespace}/${name}`, ...targets.map((target) => `${target.namespace || namespace}/${target.name ?? ''}`)]
}

/** Only what names the changed object's hosts and gateways is made anew, unless other objects are joined to it. */
function updateRoutes(
  { objects, mesh, routes }: Snapshot,
  { before, after }: { readonly before?: ApiObject | undefined; readonly after?: ApiObject | undefined },
): RouteIndex {
  const touched = [before, after].filter((object) => object !== undefined) as VirtualService[]
  const isJoined = touched.some(
    (object) =>
      delegationOf(object).length > 0 ||
      routes.delegating.has(`${object.metadata.namespace ?? 'default'}/${object.metadata.name}`),
  )
  if (isJoined) return indexRoutes(objects, mesh)
  const removed = before === undefined ? undefined : resolvedIn(objects, mesh, before as VirtualService)
  const added = after === undefined ? undefined : resolvedIn(objects, mesh, after as VirtualService)
  const change = { before, removed, added }
  return {
    byGateway: replacedIn(routes.byGateway, change, ({ gateways }) => gateways),
    byHost: replacedIn(routes.byHost, change, exactHosts),
    withWildcards: replaced(routes.withWildcards, before, added?.hosts.some(isWildcard) === true ? added : undefined),
    delegating: routes.delegating,
  }
}

function replacedIn(
  index: ReadonlyMap<string, readonly ResolvedVirtualService[]>,
  change: {
    readonly before: ApiObject | undefined
    readonly removed: ResolvedVirtualService | undefined
    readonly added: ResolvedVirtualService | undefined
  },
  keysOf: (item: ResolvedVirtualService) => readonly string[],
): ReadonlyMap<string, readonly ResolvedVirtualService[]> {
  const { before, removed, added } = change
  const addedTo = new Set(added === undefined ? [] : keysOf(added))
  const next = new Map(index)
  for (const key of new Set([...(removed === undefined ? [] : keysOf(removed)), ...addedTo])) {
    next.set(key, replaced(index.get(key) ?? [], before, addedTo.has(key) ? added : undefined))
  }
  return next
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
