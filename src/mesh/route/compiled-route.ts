import { parseDuration } from '../../base/duration.ts'
import type { ApiObject } from '../../api/object.ts'
import type { ResolvedVirtualService } from '../config/virtual-service.ts'
import type {
  Destination,
  Headers,
  HttpMatch,
  HttpRetry,
  HttpRoute,
  StringMatch,
} from '../config/types/virtual-service.ts'
import { appliesTo, isCatchAll, type RequestMatch, requestMatch, type RouteContext } from './request-match.ts'
import { type Fault, faultOf } from './fault.ts'
import { authorityOf, type HeaderChange, headerChanges, NO_CHANGES } from './headers.ts'
import { outboundRetry, type RetryPolicy } from './retry.ts'
import { type PathRewrite, pathRewrite } from './rewrite.ts'

/** One way a request can go: the first whose match fits is taken. */
export interface CompiledRoute {
  /** As an access log shows it; `default` for the one that a service has without any VirtualService. */
  readonly name: string
  readonly matches: RequestMatch
  readonly isCatchAll: boolean
  /** What the path was compared with: a rewrite replaces just that. */
  readonly uri?: StringMatch
  /** What of the path can be looked up instead of compared. */
  readonly indexedBy?: StringMatch
  /** Undefined where the path goes on as it came. */
  readonly rewrite?: PathRewrite
  readonly rule: HttpRoute
  /** Injected before anything is sent. */
  readonly fault?: Fault
  readonly targets: readonly RouteTarget[]
  readonly mirrors: readonly RouteMirror[]
  /** 0: no limit. */
  readonly timeoutMs: number
  /** Of each attempt; 0: no limit but the whole. */
  readonly perTryTimeoutMs: number
  readonly retry?: RetryPolicy
  readonly source?: RouteSource
}

export interface RouteTarget {
  /** `outbound|<port>|<subset>|<host>`. */
  readonly cluster: string
  /** Relative to the other targets. */
  readonly weight: number
  readonly destination?: Destination
  /** What the route and the destination say of headers, in the order in which it is done. */
  readonly requestChanges: readonly HeaderChange[]
  readonly responseChanges: readonly HeaderChange[]
  /** The host that is asked for in place of the one that was called. */
  readonly authority?: string
}

export interface RouteMirror {
  readonly cluster: string
  readonly percent: number
}

/** Which entry of which object made a route. */
export interface RouteSource {
  readonly object: ApiObject
  readonly http: number
  /** Absent where the entry has no `match`. */
  readonly match?: number
}

export interface RouteOptions {
  readonly clusterOf: (destination: Destination, port: number) => string
  readonly usesConsistentHash: (destination: Destination, port: number) => boolean
  readonly defaultRetries: HttpRetry | undefined
}

/** Routes after one that catches everything are left out: nothing would reach them. */
export function compileRoutes(
  virtualService: ResolvedVirtualService,
  context: RouteContext,
  options: RouteOptions,
): readonly CompiledRoute[] {
  const routes: CompiledRoute[] = []
  for (const { rule, object, index } of virtualService.http) {
    const shared = sharedParts(rule, context.port, options)
    const { match } = rule
    if (match === undefined || match === null || match.length === 0) {
      const source = { object, http: index }
      const rewrite = pathRewrite(rule.rewrite, undefined)
      const all = { name: rule.name ?? '', matches: () => true, isCatchAll: true, source }
      routes.push({ ...shared, ...all, ...(rewrite && { rewrite }) })
      return routes
    }
    for (const [matchIndex, entry] of match.entries()) {
      if (!appliesTo(entry, context)) continue
      routes.push({ ...shared, ...matchParts(rule, entry), source: { object, http: index, match: matchIndex } })
      if (isCatchAll(entry)) return routes
    }
  }
  return routes
}

/** What a service gets that no VirtualService speaks of. */
export function defaultRoute(cluster: string, defaultRetries: HttpRetry | undefined): CompiledRoute {
  const retry = outboundRetry(defaultRetries)
  return {
    name: 'default',
    matches: () => true,
    isCatchAll: true,
    rule: {},
    targets: [{ cluster, weight: 1, requestChanges: NO_CHANGES, responseChanges: NO_CHANGES }],
    mirrors: [],
    timeoutMs: 0,
    perTryTimeoutMs: 0,
    ...(retry && { retry }),
  }
}

