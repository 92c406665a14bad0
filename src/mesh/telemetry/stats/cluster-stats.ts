import type { Cluster } from '../../balance/cluster.ts'
import { trafficOf } from '../../registry/protocol.ts'
import type { UpstreamCluster } from '../../exchange/upstream-cluster.ts'
import type { MeshFamily, MeshMetric } from '../exposed-family.ts'
import type { StatsInclusion } from './stats-inclusion.ts'

interface ClusterStat {
  /** Envoy's, as in `outlier_detection.ejections_active`. */
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge'
  /** Undefined where a cluster has no such thing. */
  valueOf(cluster: UpstreamCluster, nowMs: number): number | undefined
}

/**
 * What a proxy knows of a cluster, in Envoy's names: envoyproxy/envoy docs/root/configuration/upstream/cluster_manager.
 * Of connections only those that are one with what they carry: those of HTTP are not counted where hops need none.
 */
const STATS: readonly ClusterStat[] = [
  gauge('membership_total', 'Endpoints.', ({ hosts }) => hosts.length),
  gauge(
    'membership_healthy',
    'Endpoints that are not ejected.',
    (state, nowMs) => state.hosts.length - ejected(state, nowMs),
  ),
  gauge('outlier_detection.ejections_active', 'Endpoints that are ejected.', ejected),
  counter('outlier_detection.ejections_enforced_total', 'Ejections.', ({ counts }) => counts.ejections),
  {
    ...gauge('upstream_cx_active', 'Connections under way.', ({ active }) => active),
    valueOf: ({ state, port }) => (isOfBytes(port) ? state.active : undefined),
  },
  {
    ...gauge('upstream_rq_active', 'Requests under way.', ({ active }) => active),
    valueOf: ({ state, port }) => (isOfBytes(port) ? undefined : state.active),
  },
  counter('upstream_rq_total', 'Requests, each retry one of its own.', ({ counts }) => counts.requests),
  gauge('upstream_rq_pending_active', 'Requests that wait for a connection.', ({ pending }) => pending.count),
  counter('upstream_rq_pending_overflow', 'Requests that were one too many.', ({ counts }) => counts.overflows),
  counter('upstream_rq_retry', 'Retries.', ({ counts }) => counts.retries),
  counter('upstream_rq_retry_overflow', 'Retries that were one too many.', ({ counts }) => counts.retryOverflows),
  gauge('circuit_breakers.default.rq_open', 'Whether one more request would be one too many.', (state) =>
    Number(state.isFull),
  ),
  gauge('circuit_breakers.default.rq_pending_open', 'Whether one more that waits would be one too many.', (state) =>
    Number(state.pending.isFull),
  ),
  gauge('circuit_breakers.default.rq_retry_open', 'Whether one more retry would be one too many.', (state) =>
    Number(state.isFullOfRetries),
  ),
]

/** Of the clusters that a proxy has used, what is to be shown. */
export function clusterStats(
  clusters: Iterable<UpstreamCluster>,
  { inclusion, nowMs }: { readonly inclusion: StatsInclusion; readonly nowMs: number },
): readonly MeshFamily[] {
  const used = [...clusters].filter(({ outbound }) => outbound !== undefined)
  return STATS.map(({ name, help, type, valueOf }) => ({
    name: `envoy_cluster_${name.replaceAll('.', '_')}`,
    help,
    type,
    metrics: used.flatMap((cluster): readonly MeshMetric[] => {
      const value = inclusion(`cluster.${cluster.name}.${name}`) ? valueOf(cluster, nowMs) : undefined
      if (value === undefined) return []
      return [{ labels: [['cluster_name', cluster.name]], value: { kind: 'number', value } }]
    }),
  }))
}

function gauge(name: string, help: string, of: (state: Cluster, nowMs: number) => number): ClusterStat {
  return { name, help, type: 'gauge', valueOf: ({ state }, nowMs) => of(state, nowMs) }
}

function counter(name: string, help: string, of: (state: Cluster) => number): ClusterStat {
  return { name, help, type: 'counter', valueOf: ({ state }) => of(state) }
}

/** Those whose time is up come back when they are needed next. */
function ejected({ hosts }: Cluster, nowMs: number): number {
  return hosts.filter(({ health }) => health.isEjected && health.ejectedUntilMs > nowMs).length
}

function isOfBytes(port: UpstreamCluster['port']): boolean {
  return port !== undefined && ['tcp', 'tls'].includes(trafficOf(port))
}
