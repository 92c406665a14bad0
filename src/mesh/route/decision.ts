import { parseDuration } from '../../base/duration.ts'
import type { CorsPolicy, HttpFault, Percent } from '../config/types/virtual-service.ts'
import type { CompiledRoute, RouteSource, RouteTarget } from './compiled-route.ts'
import { type HeaderChange, headerChanges } from './headers.ts'
import type { MeshRequest } from './request.ts'
import type { RetryPolicy } from './retry.ts'
import { redirectLocation, rewrittenPath } from './rewrite.ts'

/** What becomes of a request. The driver, on sockets or in virtual time, only carries it out. */
export interface Decision {
  readonly route: string
  /** The rule that decided; absent for a default. */
  readonly source?: RouteSource
  /** Injected before anything is sent. */
  readonly delayMs: number
  /** Envoy's flags that are known now: `DI` and `FI` for injected faults. */
  readonly flags: readonly string[]
  readonly cors?: CorsPolicy
  readonly outcome: Outcome
}

export type Outcome =
  | Forward
  | {
      readonly kind: 'respond'
      readonly status: number
      readonly body: string
      readonly headers: readonly HeaderChange[]
    }
  | { readonly kind: 'redirect'; readonly status: number; readonly location: string }
  | Abort

export interface Abort {
  readonly kind: 'abort'
  readonly status?: number
  readonly grpcStatus?: string
}

export interface Forward {
  readonly kind: 'forward'
  readonly cluster: string
  readonly authority: string
  readonly path: string
  readonly requestHeaders: readonly HeaderChange[]
  readonly responseHeaders: readonly HeaderChange[]
  /** 0: no limit. */
  readonly timeoutMs: number
  readonly retry?: RetryPolicy
  /** Clusters that get a copy, whose answer nobody waits for. */
  readonly mirrors: readonly string[]
}

export interface DecisionOptions {
  /** The port that was called. */
  readonly port: number
  /** A number from 0 up to but not 1, a new one at each call. */
  readonly dice: () => number
}

/** An injected fault comes before the route: it is neither timed out nor tried again. */
export function decide(route: CompiledRoute, request: MeshRequest, options: DecisionOptions): Decision {
  const { rule, name, source } = route
  const delayMs = injectedDelay(rule.fault, options.dice)
  const abort = injectedAbort(rule.fault, options.dice)
  const flags = [...(delayMs > 0 ? ['DI'] : []), ...(abort === undefined ? [] : ['FI'])]
  return {
    route: name,
    ...(source && { source }),
    ...(rule.corsPolicy && { cors: rule.corsPolicy }),
    delayMs,
    flags,
    outcome: abort ?? outcomeOf(route, request, options),
  }
}

function outcomeOf(route: CompiledRoute, request: MeshRequest, options: DecisionOptions): Outcome {
  const own = ownOutcome(route, request, options.port)
  if (own !== undefined) return own
  const target = pickTarget(route.targets, options.dice)
  // Istio gives a route without destinations to nobody.
  if (target === undefined) return { kind: 'respond', status: 503, body: '', headers: [] }
  return forward(route, target, { request, dice: options.dice })
}

/** What a route answers itself: a redirect, or a response that is written in it. Undefined where it leads to others. */
export function ownOutcome(
  route: CompiledRoute,
  request: MeshRequest,
  port: number,
): Extract<Outcome, { readonly kind: 'redirect' | 'respond' }> | undefined {
  const { redirect, directResponse, headers } = route.rule
  if (redirect !== undefined) {
    const location = redirectLocation(redirect, { request, uri: route.uri, port })
    return { kind: 'redirect', status: redirect.redirectCode || 301, location }
  }
  if (directResponse === undefined) return undefined
  const { status, body } = directResponse
  const text = body?.string ?? Buffer.from(body?.bytes ?? '', 'base64').toString()
  return { kind: 'respond', status, body: text, headers: headerChanges(headers?.response) }
}

function forward(
  route: CompiledRoute,
  target: RouteTarget,
  { request, dice }: { readonly request: MeshRequest; readonly dice: () => number },
): Forward {
  const { rule, uri, timeoutMs, retry, mirrors } = route
  return {
    kind: 'forward',
    cluster: target.cluster,
    authority: target.authority ?? request.authority,
    path: rewrittenPath(request.path, rule.rewrite, uri),
    requestHeaders: target.requestChanges,
    responseHeaders: target.responseChanges,
    timeoutMs,
    ...(retry && { retry }),
    mirrors: mirrors.filter(({ percent }) => happens(percent, dice)).map(({ cluster }) => cluster),
  }
}

/** Weights are relative: they need not add up to 100. */
export function pickTarget<Target extends { readonly weight: number }>(
  targets: readonly Target[],
  dice: () => number,
): Target | undefined {
  if (targets.length <= 1) return targets[0]
  const total = targets.reduce((sum, { weight }) => sum + weight, 0)
  let left = dice() * total
  for (const target of targets) {
    left -= target.weight
    if (left < 0) return target
  }
  return targets.at(-1)
}

export function injectedDelay(fault: HttpFault | undefined, dice: () => number): number {
  const { fixedDelay, percentage, percent } = fault?.delay ?? {}
  if (fixedDelay === undefined || !happens(percentage?.value ?? percent ?? 0, dice)) return 0
  return parseDuration(fixedDelay) ?? 0
}

/** An abort that does not say how often never happens. */
export function injectedAbort(fault: HttpFault | undefined, dice: () => number): Abort | undefined {
  const { percentage, httpStatus, grpcStatus } = fault?.abort ?? {}
  if (fault?.abort === undefined || !happens(percentOf(percentage), dice)) return undefined
  return {
    kind: 'abort',
    ...(httpStatus !== undefined && { status: httpStatus }),
    ...(grpcStatus !== undefined && { grpcStatus }),
  }
}

function percentOf(percentage: Percent | undefined): number {
  return percentage?.value ?? 0
}

/** Parts per million, as Envoy counts. No die is cast where the outcome is certain. */
export function happens(percent: number, dice: () => number): boolean {
  if (percent <= 0) return false
  return percent >= 100 || Math.floor(dice() * 1_000_000) < percent * 10_000
}
