import { mapChanged } from '../../base/copy-on-write.ts'
import type { ApiObject } from '../../api/object.ts'
import { delegatedRoutes } from './delegate.ts'
import { MESH_GATEWAY, qualifiedGateway, qualifiedHost } from './names.ts'
import type { Aged } from './ordered.ts'
import type {
  Destination,
  HttpMatch,
  HttpRoute,
  L4Match,
  RouteDestination,
  TcpRoute,
  TlsRoute,
  VirtualService,
} from './types/virtual-service.ts'

/** A VirtualService with its names in full and its delegates in place. */
export interface ResolvedVirtualService extends Aged {
  readonly object: VirtualService
  readonly hosts: readonly string[]
  readonly gateways: readonly string[]
  readonly http: readonly ResolvedRoute[]
  readonly tls: readonly TlsRoute[]
  readonly tcp: readonly TcpRoute[]
  readonly exportTo: readonly string[]
}

/** A route, and the entry of `http` in the object that said it. */
export interface ResolvedRoute {
  readonly rule: HttpRoute
  readonly object: ApiObject
  readonly index: number
}

/** Undefined for one without hosts: it only stands in for routes of others. */
export function resolveVirtualService(
  object: VirtualService,
  options: { readonly domain: string | undefined; readonly delegate: (key: string) => VirtualService | undefined },
): ResolvedVirtualService | undefined {
  const { name, namespace = 'default', creationTimestamp } = object.metadata
  const { hosts = [], gateways = [], tls = [], tcp = [], exportTo = [] } = object.spec ?? {}
  if (hosts.length === 0) return undefined
  const home = homeOf(object, options.domain)
  return {
    object,
    name,
    namespace,
    createdAt: creationTimestamp ?? '',
    hosts: hosts.map((host) => qualifiedHost(host, home).toLowerCase()),
    gateways: gateways.length === 0 ? [MESH_GATEWAY] : gateways.map((gateway) => qualifiedGateway(gateway, namespace)),
    http: routesOf(object, options),
    tls: tls.map((rule) => withFullNames(rule, home)),
    tcp: tcp.map((rule) => withFullNames(rule, home)),
    exportTo,
  }
}

interface Home {
  readonly namespace: string
  readonly domain?: string
}

function homeOf(object: VirtualService, domain: string | undefined): Home {
  return { namespace: object.metadata.namespace ?? 'default', ...(domain !== undefined && { domain }) }
}

/** One level: a delegate of a delegate is not followed. */
function routesOf(
  object: VirtualService,
  { domain, delegate }: Parameters<typeof resolveVirtualService>[1],
): readonly ResolvedRoute[] {
  const home = homeOf(object, domain)
  return (object.spec?.http ?? []).flatMap((written, index) => {
    const rule = withFullHttpNames(written, home)
    if (written.delegate === undefined) return [{ rule, object, index }]
    const { name = '', namespace = home.namespace } = written.delegate
    const target = delegate(`${namespace === '' ? home.namespace : namespace}/${name}`)
    return (target?.spec?.http ?? []).flatMap((routeOfDelegate, delegateIndex) => {
      if (target === undefined || routeOfDelegate.delegate !== undefined) return []
      const full = withFullHttpNames(routeOfDelegate, homeOf(target, domain))
      return delegatedRoutes(rule, [full]).map((merged) => ({ rule: merged, object: target, index: delegateIndex }))
    })
  })
}

function withFullHttpNames(rule: HttpRoute, home: Home): HttpRoute {
  const { delegate: _, ...own } = rule
  const full = (destination: Destination) => fullDestination(destination, home)
  return {
    ...own,
    ...(rule.match && { match: mapChanged<HttpMatch>(rule.match, (match) => fullGateways(match, home)) }),
    ...(rule.route && {
      route: rule.route.map((entry) =>
        entry.destination ? { ...entry, destination: full(entry.destination) } : entry,
      ),
    }),
    ...(rule.mirror && { mirror: full(rule.mirror) }),
    ...(rule.mirrors && {
      mirrors: rule.mirrors.map((mirror) =>
        mirror.destination ? { ...mirror, destination: full(mirror.destination) } : mirror,
      ),
    }),
  }
}

function withFullNames<Match extends L4Match>(
  rule: { readonly match?: readonly Match[]; readonly route?: readonly RouteDestination[] },
  home: Home,
): { readonly match?: readonly Match[]; readonly route?: readonly RouteDestination[] } {
  return {
    ...(rule.match && { match: mapChanged<Match>(rule.match, (match) => fullGateways(match, home)) }),
    ...(rule.route && {
      route: rule.route.map((entry) =>
        entry.destination ? { ...entry, destination: fullDestination(entry.destination, home) } : entry,
      ),
    }),
  }
}

function fullDestination(destination: Destination, home: Home): Destination {
  const host = qualifiedHost(destination.host, home).toLowerCase()
  return host === destination.host ? destination : { ...destination, host }
}

function fullGateways<Match extends L4Match | HttpMatch>(match: Match, { namespace }: Home): Match {
  if (match.gateways === undefined) return match
  return { ...match, gateways: match.gateways.map((gateway) => qualifiedGateway(gateway, namespace)) }
}
