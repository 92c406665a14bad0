import { isSubsetOf, isWildcard } from '../config/hosts.ts'
import { MESH_GATEWAY } from '../config/names.ts'
import type { ResolvedVirtualService } from '../config/virtual-service.ts'
import type { MeshService } from '../registry/mesh-service.ts'
import { compileRoutes, type CompiledRoute, defaultRoute } from '../route/compiled-route.ts'
import type { RouteContext } from '../route/request-match.ts'
import { outboundCluster } from './cluster-name.ts'
import type { ProxyView } from './proxy-view.ts'
import { hostOf, type VirtualHost, virtualHost } from './virtual-host.ts'

/*
 * Virtual hosts are looked up by the host that is called instead of being listed for each proxy: a changed
 * VirtualService then costs nothing until somebody calls its host.
 */

/** Who answers on a port for a host: a service that is known, or routes for a host that is not, or a wildcard of either. */
export function sidecarVirtualHost(view: ProxyView, port: number, authority: string): VirtualHost | undefined {
  const host = hostOf(authority)
  return view.virtualHosts.of(`${port}/${host}`, () => lookedUp(view, port, host))
}

/** On a listener of its own a service answers to whatever it is called. */
export function ownVirtualHost(view: ProxyView, port: number, service: MeshService): VirtualHost | undefined {
  return sidecarVirtualHost(view, port, service.host)
}

function lookedUp(view: ProxyView, port: number, host: string): VirtualHost | undefined {
  const service = serviceCalled(view, host)
  const known = service === undefined ? undefined : serviceHost(view, port, { service, host })
  return known ?? foreignHost(view, port, host) ?? wildcardHost(view, port, host)
}

/**
 * Services of Kubernetes can be called by shorter names: `cart`, `cart.shop`, `cart.shop.svc`; headless ones with anything
 * before that, as in `cart-0.cart`; and all by their addresses.
 */
function serviceCalled(view: ProxyView, host: string): MeshService | undefined {
  const name = host.endsWith('.') ? host.slice(0, -1) : host
  const named = serviceNamed(view, name) ?? serviceAddressed(view, name)
  if (named !== undefined) return named
  const dot = name.indexOf('.')
  const member = dot < 0 ? undefined : serviceNamed(view, name.slice(dot + 1))
  return member?.isHeadless === true ? member : undefined
}

function serviceAddressed(view: ProxyView, address: string): MeshService | undefined {
  const hosts = view.snapshot.serviceTable.byVirtualAddress.get(address) ?? []
  return hosts.map((host) => view.service(host)).find((service) => service?.addresses.includes(address))
}

function serviceNamed(view: ProxyView, name: string): MeshService | undefined {
  const exact = view.service(name)
  if (exact !== undefined) return exact
  const domain = view.snapshot.mesh.domain ?? 'cluster.local'
  const parts = name.split('.')
  const full =
    parts.length === 1
      ? `${name}.${view.proxy.namespace}.svc.${domain}`
      : parts.length === 2
        ? `${name}.svc.${domain}`
        : `${name}.${domain}`
  const service = view.service(full)
  return service?.fromKubernetes === true ? service : undefined
}

/** Routes for an alias hold only where it is called by its full name; else it is the service that it stands for. */
function serviceHost(
  view: ProxyView,
  port: number,
  { service, host }: { readonly service: MeshService; readonly host: string },
): VirtualHost | undefined {
  const concrete = service.aliasOf === undefined ? service : view.service(service.aliasOf)
  const served = concrete?.ports.find(({ number }) => number === port)
  if (concrete === undefined || (served?.traffic !== 'http' && served?.traffic !== 'auto')) return undefined
  const isShortAlias = service.aliasOf !== undefined && host !== service.host
  const routes = isShortAlias ? undefined : firstRoutes(view, port, view.routesFor(service.host))
  if (routes !== undefined) return virtualHost({ name: `${service.host}:${port}`, domain: service.host, routes })
  const cluster = outboundCluster(concrete.host, { port, subset: '' })
  const fallback = defaultRoute(cluster, view.snapshot.mesh.defaultHttpRetryPolicy)
  return virtualHost({ name: `${concrete.host}:${port}`, domain: service.host, routes: [fallback] })
}

/** One without a route that applies here leaves the host to the next. */
function firstRoutes(
  view: ProxyView,
  port: number,
  virtualServices: readonly ResolvedVirtualService[],
): readonly CompiledRoute[] | undefined {
  const context: RouteContext = {
    port,
    gateways: new Set([MESH_GATEWAY]),
    labels: view.proxy.labels,
    namespace: view.proxy.namespace,
  }
  for (const virtualService of virtualServices) {
    const routes = compileRoutes(virtualService, context, view.routeOptions)
    if (routes.length > 0) return routes
  }
  return undefined
}

/** Hosts that the mesh does not know can be routed too: on the ports of what else the object is about, else on 80. */
function foreignHost(view: ProxyView, port: number, host: string): VirtualHost | undefined {
  if (view.service(host) !== undefined) return undefined
  const candidates = view
    .meshRoutes(view.snapshot.routes.byHost.get(host) ?? [])
    .filter((item) => servesPort(view, item, port))
  const routes = firstRoutes(view, port, candidates)
  return routes === undefined ? undefined : virtualHost({ name: `${host}:${port}`, domain: host, routes })
}

function servesPort(view: ProxyView, { hosts }: ResolvedVirtualService, port: number): boolean {
  const services = hosts.flatMap((host) => view.service(host) ?? [])
  const ports = services.flatMap((service) =>
    service.ports.filter(({ traffic }) => traffic === 'http' || traffic === 'auto'),
  )
  return ports.length === 0 ? port === 80 : ports.some(({ number }) => number === port)
}

/** The longest ending wins. Routes for a wildcard that covers known services are for those services only. */
function wildcardHost(view: ProxyView, port: number, host: string): VirtualHost | undefined {
  const wide = new Set<string>()
  for (const domain of view.snapshot.serviceTable.wildcards) if (view.service(domain) !== undefined) wide.add(domain)
  for (const { hosts } of view.meshRoutes(view.snapshot.routes.withWildcards)) {
    for (const candidate of hosts) if (isWildcard(candidate)) wide.add(candidate)
  }
  const covering = [...wide].filter((candidate) => isSubsetOf(host, candidate) && host.length >= candidate.length)
  for (const domain of covering.toSorted((a, b) => b.length - a.length)) {
    const service = view.service(domain)
    const known = service === undefined ? undefined : serviceHost(view, port, { service, host: domain })
    if (known !== undefined) return known
    if (service === undefined && !coversServices(view, domain)) {
      const candidates = view.routesFor(domain).filter((item) => servesPort(view, item, port))
      const routes = firstRoutes(view, port, candidates)
      if (routes !== undefined) return virtualHost({ name: `${domain}:${port}`, domain, routes })
    }
  }
  return undefined
}

function coversServices(view: ProxyView, domain: string): boolean {
  for (const host of view.snapshot.services.keys()) {
    if (isSubsetOf(host, domain) && view.service(host) !== undefined) return true
  }
  return false
}
