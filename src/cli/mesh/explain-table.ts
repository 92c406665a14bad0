import { MESH_GATEWAY } from '../../mesh/config/names.ts'
import type { FilterChain } from '../../mesh/proxy/filter-chain.ts'
import { openServers } from '../../mesh/proxy/gateway-servers.ts'
import { sidecarVirtualHost } from '../../mesh/proxy/sidecar-hosts.ts'
import { gatewayListener } from '../../mesh/proxy/gateway.ts'
import type { Proxy, ProxyView } from '../../mesh/proxy/proxy-view.ts'
import { hostOf, type VirtualHost } from '../../mesh/proxy/virtual-host.ts'
import type { CompiledRoute } from '../../mesh/route/compiled-route.ts'
import type { RouteContext } from '../../mesh/route/request-match.ts'
import { connectionChains, connectionMatch, pathOfSource } from './connection-rules.ts'
import { type RuleAbout, rulesAbout, whyUnused } from './considered.ts'
import { domainOf } from './explain-route.ts'
import { covers } from './match-cover.ts'
import { type MeshModel, viewOf } from './mesh-model.ts'
import { gatewayNamed, gatewayTitle, sidecarOf, workloadNamed } from './parties.ts'
import { type Place, titleOf } from './places.ts'
import { serviceCalled } from './service-address.ts'

/** All that a proxy does with requests for one host on one port. */
export interface RouteTable {
  readonly from: string
  readonly host: string
  readonly port: number
  readonly virtualHost?: string
  /** Whether plain requests are sent to https instead. */
  readonly redirectsToHttps: boolean
  readonly rows: readonly TableRow[]
  /** What is done with connections to it that are no HTTP. */
  readonly connections: readonly TableRow[]
  readonly assumptions: readonly string[]
}

export interface TableRow {
  /** From 1; absent for a rule that made no route. */
  readonly number?: number
  readonly name?: string
  readonly virtualService?: string
  readonly match: string
  readonly action: string
  readonly place?: Place
  /** Why nothing can ever get here. */
  readonly dead?: string
  /** The number of the row that takes all that this one asks for. */
  readonly shadowedBy?: number
}

export interface AskedTable {
  readonly host: string
  readonly port: number | undefined
}

/** `from` as for a route. */
export function explainTable(model: MeshModel, from: string, asked: AskedTable): RouteTable {
  const { view, context, title, virtualHost, port, chains } = startOf(model, from, asked)
  const host = domainOf(virtualHost) ?? serviceCalled(view, hostOf(asked.host))?.host ?? asked.host
  const rules = rulesAbout(model, { host, virtualHost })
  const written = rules.map((rule) => rowOf(model, rule, { virtualHost, context, rules }))
  const unwritten = (virtualHost?.routes ?? []).flatMap((route, order) => {
    const isWritten = rules.some((rule) => rule.order === order)
    return isWritten ? [] : [{ number: order + 1, name: route.name, match: 'everything', action: actionOf(route) }]
  })
  return {
    from: title,
    host,
    port,
    ...(virtualHost && { virtualHost: virtualHost.name }),
    redirectsToHttps: virtualHost?.requiresTls === true,
    rows: [...written, ...unwritten],
    connections: chains.map((chain, index) => connectionRow(model, chain, index + 1)),
    assumptions: model.assumptions,
  }
}

interface Start {
  readonly view: ProxyView
  readonly context: RouteContext
  readonly title: string
  readonly virtualHost: VirtualHost | undefined
  readonly port: number
  readonly chains: readonly FilterChain[]
}

function startOf(model: MeshModel, from: string, { host, port: said }: AskedTable): Start {
  const [word = '', ...rest] = from.split(':')
  if (word === 'ingress') {
    const port = said ?? firstPort(model, { host, gateway: rest.join(':') || undefined })
    const party = gatewayNamed(model, rest.join(':') || undefined, { host, port })
    const view = viewOf(model, party.proxy)
    const { name, namespace = 'default' } = party.gateway.metadata
    const listener = gatewayListener(view, party.listenPort)
    const action = listener?.chains.map((chain) => chain.action).find(({ kind }) => kind === 'http')
    const virtualHost = action?.kind === 'http' ? action.virtualHost(host) : undefined
    const number = openServers(view, party.listenPort)[0]?.server.port.number ?? port
    const context = contextOf(party.proxy, { gateway: `${namespace}/${name}`, port: number })
    const chains = connectionChains(view, { host, port: party.listenPort })
    return { view, context, title: gatewayTitle(party), virtualHost, port, chains }
  }
  const { workload } = workloadNamed(model, from)
  const view = viewOf(model, sidecarOf(workload))
  const { ports = [] } = serviceCalled(view, host) ?? {}
  const port = said ?? (ports.find(({ traffic }) => traffic === 'http') ?? ports[0])?.number ?? 80
  const virtualHost = sidecarVirtualHost(view, port, host)
  const context = contextOf(view.proxy, { gateway: MESH_GATEWAY, port })
  const chains = connectionChains(view, { host, port })
  return { view, context, title: `${workload.name}.${workload.namespace}`, virtualHost, port, chains }
}

