import { parseDuration } from '../../base/duration.ts'
import { MESH_GATEWAY } from '../../mesh/config/names.ts'
import type { CorsPolicy, HttpFault } from '../../mesh/config/types/virtual-service.ts'
import { type Call, type CallError, type Path, pathOf } from '../../mesh/proxy/call.ts'
import { openServers } from '../../mesh/proxy/gateway-servers.ts'
import { ProxyView } from '../../mesh/proxy/proxy-view.ts'
import { hostOf, type VirtualHost } from '../../mesh/proxy/virtual-host.ts'
import type { CompiledRoute } from '../../mesh/route/compiled-route.ts'
import { type HeaderChange, headerChanges } from '../../mesh/route/headers.ts'
import type { MeshRequest } from '../../mesh/route/request.ts'
import type { RouteContext } from '../../mesh/route/request-match.ts'
import type { RetryPolicy } from '../../mesh/route/retry.ts'
import { redirectLocation } from '../../mesh/route/rewrite.ts'
import { type AskedRequest, callOf, isHttp, urlText } from './asked-request.ts'
import { accessOf, portOf } from './access.ts'
import { type CallerIdentity, gatewayIdentity, identityOf } from './callers.ts'
import { type ConsideredRule, consideredRules } from './considered.ts'
import { type Destination, type DestinationTls, destinationOf, httpDestinations } from './destinations.ts'
import type { MeshModel } from './mesh-model.ts'
import { gatewayNamed, gatewayTitle, sidecarOf, workloadNamed } from './parties.ts'
import { addressOf, serviceCalled } from './service-address.ts'

/** What becomes of a call, and which line of which file decided. */
export interface RouteExplanation {
  readonly from: string
  readonly method?: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly listener?: string
  readonly filterChain?: string
  readonly virtualHost?: string
  /** In the order in which the proxy looks at them. */
  readonly rules: readonly ConsideredRule[]
  readonly outcome: RouteOutcome
  readonly assumptions: readonly string[]
}

export type RouteOutcome =
  | ForwardOutcome
  | {
      readonly kind: 'redirect'
      readonly status: number
      readonly location: string
      readonly why?: string
      readonly faults: readonly Fault[]
    }
  | {
      readonly kind: 'respond'
      readonly status: number
      readonly body: string
      readonly headers: readonly HeaderChange[]
      readonly faults: readonly Fault[]
    }
  | { readonly kind: 'connect'; readonly destinations: readonly Destination[] }
  /** The proxy has no place for the call; without a status it closes the connection. */
  | {
      readonly kind: 'refuse'
      readonly error: CallError
      readonly status?: number
      readonly flag?: string
      readonly why: string
    }

export interface ForwardOutcome {
  readonly kind: 'forward'
  readonly destinations: readonly Destination[]
  /** 0: no limit. */
  readonly timeoutMs: number
  readonly retries?: RetryPolicy
  readonly faults: readonly Fault[]
  readonly mirrors: readonly { readonly cluster: string; readonly percent: number }[]
  readonly cors?: CorsPolicy
}

export interface Fault {
  readonly kind: 'delay' | 'abort'
  readonly percent: number
  readonly delayMs?: number
  readonly status?: number
  readonly grpcStatus?: string
}

/** `from` is a workload, or `ingress`, with `:GATEWAY` where there are several. */
export function explainRoute(model: MeshModel, from: string, asked: AskedRequest): RouteExplanation {
  const { view, call, context, title, caller } = startOf(model, from, asked)
  const path = pathOf(view, call)
  const request = call.request ?? bareRequest(asked)
  const { virtualHost, route } = path
  const called = hostOf(request.authority)
  const host = domainOf(virtualHost) ?? serviceCalled(view, called)?.host ?? called
  const isOfHttp = isHttp(asked) && call.request !== undefined
  const isLookedUp = isOfHttp && path.error !== 'tls-redirect'
  const rules = isLookedUp ? consideredRules(model, { host, virtualHost, taken: route, request, context }) : []
  return {
    from: title,
    ...(isHttp(asked) && { method: asked.method }),
    url: urlText(asked),
    headers: asked.headers,
    ...(path.listener !== undefined && { listener: path.listener }),
    ...(path.filterChain !== undefined && { filterChain: path.filterChain }),
    ...(virtualHost && { virtualHost: virtualHost.name }),
    rules,
    outcome: withAccess(model, outcomeOf(model, view, { path, call, request }), {
      caller,
      request: isOfHttp ? request : undefined,
    }),
    assumptions: model.assumptions,
  }
}

