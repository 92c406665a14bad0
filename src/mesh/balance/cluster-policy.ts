import { parseDuration } from '../../base/duration.ts'
import type {
  ClientTls,
  ConnectionPool,
  LoadBalancer,
  OutlierDetection,
  PortTrafficPolicy,
} from '../config/types/destination-rule.ts'
import type { HashSource } from './hash-source.ts'

/** What a DestinationRule says of one port, in numbers. Computed once, asked for each request. */
export interface ClusterPolicy {
  readonly balance: Balance
  /** What requests are told apart by, where the balance is by hash. */
  readonly hash?: HashSource
  readonly warmup?: Warmup
  readonly limits: Limits
  readonly retryBudget?: { readonly ratio: number; readonly minimum: number }
  readonly connectTimeoutMs: number
  readonly idleTimeoutMs: number
  readonly outlier?: OutlierPolicy
  /** Below this share of healthy endpoints all are used; 0: never. */
  readonly panicRatio: number
  readonly tls?: ClientTls
  readonly keepalive?: { readonly intervalMs: number; readonly timeoutMs: number }
  readonly proxyProtocol?: 'V1' | 'V2'
  readonly upgrade: 'http2' | 'none' | 'unsaid'
  readonly usesClientProtocol: boolean
}

export type Balance =
  | { readonly kind: 'least-request' | 'round-robin' | 'random' | 'passthrough' }
  | { readonly kind: 'ring-hash'; readonly sizeMin: number }
  | { readonly kind: 'maglev'; readonly tableSize: number }

/** New endpoints get their full share only after a while. */
export interface Warmup {
  readonly windowMs: number
  readonly minimumRatio: number
  readonly aggression: number
}

/** Infinity: as many as one likes. */
export interface Limits {
  readonly connections: number
  readonly pending: number
  readonly requests: number
  readonly retries: number
  /** 0: as many as one likes. */
  readonly requestsPerConnection: number
  /** At once on one connection of HTTP/2. */
  readonly streams: number
}

/** When an endpoint that fails is left alone. Undefined counts: not looked at. */
export interface OutlierPolicy {
  readonly consecutive5xx: number | undefined
  readonly consecutiveGateway: number | undefined
  readonly consecutiveLocal: number | undefined
  /** Whether failures to connect count apart from what servers answer. */
  readonly splitsLocal: boolean
  readonly errorCodes: ReadonlySet<number> | undefined
  readonly intervalMs: number
  readonly baseEjectionMs: number
  readonly ejectedRatioMax: number
}

/** Envoy's defaults: envoyproxy/envoy api/envoy/config/cluster/v3/outlier_detection.proto. */
const CONSECUTIVE_ERRORS = 5
const INTERVAL_MS = 10_000
const BASE_EJECTION_MS = 30_000
const EJECTED_PERCENT_MAX = 10
/** istio/istio pilot/pkg/networking/core/cluster_traffic_policy.go. */
const RING_SIZE_MIN = 1024
const CONNECT_TIMEOUT_MS = 10_000
/** envoyproxy/envoy source/extensions/load_balancing_policies/maglev/maglev_lb.h. */
const MAGLEV_TABLE_SIZE = 65_537
/** Of an idle connection in Envoy's HTTP pools. */
const IDLE_TIMEOUT_MS = 3_600_000
/** envoyproxy/envoy api/envoy/config/cluster/v3/circuit_breaker.proto. */
const RETRY_BUDGET_PERCENT = 20
const RETRY_BUDGET_MINIMUM = 3