/** Where plain requests are only sent elsewhere, the port that serves them says more. */
function firstPort(model: MeshModel, { host, gateway }: { host: string; gateway: string | undefined }): number {
  const { spec } = gatewayNamed(model, gateway, { host, port: 80 }).gateway
  const serving = spec?.servers?.find(({ tls }) => tls?.httpsRedirect !== true)
  return serving?.port.number ?? 80
}

function contextOf({ labels, namespace }: Proxy, { gateway, port }: { gateway: string; port: number }): RouteContext {
  return { port, gateways: new Set([gateway]), labels, namespace }
}

function rowOf(
  model: MeshModel,
  rule: RuleAbout,
  about: {
    readonly virtualHost: VirtualHost | undefined
    readonly context: RouteContext
    readonly rules: readonly RuleAbout[]
  },
): TableRow {
  const { order, name, virtualService, match } = rule
  const { virtualHost, context, rules } = about
  const route = order === undefined ? undefined : virtualHost?.routes[order]
  const shadow = rules.find((earlier) => isBefore(earlier, rule) && covers(earlier.asks, rule.asks))
  const shadowedBy = shadow?.order === undefined ? undefined : shadow.order + 1
  const dead = route === undefined ? whyUnused(virtualHost, rule, context) : undefined
  return {
    ...(order !== undefined && { number: order + 1 }),
    ...(name !== undefined && { name }),
    virtualService,
    match,
    action: route === undefined ? '' : actionOf(route),
    place: model.places.of(rule.object, rule.path),
    ...(dead !== undefined && { dead: `${dead.verdict}: ${dead.why ?? ''}` }),
    ...(shadowedBy !== undefined && { shadowedBy }),
  }
}

function connectionRow(model: MeshModel, { match, action, source }: FilterChain, number: number): TableRow {
  return {
    number,
    ...(source && { virtualService: titleOf(source.object) }),
    match: connectionMatch(match),
    action: action.kind === 'tcp' ? targetsText(action.targets) : '',
    ...(source && { place: model.places.of(source.object, pathOfSource(source)) }),
  }
}

function isBefore({ order }: RuleAbout, rule: RuleAbout): boolean {
  return order !== undefined && rule.order !== undefined && order < rule.order
}

/** What a route does, in one line. */
function actionOf({ rule, targets }: CompiledRoute): string {
  const { redirect, directResponse } = rule
  if (redirect !== undefined) {
    const { authority = '', uri = '', prefixRewrite = '', redirectCode = 301 } = redirect
    return `redirect ${redirectCode} ${authority}${uri}${prefixRewrite}`.trimEnd()
  }
  if (directResponse !== undefined) return `answer ${directResponse.status}`
  if (targets.length === 0) return 'answer 503'
  return targetsText(targets)
}

function targetsText(targets: readonly { readonly cluster: string; readonly weight: number }[]): string {
  const total = targets.reduce((sum, { weight }) => sum + weight, 0)
  return targets
    .map(({ cluster, weight }) => {
      const share = targets.length === 1 ? '' : `${Number(((weight / total) * 100).toFixed(2))}% `
      return share + clusterText(cluster)
    })
    .join(', ')
}

/** `cart.shop:80 v2` of `outbound|80|v2|cart.shop.svc.cluster.local`. */
export function clusterText(cluster: string): string {
  const [direction, port = '', subset = '', host = ''] = cluster.split('|')
  if (direction !== 'outbound') return cluster
  return `${host.replace(/\.svc\.cluster\.local$/, '')}:${port}${subset === '' ? '' : ` ${subset}`}`
}