function matchParts(
  rule: HttpRoute,
  match: HttpMatch,
): Pick<CompiledRoute, 'name' | 'matches' | 'isCatchAll' | 'uri' | 'indexedBy' | 'rewrite'> {
  const { uri, ignoreUriCase } = match
  const rewrite = pathRewrite(rule.rewrite, uri)
  return {
    name: match.name ? `${rule.name ?? ''}.${match.name}` : (rule.name ?? ''),
    matches: requestMatch(match),
    isCatchAll: isCatchAll(match),
    ...(uri && { uri }),
    ...(rewrite && { rewrite }),
    ...(uri && ignoreUriCase !== true && { indexedBy: uri }),
  }
}

function sharedParts(
  rule: HttpRoute,
  port: number,
  { clusterOf, usesConsistentHash, defaultRetries }: RouteOptions,
): Pick<CompiledRoute, 'rule' | 'fault' | 'targets' | 'mirrors' | 'timeoutMs' | 'perTryTimeoutMs' | 'retry'> {
  const destinations = (rule.route ?? []).flatMap((entry) =>
    entry.destination === undefined ? [] : [{ ...entry, destination: entry.destination }],
  )
  const isOnly = destinations.length === 1
  const targets = destinations
    .map(({ destination, weight = 0, headers }) => ({
      cluster: clusterOf(destination, port),
      // The weight of a single destination says nothing.
      weight: isOnly ? 1 : weight,
      destination,
      ...changesOf(rule, headers, isOnly),
    }))
    .filter(({ weight }) => weight > 0)
  const consistentHash = targets.some(({ destination }) => usesConsistentHash(destination, port))
  const retry = outboundRetry(rule.retries ?? defaultRetries, { consistentHash })
  const fault = faultOf(rule.fault)
  const mirrors = mirrorsOf(rule, (destination) => clusterOf(destination, port))
  return {
    rule,
    ...(fault && { fault }),
    targets,
    mirrors,
    timeoutMs: parseDuration(rule.timeout ?? '0s') ?? 0,
    perTryTimeoutMs: parseDuration(retry?.perTryTimeout ?? '0s') ?? 0,
    ...(retry && { retry }),
  }
}

/**
 * A host that a rewrite names comes first, then the route's headers, then the destination's. What an only destination says
 * of headers is part of what its route says; of several, each speaks before the route does.
 */
function changesOf(
  { headers: ofRoute, rewrite }: HttpRoute,
  own: Headers | undefined,
  isOnly: boolean,
): Pick<RouteTarget, 'requestChanges' | 'responseChanges' | 'authority'> {
  const authority = rewrite?.authority || authorityOf(ofRoute?.request) || authorityOf(own?.request)
  const changes = (side: keyof Headers): readonly HeaderChange[] =>
    isOnly
      ? headerChanges(ofRoute?.[side], own?.[side])
      : joined(headerChanges(own?.[side]), headerChanges(ofRoute?.[side]))
  return {
    requestChanges: changes('request'),
    responseChanges: changes('response'),
    ...(authority && { authority }),
  }
}

function joined(first: readonly HeaderChange[], then: readonly HeaderChange[]): readonly HeaderChange[] {
  return first.length === 0 ? then : then.length === 0 ? first : [...first, ...then]
}

/** Without a percentage everything is mirrored; with 0, nothing. */
function mirrorsOf(rule: HttpRoute, clusterOf: (destination: Destination) => string): readonly RouteMirror[] {
  const { mirror, mirrors = [], mirrorPercentage, mirrorPercent } = rule
  const older = mirror && {
    destination: mirror,
    percentage: mirrorPercentage ?? (mirrorPercent === undefined ? undefined : { value: mirrorPercent }),
  }
  return [older ?? [], mirrors].flat().flatMap(({ destination, percentage }) => {
    const percent = percentage === undefined ? 100 : (percentage.value ?? 0)
    return destination === undefined || percent === 0 ? [] : [{ cluster: clusterOf(destination), percent }]
  })
}
