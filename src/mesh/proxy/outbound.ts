import { isSubsetOf, isWildcard } from '../config/hosts.ts'
import { MESH_GATEWAY } from '../config/names.ts'
import { compareAge } from '../config/ordered.ts'
import type { OutboundMode } from '../config/types/sidecar.ts'
import type { L4Match, TcpRoute, TlsMatch } from '../config/types/virtual-service.ts'
import type { MeshPort, MeshService } from '../registry/mesh-service.ts'
import { defaultRoute } from '../route/compiled-route.ts'
import { appliesToSidecar, type RouteContext } from '../route/request-match.ts'
import { type ChainAction, type FilterChain, type Listener, tcpTo } from './filter-chain.ts'
import { l4Action } from './l4-action.ts'
import { type IpRange, parseRange } from './ip-range.ts'
import { BoundedMemo } from './bounded-memo.ts'
import { BLACKHOLE, outboundCluster, PASSTHROUGH } from './cluster-name.ts'
import type { ProxyView } from './proxy-view.ts'
import { ownVirtualHost, sidecarVirtualHost } from './sidecar-hosts.ts'
import { type VirtualHost, virtualHost } from './virtual-host.ts'

/*
 * Where a sidecar listens follows from what can be called: services with an address of their own are told apart by it,
 * the others share the port and are told apart by host or SNI.
 * Rules: istio/istio pilot/pkg/networking/core/{listener,listener_builder,tls}.go.
 */

export const OUTBOUND_PORT = 15001
/** What HTTP/1.0 sends would only be refused as HTTP; so it passes as any other bytes. */
const PLAIN_HTTP = ['http/1.1', 'h2c']

/** A port of a service, and the range of addresses for which the sidecar listens on it; none: for all. */
interface Offer {
  readonly service: MeshService
  readonly port: MeshPort
  readonly range?: IpRange
}

export function outboundListener(view: ProxyView, target: { address: string; port: number }): Listener {
  const { byAddress, byPort } = view.snapshot.serviceTable
  const named = offersOf(view, byAddress.get(`${target.address}:${target.port}`) ?? [], target.port)
  const own = named.filter(({ service }) => service.isHeadless || service.addresses.includes(target.address))
  if (own.length > 0) return { name: `${target.address}_${target.port}`, chains: ownChains(view, own, target) }
  const fallback = fallbackChain(view)
  const { http = [], other = [] } = byPort.get(`${target.port}`) ?? {}
  const shared = offersOf(view, other, target.port).flatMap(rangesOffered)
  const hasHttp = shared.some(({ port }) => port.traffic === 'auto') || http.some((host) => view.service(host))
  if (hasHttp || shared.length > 0) {
    const name = `0.0.0.0_${target.port}`
    return { name, chains: sharedChains(view, shared, { port: target.port, hasHttp }), defaultChain: fallback }
  }
  return { name: 'virtualOutbound', chains: strayChains(view), defaultChain: fallback }
}

/** What the proxy sees of services on a port that is not told to be HTTP, oldest first. */
function offersOf(view: ProxyView, hosts: readonly string[], number: number): readonly Offer[] {
  const services = hosts.flatMap((host) => view.service(host) ?? [])
  return services.toSorted(compareAge).flatMap((service) => {
    const port = service.ports.find((candidate) => candidate.number === number)
    return port === undefined || port.traffic === 'http' ? [] : [{ service, port }]
  })
}

/** One for each range of addresses; addresses of their own have listeners of their own. */
function rangesOffered({ service, port }: Offer): readonly Offer[] {
  if (service.isHeadless) return []
  if (service.addresses.length === 0) return [{ service, port }]
  return service.addresses.flatMap((address) => {
    const range = address.includes('/') ? parseRange(address) : undefined
    return range === undefined ? [] : [{ service, port, range }]
  })
}

