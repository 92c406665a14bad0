import { hostsInNamespace, hostsOverlap, intersectHosts, isSubsetOf, isWildcard } from '../config/hosts.ts'
import { compareAge } from '../config/ordered.ts'
import type { ResolvedVirtualService } from '../config/virtual-service.ts'
import { isExportedTo } from '../registry/visibility.ts'
import { compileRoutes, type CompiledRoute } from '../route/compiled-route.ts'
import { appliesToGateway, type RouteContext } from '../route/request-match.ts'
import { BoundedMemo } from './bounded-memo.ts'
import type { ChainAction, FilterChain, Listener, ServerIdentity } from './filter-chain.ts'
import { l4Action } from './l4-action.ts'
import { type OpenServer, openServers } from './gateway-servers.ts'
import type { ProxyView } from './proxy-view.ts'
import { hostOf, type VirtualHost, virtualHost } from './virtual-host.ts'

/** What a gateway does on a port; undefined where it does not listen. Rules: istio/istio pilot/pkg/networking/core/gateway.go. */
export function gatewayListener(view: ProxyView, port: number): Listener | undefined {
  const servers = openServers(view, port)
  const chains = withoutDuplicates(servers.flatMap((server) => chainsOf(view, server, servers)))
  return chains.length === 0 ? undefined : { name: `0.0.0.0_${port}`, chains }
}

function chainsOf(view: ProxyView, open: OpenServer, all: readonly OpenServer[]): readonly FilterChain[] {
  const name = `0.0.0.0_${open.port}`
  switch (open.kind) {
    case 'http':
      // All plain servers of a port share one chain and one table of hosts.
      return open === all[0] ? [{ name, match: {}, action: httpAction(view, all, open) }] : []
    case 'tls-http':
      return [{ name, match: sniMatch(open), tls: identityOf(open), action: httpAction(view, [open], open) }]
    case 'tls-tcp':
      return l4Chains(view, open, { tls: identityOf(open) })
    case 'tcp':
    case 'passthrough':
      return l4Chains(view, open, {})
  }
}

function sniMatch({ hosts }: OpenServer): { readonly serverNames?: readonly string[] } {
  const names = hosts.map((host) => host.slice(host.indexOf('/') + 1))
  return names.includes('*') ? {} : { serverNames: names }
}

function identityOf({ server: { tls } }: OpenServer): ServerIdentity {
  const requiresClientCertificate = tls?.mode === 'MUTUAL' || tls?.mode === 'ISTIO_MUTUAL'
  return {
    requiresClientCertificate,
    certificate: tls?.credentialName ?? 'default',
    ...(tls?.mode === 'OPTIONAL_MUTUAL' && { asksForClientCertificate: true }),
    ...(tls && { server: tls }),
  }
}

/** Hosts are looked up as they are called: one gateway may have those of ten thousand VirtualServices. */
function httpAction(
  view: ProxyView,
  servers: readonly OpenServer[],
  { routeConfig = '', port }: OpenServer,
): ChainAction {
  const known = new BoundedMemo<VirtualHost | undefined>()
  let isEmpty: boolean | undefined
  const find = (authority: string): VirtualHost | undefined => {
    const host = hostOf(authority)
    const table = hostTable(view, servers, (gateway) => speakingOf(view, host, gateway))
    const exact = table.get(host)
    if (exact !== undefined) return exact
    const wide = [...table.keys()].filter((domain) => isWildcard(domain) && isSubsetOf(host, domain))
    const widest = table.get(wide.toSorted((a, b) => b.length - a.length)[0] ?? '')
    if (widest !== undefined) return widest
    isEmpty ??= !hasHosts(view, servers)
    return isEmpty ? virtualHost({ name: `blackhole:${port}`, domain: '*', routes: [] }) : undefined
  }
  return { kind: 'http', routeConfig, virtualHost: (authority) => known.of(authority, find) }
}

/** Those that can say something of a host: all others are about other names. Oldest first. */
function speakingOf({ snapshot }: ProxyView, host: string, gateway: string): readonly ResolvedVirtualService[] {
  const { byHost, withWildcards } = snapshot.routes
  const candidates = new Set([...(byHost.get(host) ?? []), ...withWildcards])
  return [...candidates].filter(({ gateways }) => gateways.includes(gateway)).toSorted(compareAge)
}

function hasHosts(view: ProxyView, servers: readonly OpenServer[]): boolean {
  const { byGateway } = view.snapshot.routes
  return servers.some(
    (open) =>
      (open.kind === 'http' && open.server.tls?.httpsRedirect === true && open.hosts.length > 0) ||
      (byGateway.get(open.gateway) ?? []).some((item) => hostTable(view, [open], () => [item]).size > 0),
  )
}

