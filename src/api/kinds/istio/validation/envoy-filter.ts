import { goQuote } from '../../../../base/go-quote.ts'
import { patternProblem } from '../../../cel/patterns.ts'
import { error, errorOf, isGiven, type Maybe, type Problem, warning } from './problem.ts'
import { validateWorkloadSelector, type WorkloadSelector } from './selectors.ts'

export interface EnvoyFilter {
  readonly workloadSelector?: Maybe<WorkloadSelector>
  readonly configPatches?: Maybe<readonly Maybe<ConfigPatch>[]>
}

interface ConfigPatch {
  readonly applyTo?: string
  readonly match?: Maybe<PatchMatch>
  readonly patch?: Maybe<{ readonly operation?: string; readonly value?: unknown }>
}

interface PatchMatch {
  readonly context?: string
  readonly proxy?: Maybe<{ readonly proxyVersion?: string }>
  readonly listener?: Maybe<{ readonly filterChain?: Maybe<{ readonly filter?: Maybe<FilterMatch> }> }>
  readonly routeConfiguration?: Maybe<object>
  readonly cluster?: Maybe<object>
}

interface FilterMatch {
  readonly name?: string
  readonly subFilter?: Maybe<{ readonly name?: string }>
}

const PROXY_VERSION_MAX = 1024
const LISTENER_CLASS: readonly string[] = ['LISTENER', 'FILTER_CHAIN', 'NETWORK_FILTER', 'HTTP_FILTER']
const ROUTE_CLASS: readonly string[] = ['ROUTE_CONFIGURATION', 'VIRTUAL_HOST', 'HTTP_ROUTE']
const CONNECTION_MANAGER = 'envoy.filters.network.http_connection_manager'

/**
 * How a patch of Envoy's configuration is put. What it patches in is Envoy's own, of which we know no message types: of
 * that nothing is looked at but whether a filter says what it is.
 */
export function* validateEnvoyFilter({ workloadSelector, configPatches }: EnvoyFilter): Generator<Problem> {
  const care = 'Prefer other APIs if possible, and exercise extreme caution, especially around upgrades.'
  yield warning(`EnvoyFilter exposes internal implementation details that may change at any time. ${care}`)
  const selector = [...validateWorkloadSelector(workloadSelector, 'Envoy filter')]
  yield* selector
  if (selector.some(({ severity }) => severity === 'error')) return
  for (const patch of configPatches ?? []) {
    if (!isGiven(patch)) yield error('Envoy filter: null config patch')
    else if (patch.match?.context !== 'WAYPOINT') yield* validatePatch(patch)
  }
}

function* validatePatch({ applyTo = 'INVALID', match, patch }: ConfigPatch): Generator<Problem> {
  const missing = missingProblem(applyTo, patch)
  if (missing !== undefined) {
    yield error(missing)
    return
  }
  const proxyVersion = match?.proxy?.proxyVersion ?? ''
  if (proxyVersion.length > PROXY_VERSION_MAX) {
    const limit = `${PROXY_VERSION_MAX} characters and will be ignored`
    yield warning(`Envoy filter: proxyVersion match exceeds ${limit}`)
  } else {
    const problem = patternProblem(proxyVersion)
    if (problem !== undefined) {
      yield error(`Envoy filter: invalid regex for proxy version, [${problem}]`)
      return
    }
  }
  const problems = [...(isGiven(match) ? validateMatch(applyTo, match) : [])]
  yield* problems
  if (!problems.some(({ severity }) => severity === 'error')) yield* warnOfMissingType(applyTo, patch?.value)
}

/** Where a patch of that kind names an extension: itself, or its transport socket. */
const NAMED_ITSELF: readonly string[] = ['NETWORK_FILTER', 'HTTP_FILTER', 'LISTENER_FILTER']
const WITH_SOCKET: readonly string[] = ['CLUSTER', 'FILTER_CHAIN']

/** Envoy once looked extensions up by their names alone. */
function* warnOfMissingType(applyTo: string, value: unknown): Generator<Problem> {
  const patched = fieldsOf(value)
  const socket = patched['transport_socket'] ?? patched['transportSocket']
  const extensions = [
    ...(NAMED_ITSELF.includes(applyTo) && isGiven(value) ? [patched] : []),
    ...(WITH_SOCKET.includes(applyTo) && isGiven(socket) ? [fieldsOf(socket)] : []),
  ]
  const untyped = extensions.filter((extension) => !TYPES.some((name) => isGiven(extension[name])))
  if (untyped.length === 0) return
  const names = untyped.map(({ name }) => (typeof name === 'string' ? name : '')).join(', ')
  yield warning(`using deprecated types by name without typed_config; ${names}`)
}

const TYPES = ['typed_config', 'typedConfig', 'config_discovery', 'configDiscovery']

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