/** The virtual host of what the mesh does not know where nothing else is let out. */
const BLOCK_ALL = 'block_all'
const BLOCKED = 'the mesh does not know the host, and its outboundTrafficPolicy lets nothing else out'
const OWN_TLS: DestinationTls = { mode: 'the caller’s own TLS', why: 'the proxy does not open it' }

interface Start {
  readonly view: ProxyView
  readonly call: Call
  readonly context: RouteContext
  readonly title: string
  readonly caller: CallerIdentity
}

function startOf(model: MeshModel, from: string, asked: AskedRequest): Start {
  const [word = '', ...gateway] = from.split(':')
  if (word === 'ingress') return atGateway(model, gateway.join(':') || undefined, asked)
  const { workload, isAssumed } = workloadNamed(model, from)
  const view = new ProxyView(model.snapshot, sidecarOf(workload))
  const address = addressOf(view, asked.host)
  const { labels, namespace, name } = workload
  const context = { port: asked.port, gateways: new Set([MESH_GATEWAY]), labels, namespace }
  const call = callOf(asked, { address, port: asked.port, opensTls: false })
  const title = `${name}.${namespace}${isAssumed ? ' (assumed)' : ''}`
  return { view, call, context, title, caller: identityOf(workload, title) }
}

function atGateway(model: MeshModel, name: string | undefined, asked: AskedRequest): Start {
  const party = gatewayNamed(model, name, asked)
  const { proxy, gateway, listenPort } = party
  const view = new ProxyView(model.snapshot, proxy)
  const [server] = openServers(view, listenPort)
  const opensTls = server?.kind !== 'passthrough'
  const key = `${gateway.metadata.namespace ?? 'default'}/${gateway.metadata.name}`
  const port = server?.server.port.number ?? asked.port
  const context = { port, gateways: new Set([key]), labels: proxy.labels, namespace: proxy.namespace }
  const address = proxy.addresses[0] ?? ''
  const title = gatewayTitle(party)
  const call = callOf(asked, { address, port: listenPort, opensTls })
  const caller = party.workload === undefined ? gatewayIdentity(model, party) : identityOf(party.workload, title)
  return { view, call, context, title, caller }
}

/** What the called side says to it. A caller proves who it is only by mutual TLS. */
function withAccess(
  model: MeshModel,
  outcome: RouteOutcome,
  { caller, request }: { readonly caller: CallerIdentity; readonly request: MeshRequest | undefined },
): RouteOutcome {
  if (outcome.kind !== 'forward' && outcome.kind !== 'connect') return outcome
  const destinations = outcome.destinations.map((destination): Destination => {
    const { endpoints, port, tls, path, authority } = destination
    const [only] = endpoints
    const target = model.workloads.find(
      ({ name, namespace }) => name === only?.workload && namespace === only.namespace,
    )
    if (target === undefined) return destination
    const seen = request && {
      ...request,
      ...(path !== undefined && { path }),
      ...(authority !== undefined && { authority }),
    }
    const principal = tls.mode === 'mutual TLS' ? caller.principal : undefined
    const question = { caller: { ...caller, principal }, target, port: portOf(model, target, port), request: seen }
    return { ...destination, access: accessOf(model, question) }
  })
  return { ...outcome, destinations }
}

/** Undefined for the virtual host of whatever is not known. */
export function domainOf(virtualHost: VirtualHost | undefined): string | undefined {
  return virtualHost?.routes.some(({ source }) => source !== undefined) === true ? virtualHost.domain : undefined
}

function bareRequest({ method, host, path }: AskedRequest): MeshRequest {
  return { method, scheme: 'http', authority: host, path }
}