/** The oldest service with the address has it. */
function ownChains(
  view: ProxyView,
  offers: readonly Offer[],
  { address, port }: { readonly address: string; readonly port: number },
): readonly FilterChain[] {
  const [first] = offers
  if (first === undefined) return []
  const name = `${address}_${port}`
  // Whom a wildcard means is only told by the name.
  const { service } = first
  const bySni = first.port.traffic === 'tls' && service.resolution === 'dns' && isWildcard(service.host)
  const tcp = tcpChains(view, first, { bySni })
  if (first.port.traffic !== 'auto') return tcp
  const routeConfig = `${service.host}:${port}`
  const action = httpAction(view, port, { routeConfig, only: service })
  return [{ name, match: { transport: 'raw', alpn: PLAIN_HTTP }, action }, ...tcp.flatMap(besideHttp)]
}

function sharedChains(
  view: ProxyView,
  offers: readonly Offer[],
  { port, hasHttp }: { readonly port: number; readonly hasHttp: boolean },
): readonly FilterChain[] {
  const chains: FilterChain[] = []
  if (hasHttp) {
    const action = httpAction(view, port, { routeConfig: String(port) })
    chains.push({ name: `0.0.0.0_${port}`, match: { transport: 'raw', alpn: PLAIN_HTTP }, action })
  }
  const taken = new Set<string>()
  for (const offer of offers) {
    for (const chain of tcpChains(view, offer, { bySni: offer.port.traffic === 'tls' })) {
      const ranges = chain.match.ranges?.map(({ prefix, bits }) => `${prefix}/${bits}`)
      const key = JSON.stringify([ranges, chain.match.serverNames])
      if (!taken.has(key)) chains.push(...(hasHttp ? besideHttp(chain) : [chain]))
      taken.add(key)
    }
  }
  return chains
}

function tcpChains(view: ProxyView, offer: Offer, { bySni }: { readonly bySni: boolean }): readonly FilterChain[] {
  const { service, port, range } = offer
  const name = service.host
  const ranges = range === undefined ? {} : { ranges: [range] }
  const routed = port.traffic === 'tls' ? tlsChains(view, offer, ranges) : plainChains(view, offer, ranges)
  if (routed.some(({ isDefault }) => isDefault)) return routed.map(({ chain }) => chain)
  const cluster = outboundCluster(service.host, { port: port.number, subset: '' })
  const serverNames = bySni ? { serverNames: [service.host] } : {}
  const own: FilterChain = { name, match: { ...ranges, ...serverNames }, action: tcpTo(cluster) }
  return [...routed.map(({ chain }) => chain), own]
}

interface Ranges {
  readonly ranges?: readonly IpRange[]
}

/** What a VirtualService says of a service's connections. A default leaves nothing for the service's own chain. */
interface RoutedChain {
  readonly chain: FilterChain
  readonly isDefault: boolean
}

function l4Context({ proxy: { labels, namespace } }: ProxyView, port: number): RouteContext {
  return { port, gateways: new Set([MESH_GATEWAY]), labels, namespace }
}

/** What `tls` of VirtualServices says, for ports of TLS alone. */
function tlsChains(view: ProxyView, { service, port }: Offer, ranges: Ranges): readonly RoutedChain[] {
  const context = l4Context(view, port.number)
  return view.routesFor(service.host).flatMap(({ tls, object }) =>
    tls.flatMap(({ match = [], route }, index) =>
      match.flatMap((entry, position) => {
        if (!appliesToSidecar(entry, context) || !coversHost(entry, service.host)) return []
        const chainMatch = { ...(rangesOf(entry.destinationSubnets) ?? ranges), serverNames: entry.sniHosts ?? [] }
        const action = l4Action(view, route, port.number)
        const source = { object, section: 'tls', index, match: position } as const
        return [{ chain: { name: service.host, match: chainMatch, action, source }, isDefault: true }]
      }),
    ),
  )
}

/** What `tcp` of VirtualServices says, in order up to the first rule that is for all addresses. */
function plainChains(view: ProxyView, { service, port }: Offer, ranges: Ranges): readonly RoutedChain[] {
  const context = l4Context(view, port.number)
  const chains: RoutedChain[] = []
  const rules = view
    .routesFor(service.host)
    .flatMap(({ tcp, object }) =>
      tcp.map((rule, index) => ({ ...rule, source: { object, section: 'tcp', index } as const })),
    )
  for (const { match, route = [], source } of rules) {
    const subnets = route.length === 0 ? [] : subnetsOf(match, context)
    if (subnets?.length === 0) continue
    const of = subnets === undefined ? ranges : (rangesOf(subnets) ?? ranges)
    const chain: FilterChain = { name: service.host, match: of, action: l4Action(view, route, port.number), source }
    chains.push({ chain, isDefault: subnets === undefined })
    if (subnets === undefined) break
  }
  return chains
}

