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
  readonly connectionPool?: ConnectionPool
  readonly outlierDetection?: OutlierDetection
  readonly tls?: ClientTls
  readonly proxyProtocol?: { readonly version?: 'V1' | 'V2' }
  readonly retryBudget?: {
    readonly percent?: { readonly value?: number } | number
    readonly minRetryConcurrency?: number
  }
}

/** Zero is as good as not said. Times are durations, as in `10s`. */
export interface ConnectionPool {
  readonly tcp?: {
    readonly maxConnections?: number
    readonly connectTimeout?: string
    readonly maxConnectionDuration?: string
    readonly idleTimeout?: string
  }
  readonly http?: {
    readonly http1MaxPendingRequests?: number
    readonly http2MaxRequests?: number
    readonly maxRequestsPerConnection?: number
    readonly maxRetries?: number
    readonly idleTimeout?: string
    readonly h2UpgradePolicy?: 'DEFAULT' | 'DO_NOT_UPGRADE' | 'UPGRADE'
    readonly useClientProtocol?: boolean
    readonly maxConcurrentStreams?: number
    readonly http2KeepAlive?: { readonly interval?: string; readonly timeout?: string }
  }
}

export interface OutlierDetection {
  readonly consecutive5xxErrors?: number
  /** The older name. */
  readonly consecutiveErrors?: number
  readonly consecutiveGatewayErrors?: number
  readonly splitExternalLocalOriginErrors?: boolean
  readonly consecutiveLocalOriginFailures?: number
  readonly interval?: string
  readonly baseEjectionTime?: string
  readonly maxEjectionPercent?: number
  readonly minHealthPercent?: number
  readonly outlierDetectionHttpErrorCodes?: readonly number[]
}

export interface ClientTls {
  readonly mode?: 'DISABLE' | 'SIMPLE' | 'MUTUAL' | 'ISTIO_MUTUAL'
  readonly sni?: string
  readonly subjectAltNames?: readonly string[]
  readonly credentialName?: string
  readonly insecureSkipVerify?: boolean
  readonly clientCertificate?: string
  readonly privateKey?: string
  readonly caCertificates?: string
  readonly caCrl?: string
}

export interface LoadBalancer {
  readonly simple?: 'UNSPECIFIED' | 'RANDOM' | 'PASSTHROUGH' | 'ROUND_ROBIN' | 'LEAST_REQUEST' | 'LEAST_CONN'
  readonly consistentHash?: ConsistentHash
  readonly localityLbSetting?: LocalitySetting
  readonly zoneAwareLbSetting?: ZoneAwareSetting
  readonly warmup?: {
    readonly duration?: string
    readonly minimumPercent?: number
    readonly aggression?: number
  }
  /** The older form of `warmup.duration`. */
  readonly warmupDurationSecs?: string
}

export interface ConsistentHash {
  readonly minimumRingSize?: number | string
  readonly ringHash?: { readonly minimumRingSize?: number | string }
  readonly maglev?: { readonly tableSize?: number | string }
  readonly httpHeaderName?: string
  readonly httpCookie?: {
    readonly name: string
    readonly path?: string
    readonly ttl?: string
    readonly attributes?: readonly { readonly name: string; readonly value?: string }[]
  }
  readonly useSourceIp?: boolean
  readonly httpQueryParameterName?: string
}

export interface LocalitySetting {
  readonly enabled?: boolean
  readonly distribute?: readonly { readonly from?: string; readonly to?: Readonly<Record<string, number>> }[]
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
  readonly from?: string
  readonly to?: string
}