function outcomeOf(
  model: MeshModel,
  view: ProxyView,
  { path, call, request }: { readonly path: Path; readonly call: Call; readonly request: MeshRequest },
): RouteOutcome {
  if (path.error === 'tls-redirect') {
    const { authority, query } = request
    const location = `https://${hostOf(authority)}${request.path}${query === undefined ? '' : `?${query}`}`
    return { kind: 'redirect', status: 301, location, why: 'the server has httpsRedirect', faults: [] }
  }
  if (path.error !== undefined) return refused(path.error, call)
  if (path.virtualHost?.name === BLOCK_ALL)
    return { kind: 'refuse', error: 'no-virtual-host', status: 502, why: BLOCKED }
  if (path.tcpCluster !== undefined) {
    const destination = destinationOf(model, view, path.tcpCluster)
    return {
      kind: 'connect',
      destinations: [call.tls === 'plaintext' ? destination : { ...destination, tls: OWN_TLS }],
    }
  }
  if (path.route === undefined) return refused('no-route', call)
  return routeOutcome(model, view, { route: path.route, request, port: call.port })
}

function routeOutcome(
  model: MeshModel,
  view: ProxyView,
  { route, request, port }: { readonly route: CompiledRoute; readonly request: MeshRequest; readonly port: number },
): RouteOutcome {
  const { rule, uri, timeoutMs, retry, mirrors } = route
  const faults = faultsOf(rule.fault)
  const { redirect, directResponse } = rule
  if (redirect !== undefined) {
    const location = redirectLocation(redirect, { request, uri, port })
    return { kind: 'redirect', status: redirect.redirectCode || 301, location, faults }
  }
  if (directResponse !== undefined) {
    const { status, body } = directResponse
    const text = body?.string ?? Buffer.from(body?.bytes ?? '', 'base64').toString()
    return { kind: 'respond', status, body: text, headers: headerChanges(rule.headers?.response), faults }
  }
  return {
    kind: 'forward',
    destinations: httpDestinations(model, view, { route, request }),
    timeoutMs,
    ...(retry && { retries: retry }),
    faults,
    mirrors,
    ...(rule.corsPolicy && { cors: rule.corsPolicy }),
  }
}

function faultsOf(fault: HttpFault | undefined): readonly Fault[] {
  const { delay, abort } = fault ?? {}
  return [
    ...(delay?.fixedDelay === undefined
      ? []
      : [
          {
            kind: 'delay' as const,
            percent: delay.percentage?.value ?? delay.percent ?? 0,
            delayMs: parseDuration(delay.fixedDelay) ?? 0,
          },
        ]),
    ...(abort === undefined
      ? []
      : [
          {
            kind: 'abort' as const,
            percent: abort.percentage?.value ?? 0,
            ...(abort.httpStatus !== undefined && { status: abort.httpStatus }),
            ...(abort.grpcStatus !== undefined && { grpcStatus: abort.grpcStatus }),
          },
        ]),
  ]
}

const REFUSALS: Readonly<Record<CallError, { status?: number; flag?: string; why: string }>> = {
  'no-listener': { why: 'nothing listens on the port' },
  'no-filter-chain': { flag: 'NR', why: 'the listener has no filter chain for such a connection' },
  'multiple-filter-chains': { why: 'more than one filter chain fits: Envoy would refuse the configuration' },
  'no-virtual-host': { status: 404, flag: 'NR', why: 'no VirtualService is for the host' },
  'no-route': { status: 404, flag: 'NR', why: 'no rule matches' },
  'tls-redirect': { status: 301, why: 'the server has httpsRedirect' },
  'protocol-error': { why: 'the bytes are not of the kind that the listener expects' },
  'tls-error': { why: 'the listener expects TLS, and the call is in plain text' },
  'mtls-error': { why: 'the listener demands a client certificate that the call does not have, or the reverse' },
}

function refused(error: CallError, { port }: Call): RouteOutcome {
  const refusal = REFUSALS[error]
  const why = error === 'no-listener' ? `nothing listens on port ${port}` : refusal.why
  return { kind: 'refuse', error, ...refusal, why }
}
