import { UpstreamHost } from '../balance/upstream-host.ts'
import { clusterPolicy } from '../balance/cluster-policy.ts'
import type { Cluster } from '../balance/cluster.ts'
import { ConnectionLimit } from '../balance/connection-limit.ts'
import { PendingLimit } from '../balance/pending-limit.ts'
import type { ConnectionPool } from '../config/types/destination-rule.ts'
import type { MtlsMode } from '../config/types/peer-authentication.ts'
import type { SidecarIngress } from '../config/types/sidecar.ts'
import { INBOUND_PASSTHROUGH } from '../proxy/cluster-name.ts'
import type { PeerModes } from '../proxy/peer-mode.ts'
import type { ProxyView } from '../proxy/proxy-view.ts'
import { type MeshPort, type MeshService, targetPortOf } from '../registry/mesh-service.ts'
import { isHttp2, type Traffic, trafficOf } from '../registry/protocol.ts'
import { servicesAt } from '../registry/services-at.ts'
import type { Workload } from '../registry/workload.ts'
import type { Guard } from './guard.ts'
import type { InboundLimits } from './inbound-limits.ts'
import type { UpstreamOptions } from './steps.ts'
import { UpstreamWays } from './upstream-options.ts'

/** What stands between a sidecar's port and the application behind it. */
export interface InboundPort {
  readonly workload: Workload
  readonly port: number
  readonly cluster: string
  readonly traffic: Traffic
  readonly mode: MtlsMode
  readonly guard: Guard | undefined
  /** The service by which it is known, the oldest one first. */
  readonly service: MeshService | undefined
  /** The application. */
  readonly host: UpstreamHost
  /** Who has a connection to it, or waits for one; undefined: there are as many as one likes. */
  readonly state: Cluster | undefined
  readonly wayFor: (client: 'http1' | 'http2') => UpstreamOptions
}

/** A Sidecar that says how the workload is reached replaces what services say. */
export function inboundPort(
  view: ProxyView,
  at: {
    readonly workload: Workload
    readonly address: string
    readonly port: number
    readonly modes: PeerModes
    readonly guard: Guard | undefined
    readonly limits: InboundLimits
  },
): InboundPort {
  const { workload, port, modes, guard, address } = at
  const ingress = view.sidecar?.spec?.ingress ?? []
  const own = ingress.find((entry) => entry.port?.number === port)
  const served = servicesAt(view.snapshot, workload.addresses)
    .flatMap(({ service, endpoint }) =>
      service.ports.map((meant) => ({ service, meant, target: targetPortOf(endpoint, meant) })),
    )
    .find(({ target }) => target === port)
  const isKnown = own !== undefined || (ingress.length === 0 && served !== undefined)
  const cluster = isKnown ? `inbound|${port}||` : INBOUND_PASSTHROUGH
  const traffic = own?.port ? trafficOf(own.port) : isKnown ? (served?.meant.traffic ?? 'auto') : 'auto'
  const speaksHttp2 = own?.port ? isHttp2(own.port) : isKnown && served?.meant.isHttp2 === true
  const target = applicationAt(own?.defaultEndpoint, { address, port })
  const connectionPool = isKnown ? poolFor(view, own, served) : undefined
  const policy = clusterPolicy(connectionPool === undefined ? {} : { connectionPool })
  const limited = connectionPool && at.limits.of(cluster, { ...target, workload }, policy)
  const limits = limited?.state ?? { connections: new ConnectionLimit(), pending: new PendingLimit() }
  const ways = new UpstreamWays(cluster, { name: undefined, policy, limits, identities: () => [] })
  const followsClient = policy.usesClientProtocol || traffic === 'auto'
  return {
    workload,
    port,
    cluster,
    traffic,
    guard,
    mode: modes.byPort.get(port) ?? modes.mode,
    service: served?.service,
    host: limited?.host ?? new UpstreamHost(target.address, target.port, { workload, addedMs: 0 }),
    state: limited?.state,
    wayFor: (client) => ways.of('plaintext', followsClient ? client : speaksHttp2 ? 'http2' : 'http1'),
  }
}

/**
 * A Sidecar says it, for a port or for all; else what callers are told, for the called side must have room for what they are
 * allowed to send. Rules: istio/istio pilot/pkg/networking/core/cluster_builder.go, buildInboundCluster.
 */
function poolFor(
  view: ProxyView,
  own: SidecarIngress | undefined,
  served: { readonly service: MeshService; readonly meant: MeshPort } | undefined,
): ConnectionPool | undefined {
  const said = own?.connectionPool ?? view.sidecar?.spec?.inboundConnectionPool
  if (said !== undefined) return said
  const { service, meant } = served ?? {}
  const rules = service && meant && view.policy({ host: service.host, subset: '', port: meant.number })
  return rules?.connectionPool ?? view.snapshot.mesh.defaultTrafficPolicy?.connectionPool
}

/** `127.0.0.1:8080`, `0.0.0.0:8080` or `:8080`, the latter two on the pod's own address. Sockets of Unix are not followed. */
function applicationAt(
  written: string | undefined,
  called: { readonly address: string; readonly port: number },
): { readonly address: string; readonly port: number } {
  const colon = written?.lastIndexOf(':') ?? -1
  const port = Number(written?.slice(colon + 1))
  if (written === undefined || colon < 0 || !(port > 0)) return called
  const host = written.slice(0, colon).replace(/^\[|\]$/g, '')
  const isOwn = host === '' || host === '0.0.0.0' || host === '::'
  return { address: isOwn ? called.address : host, port }
}
