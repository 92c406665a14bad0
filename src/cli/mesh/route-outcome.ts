import type { CorsPolicy } from '../../mesh/config/types/virtual-service.ts'
import { corsOutcome } from '../../mesh/exchange/cors.ts'
import { receivedHead } from '../../mesh/exchange/received-head.ts'
import { timeLimits } from '../../mesh/exchange/time-limits.ts'
import type { Call, CallError, Path } from '../../mesh/proxy/call.ts'
import type { ProxyView } from '../../mesh/proxy/proxy-view.ts'
import { hostOf } from '../../mesh/proxy/virtual-host.ts'
import type { CompiledRoute } from '../../mesh/route/compiled-route.ts'
import { ownOutcome } from '../../mesh/route/decision.ts'
import type { Fault as CompiledFault } from '../../mesh/route/fault.ts'
import { headerListOf, headerRecordOf } from '../../mesh/route/header-list.ts'
import type { HeaderChange } from '../../mesh/route/headers.ts'
import type { MeshRequest } from '../../mesh/route/request.ts'
import type { RetryPolicy } from '../../mesh/route/retry.ts'
import type { Access } from './access.ts'
import { type Destination, type DestinationTls, httpDestinations, tcpDestinations } from './destinations.ts'
import type { MeshModel } from './mesh-model.ts'

/** What becomes of a call. */
export type RouteOutcome =
  | ForwardOutcome
  | {
      readonly kind: 'redirect'
      readonly status: number
      readonly location: string
      readonly headers: readonly HeaderChange[]
      readonly why?: string
      readonly faults: readonly Fault[]
    }
  | {
      readonly kind: 'respond'
      readonly status: number
      readonly body: string
      readonly headers: readonly HeaderChange[]
      readonly why?: string
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
    return { kind: 'redirect', status: 301, location, headers: [], why: 'the server has httpsRedirect', faults: [] }
  }
  if (path.error !== undefined) return refused(path.error, call)
  if (path.virtualHost?.name === BLOCK_ALL)
    return { kind: 'refuse', error: 'no-virtual-host', status: 502, why: BLOCKED }
  if (path.tcpTargets !== undefined) {
    const destinations = tcpDestinations(model, view, path.tcpTargets)
    const isOpened = call.tls === 'plaintext' || path.tcpChain?.tls !== undefined
    return {
      kind: 'connect',
      destinations: isOpened ? destinations : destinations.map((destination) => ({ ...destination, tls: OWN_TLS })),
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
  const { rule, retry, mirrors } = route
  // A client may say how long it waits, in headers of Envoy's.
  const head = receivedHead(headerListOf(request.headers ?? {}))
  const faults = faultsOf(route.fault)
  const preflight = preflightAnswer(rule.corsPolicy, request)
  if (preflight !== undefined) return { ...preflight, faults }
  const own = ownOutcome(route, request, port)
  if (own !== undefined) return { ...own, faults }
  return {
    kind: 'forward',
    destinations: httpDestinations(model, view, { route, request }),
    timeoutMs: timeLimits(route, head).wholeMs,
    ...(retry && { retries: retry }),
    faults,
    mirrors,
    ...(rule.corsPolicy && { cors: rule.corsPolicy }),
  }
}

/** A browser that asks whether it may is answered by the proxy. */
function preflightAnswer(
  policy: CorsPolicy | undefined,
  { method, headers = {} }: MeshRequest,
): Omit<Extract<RouteOutcome, { kind: 'respond' }>, 'faults'> | undefined {
  const outcome = policy && corsOutcome(policy, method, headerListOf(headers))
  if (outcome?.kind !== 'answer') return undefined
  const said = Object.entries(headerRecordOf(outcome.headers))
  return {
    kind: 'respond',
    status: 200,
    body: '',
    headers: said.map(([name, value]) => ({ op: 'set', name, value })),
    why: 'the CORS policy answers preflight requests',
  }
}

function faultsOf({ delay, abort }: CompiledFault = {}): readonly Fault[] {
  const { percent: abortPercent, ...aborted } = abort ?? { percent: 0 }
  return [
    ...(delay === undefined ? [] : [{ kind: 'delay' as const, percent: delay.percent, delayMs: delay.ms }]),
    ...(abort === undefined ? [] : [{ kind: 'abort' as const, percent: abortPercent, ...aborted }]),
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