/** Undefined: for all addresses. None: not for this caller. */
function subnetsOf(match: TcpRoute['match'], context: RouteContext): readonly string[] | undefined {
  if (match === undefined || match.length === 0) return undefined
  const fitting = match.filter((entry) => appliesToSidecar(entry, context))
  if (fitting.some(({ destinationSubnets = [] }) => destinationSubnets.length === 0)) return undefined
  return fitting.flatMap(({ destinationSubnets = [] }) => destinationSubnets)
}

function coversHost({ sniHosts = [] }: TlsMatch, host: string): boolean {
  return sniHosts.some((sni) => isSubsetOf(sni, host) || (isWildcard(sni) && isSubsetOf(host, sni)))
}

function rangesOf(subnets: L4Match['destinationSubnets'] = []): Required<Ranges> | undefined {
  const ranges = subnets.flatMap((subnet) => parseRange(subnet) ?? [])
  return ranges.length === 0 ? undefined : { ranges }
}

/** Beside a chain that asks for plain bytes, one that does not ask would be passed over: so it asks for either. */
function besideHttp(chain: FilterChain): readonly FilterChain[] {
  return [
    { ...chain, match: { ...chain.match, transport: 'raw' } },
    { ...chain, match: { ...chain.match, transport: 'tls' } },
  ]
}

function httpAction(
  view: ProxyView,
  port: number,
  { routeConfig, only }: { readonly routeConfig: string; readonly only?: MeshService },
): ChainAction {
  const unknown = unknownHost(outboundMode(view))
  const known = new BoundedMemo<VirtualHost>()
  const find = (authority: string): VirtualHost =>
    (only === undefined ? sidecarVirtualHost(view, port, authority) : ownVirtualHost(view, port, only)) ?? unknown
  return { kind: 'http', routeConfig, virtualHost: (authority) => known.of(authority, find) }
}

function outboundMode({ sidecar, snapshot }: ProxyView): OutboundMode {
  return sidecar?.spec?.outboundTrafficPolicy?.mode ?? snapshot.mesh.outboundMode
}

/** Requests for hosts that nobody knows are refused with 502, or let through. */
function unknownHost(mode: OutboundMode): VirtualHost {
  if (mode === 'REGISTRY_ONLY') {
    const refusal = {
      ...defaultRoute('', undefined),
      name: 'block_all',
      targets: [],
      rule: { directResponse: { status: 502 } },
    }
    return virtualHost({ name: 'block_all', domain: '*', routes: [refusal] })
  }
  const cluster = mode === 'ALLOW_ANY' ? PASSTHROUGH : 'AllowAnyDynamicDNSCluster'
  return virtualHost({
    name: 'allow_any',
    domain: '*',
    routes: [{ ...defaultRoute(cluster, undefined), name: 'allow_any' }],
  })
}

function fallbackChain(view: ProxyView): FilterChain {
  const cluster = outboundMode(view) === 'REGISTRY_ONLY' ? BLACKHOLE : PASSTHROUGH
  return { name: cluster, match: {}, action: tcpTo(cluster) }
}

/** Calls to ports that no service has; the sidecar's own port leads nowhere, or it would call itself for ever. */
function strayChains(view: ProxyView): readonly FilterChain[] {
  const loop: FilterChain = {
    name: 'virtualOutbound-blackhole',
    match: { port: OUTBOUND_PORT },
    action: tcpTo(BLACKHOLE),
  }
  const mode = outboundMode(view)
  if (mode !== 'ALLOW_ANY_DYNAMIC_DNS') return [loop]
  const unknown = unknownHost(mode)
  const action: ChainAction = { kind: 'http', virtualHost: () => unknown }
  return [loop, { name: 'virtualOutbound-http', match: { transport: 'raw', alpn: PLAIN_HTTP }, action }]
}