function missingProblem(applyTo: string, patch: ConfigPatch['patch']): string | undefined {
  if (applyTo === 'INVALID') return 'Envoy filter: missing applyTo'
  if (!isGiven(patch)) return 'Envoy filter: missing patch'
  const { operation = 'INVALID', value } = patch
  if (operation === 'INVALID') return 'Envoy filter: missing patch operation'
  const isMissing = operation !== 'REMOVE' && !isGiven(value)
  return isMissing ? 'Envoy filter: missing patch value for non-remove operation' : undefined
}

/** What is matched must be of the kind that is patched. */
function* validateMatch(applyTo: string, match: PatchMatch): Generator<Problem> {
  const { listener, routeConfiguration, cluster } = match
  if (![listener, routeConfiguration, cluster].some(isGiven)) return
  if (LISTENER_CLASS.includes(applyTo)) {
    if (!isGiven(listener)) {
      yield error('Envoy filter: applyTo for listener class objects cannot have non listener match')
    } else if (isGiven(listener.filterChain?.filter)) yield* validateFilterMatch(applyTo, listener.filterChain.filter)
  } else if (ROUTE_CLASS.includes(applyTo) && !isGiven(routeConfiguration)) {
    yield error('Envoy filter: applyTo for http route class objects cannot have non route configuration match')
  } else if (applyTo === 'CLUSTER' && !isGiven(cluster)) {
    yield error('Envoy filter: applyTo for cluster class objects cannot have non cluster match')
  }
}

function* validateFilterMatch(applyTo: string, { name = '', subFilter }: FilterMatch): Generator<Problem> {
  if (applyTo === 'LISTENER' || applyTo === 'FILTER_CHAIN') {
    yield warning(`Envoy filter: filter match has no effect when used with ${applyTo}`)
  }
  const problem = filterProblem(applyTo, { name, subFilter })
  yield* errorOf(problem)
  if (problem !== undefined) return
  yield* warnOfOldName(name)
  yield* warnOfOldName(subFilter?.name ?? '')
}

function filterProblem(applyTo: string, { name = '', subFilter }: FilterMatch): string | undefined {
  if (name === '') return 'Envoy filter: filter match has no name to match on'
  if (!isGiven(subFilter)) return undefined
  if (applyTo !== 'HTTP_FILTER') return 'Envoy filter: subfilter match can be used with applyTo HTTP_FILTER only'
  if (name !== CONNECTION_MANAGER && name !== 'envoy.http_connection_manager') {
    return `Envoy filter: subfilter match requires filter match with ${CONNECTION_MANAGER}`
  }
  return (subFilter.name ?? '') === '' ? 'Envoy filter: subfilter match has no name to match on' : undefined
}

/** Names that filters once had (istio/istio pkg/config/xds/deprecated.go). */
const OLD_NAMES: ReadonlyMap<string, string> = new Map([
  ['envoy.buffer', 'envoy.filters.http.buffer'],
  ['envoy.cors', 'envoy.filters.http.cors'],
  ['envoy.csrf', 'envoy.filters.http.csrf'],
  ['envoy.http_dynamo_filter', 'envoy.filters.http.dynamo'],
  ['envoy.ext_authz', 'envoy.filters.http.ext_authz'],
  ['envoy.fault', 'envoy.filters.http.fault'],
  ['envoy.grpc_http1_bridge', 'envoy.filters.http.grpc_http1_bridge'],
  ['envoy.grpc_json_transcoder', 'envoy.filters.http.grpc_json_transcoder'],
  ['envoy.grpc_web', 'envoy.filters.http.grpc_web'],
  ['envoy.gzip', 'envoy.filters.http.gzip'],
  ['envoy.health_check', 'envoy.filters.http.health_check'],
  ['envoy.ip_tagging', 'envoy.filters.http.ip_tagging'],
  ['envoy.lua', 'envoy.filters.http.lua'],
  ['envoy.rate_limit', 'envoy.filters.http.ratelimit'],
  ['envoy.router', 'envoy.filters.http.router'],
  ['envoy.squash', 'envoy.filters.http.squash'],
  ['envoy.listener.http_inspector', 'envoy.filters.listener.http_inspector'],
  ['envoy.listener.original_dst', 'envoy.filters.listener.original_dst'],
  ['envoy.listener.original_src', 'envoy.filters.listener.original_src'],
  ['envoy.listener.proxy_protocol', 'envoy.filters.listener.proxy_protocol'],
  ['envoy.listener.tls_inspector', 'envoy.filters.listener.tls_inspector'],
  ['envoy.client_ssl_auth', 'envoy.filters.network.client_ssl_auth'],
  ['envoy.http_connection_manager', CONNECTION_MANAGER],
  ['envoy.mongo_proxy', 'envoy.filters.network.mongo_proxy'],
  ['envoy.ratelimit', 'envoy.filters.network.ratelimit'],
  ['envoy.redis_proxy', 'envoy.filters.network.redis_proxy'],
  ['envoy.tcp_proxy', 'envoy.filters.network.tcp_proxy'],
])

function* warnOfOldName(name: string): Generator<Problem> {
  const now = OLD_NAMES.get(name)
  if (now !== undefined) yield warning(`using deprecated filter name ${goQuote(name)}; use ${goQuote(now)} instead`)
}