/** Routes of several VirtualServices for one host follow each other by age, and what catches all comes last. */
function hostTable(
  view: ProxyView,
  servers: readonly OpenServer[],
  itemsOf: (gateway: string) => readonly ResolvedVirtualService[],
): ReadonlyMap<string, VirtualHost> {
  const table = new Map<string, VirtualHost>()
  for (const open of servers) {
    const number = open.server.port.number
    for (const { item, hosts } of boundTo(view, open, itemsOf(open.gateway))) {
      const routes = compileRoutes(item, contextOf(view, open), view.routeOptions)
      if (routes.length === 0) continue
      for (const host of hosts) addHost(table, { host, number, routes, requiresTls: false })
    }
    if (open.kind !== 'http' || open.server.tls?.httpsRedirect !== true) continue
    for (const host of open.hosts) {
      const name = host.slice(host.indexOf('/') + 1)
      addHost(table, { host: name, number, routes: [], requiresTls: true })
      for (const known of table.keys())
        if (isSubsetOf(known, name)) addHost(table, { host: known, number, routes: [], requiresTls: true })
    }
  }
  return table
}

function addHost(
  table: Map<string, VirtualHost>,
  added: { host: string; number: number; routes: readonly CompiledRoute[]; requiresTls: boolean },
): void {
  const { host, number, requiresTls } = added
  const known = table.get(host)
  const routes = [...(known?.routes ?? []), ...added.routes]
  const ordered = [...routes.filter(({ isCatchAll }) => !isCatchAll), ...routes.filter(({ isCatchAll }) => isCatchAll)]
  const name = known?.name ?? `${host}:${number}`
  const isRedirected = requiresTls || known?.requiresTls === true
  table.set(host, virtualHost({ name, domain: host, routes: ordered, requiresTls: isRedirected }))
}

/** VirtualServices that name the gateway, and the hosts that both are about. */
function boundTo(
  view: ProxyView,
  { hosts }: OpenServer,
  items: readonly ResolvedVirtualService[],
): readonly { readonly item: ResolvedVirtualService; readonly hosts: readonly string[] }[] {
  const { namespace } = view.proxy
  return items.flatMap((item) => {
    if (!isExportedTo(item.exportTo, { owner: item.namespace, namespace })) return []
    const common = intersectHosts(item.hosts, hostsInNamespace(hosts, item.namespace))
    return common.length === 0 ? [] : [{ item, hosts: common }]
  })
}

function contextOf({ proxy }: ProxyView, { gateway, server }: OpenServer): RouteContext {
  const namespace = proxy.podNamespace ?? proxy.namespace
  return { port: server.port.number, gateways: new Set([gateway]), labels: proxy.labels, namespace }
}

function speaksOfBytes({ tls, tcp }: ResolvedVirtualService): boolean {
  return tls.length > 0 || tcp.length > 0
}

function l4Chains(view: ProxyView, open: OpenServer, ends: { readonly tls?: ServerIdentity }): readonly FilterChain[] {
  const context = contextOf(view, open)
  const name = `0.0.0.0_${open.port}`
  const items = (view.snapshot.routes.byGateway.get(open.gateway) ?? []).filter(speaksOfBytes)
  for (const { item, hosts } of boundTo(view, open, items)) {
    const { object } = item
    const byName = item.tls.flatMap(({ match = [], route }, index) =>
      match.flatMap((entry, position): readonly FilterChain[] => {
        if (!appliesToGateway(entry, context)) return []
        const serverNames = (entry.sniHosts ?? []).filter((sni) => hosts.some((host) => hostsOverlap(sni, host)))
        const action = l4Action(view, route, open.server.port.number)
        return [
          { name, ...ends, match: { serverNames }, action, source: { object, section: 'tls', index, match: position } },
        ]
      }),
    )
    if (open.kind !== 'tcp' && byName.length > 0) return byName
    const index = item.tcp.findIndex(
      ({ match = [] }) => match.length === 0 || match.some((entry) => appliesToGateway(entry, context)),
    )
    if (index >= 0) {
      const match = open.kind === 'tcp' ? {} : sniMatch(open)
      const action = l4Action(view, item.tcp[index]?.route, open.server.port.number)
      return [{ name, ...ends, match, action, source: { object, section: 'tcp', index } }]
    }
  }
  return []
}

/** Envoy refuses a listener with two chains for the same server names, so the older one has them. */
function withoutDuplicates(chains: readonly FilterChain[]): readonly FilterChain[] {
  const taken = new Set<string>()
  return chains.filter(({ match: { serverNames } }) => {
    if (serverNames === undefined || serverNames.length === 0) return true
    const key = serverNames.toSorted().join()
    return !taken.has(key) && taken.add(key)
  })
}
