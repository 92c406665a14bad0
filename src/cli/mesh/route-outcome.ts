import { parseDuration } from '../../base/duration.ts'
import type { CorsPolicy, HttpFault } from '../../mesh/config/types/virtual-service.ts'
import type { Call, CallError, Path } from '../../mesh/proxy/call.ts'
import type { ProxyView } from '../../mesh/proxy/proxy-view.ts'
import { hostOf } from '../../mesh/proxy/virtual-host.ts'
import type { CompiledRoute } from '../../mesh/route/compiled-route.ts'
import { type HeaderChange, headerChanges } from '../../mesh/route/headers.ts'
import type { MeshRequest } from '../../mesh/route/request.ts'
import type { RetryPolicy } from '../../mesh/route/retry.ts'
import { redirectLocation } from '../../mesh/route/rewrite.ts'
import type { Access } from './access.ts'
import { type Destination, type DestinationTls, destinationOf, httpDestinations } from './destinations.ts'
import type { MeshModel } from './mesh-model.ts'

/** What becomes of a call. */
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
  | Refusal

export interface Refusal {
  readonly kind: 'refuse'
  readonly error: CallError | 'denied'
  readonly status?: number
  readonly flag?: string
  readonly why: string
  /** Where a policy denies: which, and what its rules lack. */
  readonly access?: Access
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

/** The virtual host of what the mesh does not know where nothing else is let out. */
const BLOCK_ALL = 'block_all'
const BLOCKED = 'the mesh does not know the host, and its outboundTrafficPolicy lets nothing else out'
const OWN_TLS: DestinationTls = { mode: 'the caller’s own TLS', why: 'the proxy does not open it' }

/** What the proxy makes of a call that took this path through it. */
export function outcomeOf(
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
