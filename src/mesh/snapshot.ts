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
  readonly objects: ReadonlyMap<string, ApiObject>
  /** By host; several where several namespaces say the same host, oldest first. */
  readonly services: ReadonlyMap<string, readonly MeshService[]>
  readonly routes: RouteIndex
  readonly destinationRules: RuleIndex
  readonly gateways: readonly Gateway[]
  readonly sidecars: readonly Sidecar[]
  readonly peerAuthentications: readonly PeerAuthentication[]
}

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
  const byKey = new Map<string, ApiObject>()
  for (const object of objects) byKey.set(keyOf(object), object)
  return {
    mesh,
    objects: byKey,
    services: indexServices(byKey, mesh),
    routes: indexRoutes(byKey, mesh),
    destinationRules: indexRules(inAge<DestinationRule>(byKey, 'DestinationRule'), mesh.domain),
    gateways: indexGateways(byKey, mesh),
    sidecars: inAge<Sidecar>(byKey, 'Sidecar'),
    peerAuthentications: inAge<PeerAuthentication>(byKey, 'PeerAuthentication'),
  }
}

/** The snapshot after one object was created, replaced or (with `after` undefined) deleted. */
export function update(
  snapshot: Snapshot,
  change: { readonly before?: ApiObject | undefined; readonly after?: ApiObject | undefined },
): Snapshot {
  const { before, after } = change
  const kind = (after ?? before)?.kind
  const objects = new Map(snapshot.objects)
  if (before !== undefined) objects.delete(keyOf(before))
  if (after !== undefined) objects.set(keyOf(after), after)
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

function keyOf({ kind, metadata }: ApiObject): string {
  return `${kind}/${metadata.namespace ?? 'default'}/${metadata.name}`
}

function inAge<T extends ApiObject>(objects: ReadonlyMap<string, ApiObject>, kind: string): readonly T[] {
  const found: T[] = []
  for (const object of objects.values()) if (object.kind === kind) found.push(object as T)
  return found.toSorted((a, b) => compareAge(agedOf(a), agedOf(b)))
}

function agedOf({ metadata }: ApiObject): Aged {
  const { name, namespace = 'default', creationTimestamp } = metadata
  return { name, namespace, createdAt: creationTimestamp ?? '' }
}

function indexServices(objects: ReadonlyMap<string, ApiObject>, mesh: MeshConfig): Snapshot['services'] {
  const endpoints = endpointsByService(objects.values())
  const services: MeshService[] = []
  for (const object of objects.values()) {
    if (object.kind === 'ServiceEntry') services.push(...servicesOfEntry(object as ServiceEntry))
    if (object.kind !== 'Service') continue
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
  for (const { kind } of objects.values()) if (kind === 'Ingress') return { routes: indexRoutes(objects, mesh) }
  return {}
}

function ingressesIn(objects: ReadonlyMap<string, ApiObject>, mesh: MeshConfig): ReturnType<typeof fromIngresses> {
  const portOf: IngressContext['portOf'] = ({ namespace, name, port }) => {
    const service = objects.get(`Service/${namespace}/${name}`) as KubernetesService | undefined
    return service?.spec?.ports?.find((candidate) => candidate.name === port)?.port
  }
  const { rootNamespace, domain = CLUSTER_DOMAIN } = mesh
  return fromIngresses(inAge<Ingress>(objects, 'Ingress'), { rootNamespace, domain, portOf })
}

function indexGateways(objects: ReadonlyMap<string, ApiObject>, mesh: MeshConfig): readonly Gateway[] {
  const all = [...inAge<Gateway>(objects, 'Gateway'), ...ingressesIn(objects, mesh).gateways]
  return all.toSorted((a, b) => compareAge(agedOf(a), agedOf(b)))
}

function indexRoutes(objects: ReadonlyMap<string, ApiObject>, mesh: MeshConfig): RouteIndex {
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
  objects: ReadonlyMap<string, ApiObject>,
  mesh: MeshConfig,
  object: VirtualService,
): ResolvedVirtualService | undefined {
  const delegate = (key: string) => objects.get(`VirtualService/${key}`)
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
  const added = after === undefined ? undefined : resolvedIn(objects, mesh, after as VirtualService)
  const replace = (list: readonly ResolvedVirtualService[], isMember: boolean) => {
    const kept = list.filter(({ object }) => object !== before)
    return isMember && added !== undefined ? inserted(kept, added) : kept
  }
  return {
    byGateway: replacedIn(routes.byGateway, before, added?.gateways ?? [], replace),
    byHost: replacedIn(routes.byHost, before, added === undefined ? [] : exactHosts(added), replace),
    withWildcards: replace(routes.withWildcards, added?.hosts.some(isWildcard) ?? false),
    delegating: routes.delegating,
  }
}

function replacedIn(
  index: ReadonlyMap<string, readonly ResolvedVirtualService[]>,
  before: ApiObject | undefined,
  keys: readonly string[],
  replace: (list: readonly ResolvedVirtualService[], isMember: boolean) => readonly ResolvedVirtualService[],
): ReadonlyMap<string, readonly ResolvedVirtualService[]> {
  const next = new Map(index)
  for (const [key, list] of index) {
    if (before !== undefined && list.some(({ object }) => object === before)) next.set(key, replace(list, false))
  }
  for (const key of new Set(keys)) next.set(key, replace(next.get(key) ?? [], true))
  return next
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
