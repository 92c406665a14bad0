import { pathOf } from '../../mesh/proxy/call.ts'
import { hostOf, type VirtualHost } from '../../mesh/proxy/virtual-host.ts'
import { withHeaderChanges } from '../../mesh/route/headers.ts'
import type { MeshRequest } from '../../mesh/route/request.ts'
import { type Access, accessOf, type ExternalQuestion, portOf } from './access.ts'
import { type AskedRequest, isHttp, urlText } from './asked-request.ts'
import { anyone, type CallerIdentity } from './callers.ts'
import { takenConnectionRule } from './connection-rules.ts'
import { type ConsideredRule, consideredRules } from './considered.ts'
import { type Destination, destinationOf } from './destinations.ts'
import type { MeshModel } from './mesh-model.ts'
import { outcomeOf, type Refusal, type RouteOutcome } from './route-outcome.ts'
import { workloadsByName } from './parties.ts'
import { type Start, startOf } from './route-start.ts'
import { serviceCalled } from './service-address.ts'
import { closest } from '../suggest.ts'

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
  /** Who has to agree before a gateway lets it go on. */
  readonly asked?: readonly ExternalQuestion[]
  readonly outcome: RouteOutcome
  /** A host that there is, where the one that was called is not known. */
  readonly meantHost?: string
  readonly assumptions: readonly string[]
}

/** `from` is a workload, or `ingress`, with `:GATEWAY` where there are several. */
export function explainRoute(model: MeshModel, from: string, asked: AskedRequest): RouteExplanation {
  const start = startOf(model, from, asked)
  const { view, call, context, title } = start
  const outcome = outcomeFrom(model, start, asked)
  const meantHost = isUnknown(outcome) ? hostMeant(model, view, asked.host) : undefined
  const shared = {
    from: title,
    ...(isHttp(asked) && { method: asked.method }),
    url: urlText(asked),
    headers: asked.headers,
    outcome,
    ...(meantHost !== undefined && { meantHost }),
    assumptions: model.assumptions,
  }
  if (!start.hasProxy) return { ...shared, rules: [] }
  const { listener, filterChain, virtualHost, route, tcpChain, error } = pathOf(view, call)
  const request = call.request ?? bareRequest(asked)
  const called = hostOf(request.authority)
  const host = domainOf(virtualHost) ?? serviceCalled(view, called)?.host ?? called
  const isLookedUp = isHttp(asked) && call.request !== undefined && error !== 'tls-redirect'
  // About what leads nowhere nobody outside is asked.
  const atGateway = shared.outcome.kind === 'refuse' ? undefined : accessAtGateway(model, start, asked)
  return {
    ...shared,
    ...(atGateway !== undefined && atGateway.externalChecks.length > 0 && { asked: atGateway.externalChecks }),
    ...(listener !== undefined && { listener }),
    ...(filterChain !== undefined && { filterChain }),
    ...(virtualHost && { virtualHost: virtualHost.name }),
    rules:
      tcpChain !== undefined
        ? [takenConnectionRule(model, tcpChain) ?? []].flat()
        : isLookedUp
          ? consideredRules(model, { host, virtualHost, taken: route, request, context })
          : [],
  }
}

const UNKNOWN: ReadonlySet<string> = new Set(['no-virtual-host', 'no-filter-chain'])

function isUnknown(outcome: RouteOutcome): boolean {
  if (outcome.kind === 'refuse') return UNKNOWN.has(outcome.error)
  return outcome.kind === 'forward' && outcome.destinations.some(({ cluster }) => cluster === 'PassthroughCluster')
}

/** Of a service, in one of the ways in which it can be called, or of a VirtualService. */
function hostMeant({ snapshot }: MeshModel, { proxy }: Start['view'], called: string): string | undefined {
  const services = [...snapshot.services.values()].flat()
  const names = services.flatMap(({ host, name, namespace }) => [
    ...(namespace === proxy.namespace ? [name] : []),
    `${name}.${namespace}`,
    host,
  ])
  return closest(
    called,
    [...names, ...snapshot.routes.byHost.keys()].filter((name) => name !== called),
  )
}

/** What becomes of a call, without the rules that were passed by. */
export function explainOutcome(model: MeshModel, from: string, asked: AskedRequest): RouteOutcome {
  return outcomeFrom(model, startOf(model, from, asked), asked)
}

function outcomeFrom(model: MeshModel, start: Start, asked: AskedRequest): RouteOutcome {
  const { view, call, caller, hasProxy } = start
  const request = call.request ?? bareRequest(asked)
  const denial = deniedAtGateway(model, start, asked)
  if (denial !== undefined) return denial
  const outcome = hasProxy
    ? outcomeOf(model, view, { path: pathOf(view, call), call, request })
    : withoutProxy(model, start, asked)
  return withAccess(model, outcome, {
    caller,
    request: isHttp(asked) && call.request !== undefined ? request : undefined,
  })
}

/** What happens to a connection, before there is a request on it. */
const BEFORE_REQUESTS: ReadonlySet<string> = new Set([
  'no-listener',
  'no-filter-chain',
  'multiple-filter-chains',
  'protocol-error',
  'tls-error',
  'mtls-error',
])

/** A gateway asks its policies before it looks for a route. */
function accessAtGateway(
  model: MeshModel,
  { view, call, gatekeeper }: Start,
  { clientAddress, sni }: AskedRequest,
): Access | undefined {
  if (gatekeeper === undefined || BEFORE_REQUESTS.has(pathOf(view, call).error ?? '')) return undefined
  return accessOf(model, {
    caller: anyone(clientAddress),
    target: gatekeeper,
    port: call.port,
    request: call.request,
    ...(sni !== undefined && { sni }),
  })
}

function deniedAtGateway(model: MeshModel, start: Start, asked: AskedRequest): Refusal | undefined {
  const { call } = start
  const access = accessAtGateway(model, start, asked)
  if (access === undefined || access.allowed) return undefined
  const isHttpSeen = call.request !== undefined
  return {
    kind: 'refuse',
    error: 'denied',
    ...(isHttpSeen && { status: 403 }),
    why: `the gateway denies it: ${access.reason}`,
    access,
  }
}

/** A caller without a sidecar goes where its DNS leads it, and can prove nothing. */
function withoutProxy(model: MeshModel, { view }: Start, { host, port }: AskedRequest): RouteOutcome {
  const service = serviceCalled(view, host)
  const cluster = service === undefined ? 'PassthroughCluster' : `outbound|${port}||${service.host}`
  const tls = { mode: 'plaintext', why: 'the caller has no sidecar' } as const
  return { kind: 'connect', destinations: [{ ...destinationOf(model, view, cluster), tls }] }
}

/** What the called side says to it. A caller proves who it is only by mutual TLS. */
function withAccess(
  model: MeshModel,
  outcome: RouteOutcome,
  { caller, request }: { readonly caller: CallerIdentity; readonly request: MeshRequest | undefined },
): RouteOutcome {
  if (outcome.kind !== 'forward' && outcome.kind !== 'connect') return outcome
  const destinations = outcome.destinations.map((destination): Destination => {
    const { endpoints, port, tls, path, authority, requestHeaders } = destination
    const [only] = endpoints
    const named = workloadsByName(model.workloads).get(only?.workload ?? '')
    const target = named?.find(({ namespace }) => namespace === only?.namespace)
    if (target === undefined) return destination
    const seen = request && {
      ...request,
      ...(path !== undefined && { path }),
      ...(authority !== undefined && { authority }),
      headers: withHeaderChanges(request.headers ?? {}, requestHeaders),
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
