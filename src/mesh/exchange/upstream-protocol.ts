import type { ClusterPolicy } from '../balance/cluster-policy.ts'
import type { MeshPort } from '../registry/mesh-service.ts'
import type { ExchangeProxy } from './exchange-proxy.ts'
import type { HopCaller } from './outbound-state.ts'
import type { UpstreamCluster } from './upstream-cluster.ts'

/** What a proxy speaks to the hosts of a cluster. */
export function clusterProtocol(
  { view, workload }: ExchangeProxy,
  { port, state: { policy } }: UpstreamCluster,
  fromClient: 'http1' | 'http2',
): 'http1' | 'http2' {
  const isUpgraded = view.snapshot.mesh.h2UpgradePolicy === 'UPGRADE'
  return upstreamProtocol({ port, policy, fromClient, isGateway: workload.type === 'gateway', isUpgraded })
}

/** The same for a request that a client has sent. */
export function protocolFor(
  { proxy, request }: Pick<HopCaller, 'proxy' | 'request'>,
  cluster: UpstreamCluster,
): 'http1' | 'http2' {
  return clusterProtocol(proxy, cluster, request.version === 'HTTP/2' ? 'http2' : 'http1')
}

/** Rules: istio/istio pilot/pkg/networking/core/{cluster_builder,cluster_traffic_policy}.go. */
function upstreamProtocol(of: {
  readonly port: MeshPort | undefined
  readonly policy: ClusterPolicy
  readonly fromClient: 'http1' | 'http2'
  readonly isGateway: boolean
  /** Whether the mesh says that HTTP/1.1 becomes HTTP/2 wherever it can. */
  readonly isUpgraded: boolean
}): 'http1' | 'http2' {
  const { port, policy, fromClient, isGateway, isUpgraded } = of
  if (policy.usesClientProtocol || port === undefined) return fromClient
  if (policy.upgrade === 'http2' || port.isHttp2) return 'http2'
  // Gateways do not look at what a port speaks.
  if (port.traffic === 'auto') return isGateway ? 'http1' : fromClient
  return policy.upgrade === 'unsaid' && isUpgraded ? 'http2' : 'http1'
}
