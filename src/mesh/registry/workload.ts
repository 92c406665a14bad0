import type { Locality } from '../balance/locality.ts'
import type { ProxyMetadata } from '../config/proxy-metadata.ts'
import type { ProxyHeaders } from '../config/types/proxy-headers.ts'
import type { GatewayTopology } from '../config/types/gateway-topology.ts'

/** What runs behind an address: who calls, and who is called. */
export interface Workload {
  /** Of what owns the pod, as Istio names it: the Deployment, not its ReplicaSet. */
  readonly name: string
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  readonly serviceAccount: string
  readonly addresses: readonly string[]
  readonly trustDomain: string
  /** Whether requests to it and from it pass a proxy of the mesh, and so can prove who they are. */
  readonly hasSidecar: boolean
  readonly type: 'sidecar' | 'gateway'
  readonly canonicalName: string
  readonly canonicalRevision: string
  /** Of Kubernetes, as in `Kubernetes`. */
  readonly cluster: string
  readonly locality: Locality
  /** Of a gateway, where it says something of its own. */
  readonly topology?: GatewayTopology
  /** What its proxy says of itself, where the pod has something of its own. */
  readonly proxyHeaders?: ProxyHeaders
  /** What its proxy is told by its environment. */
  readonly proxyMetadata?: ProxyMetadata
}

/** `cluster.local/ns/shop/sa/cart`: an identity without the `spiffe://` before it. */
export function principalOf({ trustDomain, namespace, serviceAccount }: Workload): string {
  return `${trustDomain}/ns/${namespace}/sa/${serviceAccount}`
}
