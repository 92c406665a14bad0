import type { ApiObject } from '../../../api/object.ts'

/** networking.istio.io DestinationRule, in the fields that decide about traffic. */
export interface DestinationRule extends ApiObject {
  readonly spec?: DestinationRuleSpec
}

export interface DestinationRuleSpec {
  readonly host?: string
  readonly trafficPolicy?: TrafficPolicy
  readonly subsets?: readonly Subset[]
  readonly exportTo?: readonly string[]
  readonly workloadSelector?: { readonly matchLabels?: Readonly<Record<string, string>> }
}

export interface Subset {
  readonly name: string
  readonly labels?: Readonly<Record<string, string>>
  readonly trafficPolicy?: TrafficPolicy
}

export interface TrafficPolicy extends PortTrafficPolicy {
  readonly portLevelSettings?: readonly (PortTrafficPolicy & { readonly port?: { readonly number?: number } })[]
}

/** What can also be said for one port. */
export interface PortTrafficPolicy {
  readonly loadBalancer?: LoadBalancer
  readonly connectionPool?: Readonly<Record<string, unknown>>
  readonly outlierDetection?: Readonly<Record<string, unknown>>
  readonly tls?: ClientTls
}

export interface ClientTls {
  readonly mode?: 'DISABLE' | 'SIMPLE' | 'MUTUAL' | 'ISTIO_MUTUAL'
  readonly sni?: string
  readonly subjectAltNames?: readonly string[]
  readonly credentialName?: string
}

export interface LoadBalancer {
  readonly simple?: 'UNSPECIFIED' | 'RANDOM' | 'PASSTHROUGH' | 'ROUND_ROBIN' | 'LEAST_REQUEST' | 'LEAST_CONN'
  readonly consistentHash?: ConsistentHash
  readonly localityLbSetting?: LocalitySetting
  readonly zoneAwareLbSetting?: ZoneAwareSetting
}

export interface ConsistentHash {
  readonly httpHeaderName?: string
  readonly httpCookie?: { readonly name: string; readonly path?: string; readonly ttl?: string }
  readonly useSourceIp?: boolean
  readonly httpQueryParameterName?: string
}

export interface LocalitySetting {
  readonly enabled?: boolean
  readonly distribute?: readonly { readonly from: string; readonly to: Readonly<Record<string, number>> }[]
  readonly failover?: readonly (RegionFailover | null)[]
  readonly failoverPriority?: readonly string[]
}

export interface ZoneAwareSetting {
  readonly enabled?: boolean
  readonly failover?: readonly (RegionFailover | null)[]
  readonly failoverPriority?: readonly string[]
  readonly minClusterSize?: number
}

/** Where traffic from a region goes when nothing is left there. */
export interface RegionFailover {
  readonly from: string
  readonly to: string
}
