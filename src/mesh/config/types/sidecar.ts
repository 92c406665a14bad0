import type { ApiObject } from '../../../api/object.ts'
import type { ConnectionPool } from './destination-rule.ts'

/** networking.istio.io Sidecar: what a workload sees of the mesh, and how it is reached. */
export interface Sidecar extends ApiObject {
  readonly spec?: SidecarSpec
}

export interface SidecarSpec {
  readonly workloadSelector?: { readonly labels?: Readonly<Record<string, string>> }
  readonly ingress?: readonly SidecarIngress[]
  readonly egress?: readonly SidecarEgress[]
  readonly outboundTrafficPolicy?: { readonly mode?: OutboundMode }
  /** Of what comes in at all ports that do not say their own, in place of what DestinationRules say. */
  readonly inboundConnectionPool?: ConnectionPool
}

/** What happens to calls of hosts that the mesh does not know. */
export type OutboundMode = 'ALLOW_ANY' | 'REGISTRY_ONLY' | 'ALLOW_ANY_DYNAMIC_DNS'

export interface SidecarIngress {
  readonly port?: { readonly number?: number; readonly name?: string; readonly protocol?: string }
  readonly bind?: string
  readonly defaultEndpoint?: string
  readonly tls?: IngressTls
  readonly connectionPool?: ConnectionPool
}

export interface IngressTls {
  readonly mode?: 'SIMPLE' | 'MUTUAL' | 'OPTIONAL_MUTUAL'
  readonly serverCertificate?: string
  readonly privateKey?: string
  readonly credentialName?: string
}

export interface SidecarEgress {
  readonly port?: { readonly number?: number }
  /** `namespace/host`; the namespace may be `*`, `.` or `~`. */
  readonly hosts?: readonly string[]
}