export function clusterPolicy(
  policy: PortTrafficPolicy,
  mesh: { readonly connectTimeout?: string } = {},
): ClusterPolicy {
  const { loadBalancer = {}, connectionPool = {}, outlierDetection, tls, proxyProtocol, retryBudget } = policy
  const { http = {}, tcp = {} } = connectionPool
  const hash = loadBalancer.consistentHash
  const warmup = warmupOf(loadBalancer)
  const percent = typeof retryBudget?.percent === 'number' ? retryBudget.percent : retryBudget?.percent?.value
  return {
    balance: balanceOf(loadBalancer),
    ...(hash && { hash }),
    ...(warmup && { warmup }),
    limits: limitsOf(connectionPool),
    ...(retryBudget && {
      retryBudget: {
        ratio: (percent ?? RETRY_BUDGET_PERCENT) / 100,
        minimum: retryBudget.minRetryConcurrency ?? RETRY_BUDGET_MINIMUM,
      },
    }),
    connectTimeoutMs: durationMs(tcp.connectTimeout ?? mesh.connectTimeout, CONNECT_TIMEOUT_MS),
    idleTimeoutMs: durationMs(http.idleTimeout ?? tcp.idleTimeout, IDLE_TIMEOUT_MS),
    ...(outlierDetection && { outlier: outlierOf(outlierDetection) }),
    panicRatio: (outlierDetection?.minHealthPercent ?? 0) / 100,
    ...(tls && { tls }),
    ...(http.http2KeepAlive && {
      keepalive: {
        intervalMs: durationMs(http.http2KeepAlive.interval, 0),
        timeoutMs: durationMs(http.http2KeepAlive.timeout, 0),
      },
    }),
    ...(proxyProtocol && { proxyProtocol: proxyProtocol.version ?? 'V1' }),
    upgrade:
      http.h2UpgradePolicy === 'UPGRADE' ? 'http2' : http.h2UpgradePolicy === 'DO_NOT_UPGRADE' ? 'none' : 'unsaid',
    usesClientProtocol: http.useClientProtocol ?? false,
  }
}

function balanceOf({ simple, consistentHash }: LoadBalancer): Balance {
  if (simple === 'PASSTHROUGH') return { kind: 'passthrough' }
  if (consistentHash !== undefined) {
    const { maglev, ringHash, minimumRingSize } = consistentHash
    if (maglev !== undefined) return { kind: 'maglev', tableSize: Number(maglev.tableSize ?? 0) || MAGLEV_TABLE_SIZE }
    return { kind: 'ring-hash', sizeMin: Number(ringHash?.minimumRingSize ?? minimumRingSize ?? 0) || RING_SIZE_MIN }
  }
  if (simple === 'ROUND_ROBIN') return { kind: 'round-robin' }
  return { kind: simple === 'RANDOM' ? 'random' : 'least-request' }
}

function warmupOf({ warmup, warmupDurationSecs }: LoadBalancer): Warmup | undefined {
  const windowMs = durationMs(warmup?.duration ?? warmupDurationSecs, 0)
  if (windowMs <= 0) return undefined
  return { windowMs, minimumRatio: (warmup?.minimumPercent ?? 10) / 100, aggression: warmup?.aggression ?? 1 }
}

function limitsOf({ http = {}, tcp = {} }: ConnectionPool): Limits {
  return {
    connections: tcp.maxConnections || Infinity,
    pending: http.http1MaxPendingRequests || Infinity,
    requests: http.http2MaxRequests || Infinity,
    retries: http.maxRetries || Infinity,
    requestsPerConnection: http.maxRequestsPerConnection ?? 0,
    streams: http.maxConcurrentStreams || Infinity,
  }
}

/** Gateway errors alone, and failures to connect apart, only count where they are asked for. */
function outlierOf(written: OutlierDetection): OutlierPolicy {
  const { outlierDetectionHttpErrorCodes: codes = [], splitExternalLocalOriginErrors = false } = written
  const consecutive5xx = written.consecutive5xxErrors ?? written.consecutiveErrors ?? CONSECUTIVE_ERRORS
  const local = written.consecutiveLocalOriginFailures || CONSECUTIVE_ERRORS
  return {
    consecutive5xx: consecutive5xx || undefined,
    consecutiveGateway: written.consecutiveGatewayErrors || undefined,
    consecutiveLocal: splitExternalLocalOriginErrors ? local : undefined,
    splitsLocal: splitExternalLocalOriginErrors,
    errorCodes: codes.length === 0 ? undefined : new Set(codes),
    intervalMs: durationMs(written.interval, INTERVAL_MS),
    baseEjectionMs: durationMs(written.baseEjectionTime, BASE_EJECTION_MS),
    ejectedRatioMax: (written.maxEjectionPercent || EJECTED_PERCENT_MAX) / 100,
  }
}

function durationMs(text: string | undefined, otherwise: number): number {
  return (text === undefined ? undefined : parseDuration(text)) ?? otherwise
}
