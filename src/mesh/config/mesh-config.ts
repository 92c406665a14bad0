import type { LocalitySetting, PortTrafficPolicy, ZoneAwareSetting } from './types/destination-rule.ts'
import type { ExtensionProvider } from './types/extension-provider.ts'
import type { GatewayTopology } from './types/gateway-topology.ts'
import type { ProxyHeaders } from './types/proxy-headers.ts'
import type { StatsMatcher } from './types/stats-matcher.ts'
import type { CustomTag } from './types/telemetry.ts'
import type { OutboundMode } from './types/sidecar.ts'
import type { HttpRetry } from './types/virtual-service.ts'
import type { PathNormalization } from '../route/normalize-path.ts'

/** What holds for the whole mesh. */
export interface MeshConfig {
  /** Policies of this namespace are for all others too. */
  readonly rootNamespace: string
  /** The domain of the cluster; undefined: short names only get their namespace. */
  readonly domain?: string
  readonly outboundMode: OutboundMode
  readonly defaultHttpRetryPolicy?: HttpRetry
  readonly localityLbSetting?: LocalitySetting
  readonly zoneAwareLbSetting?: ZoneAwareSetting
  /** First part of all identities; absent: `cluster.local`. */
  readonly trustDomain?: string
  /** Other names of the trust domain, which policies mean as well. */
  readonly trustDomainAliases?: readonly string[]
  /** Of Kubernetes, as labels of metrics say it; absent: `Kubernetes`. */
  readonly clusterName?: string
  /** Of mutual TLS between workloads. */
  readonly meshMTLS?: TlsDefaults
  /** Of TLS with those outside of the mesh. */
  readonly tlsDefaults?: TlsDefaults
  /** Absent: true. Whether workloads with sidecars speak mutual TLS where nothing is said. */
  readonly enableAutoMtls?: boolean
  readonly h2UpgradePolicy?: 'DO_NOT_UPGRADE' | 'UPGRADE'
  /** A duration; absent: 10s. */
  readonly connectTimeout?: string
  /** Fills what DestinationRules leave open. */
  readonly defaultTrafficPolicy?: PortTrafficPolicy
  /** Of gateways that say nothing of their own. */
  readonly topology?: GatewayTopology
  /** What is made of paths before rules see them; absent: BASE. */
  readonly pathNormalization?: PathNormalization
  /** Which annotation an Ingress of this mesh has; absent: `istio`. */
  readonly ingressClass?: string
  /** Absent: STRICT. Whether Ingresses of no class are served (DEFAULT), or none at all (OFF). */
  readonly ingressControllerMode?: 'OFF' | 'DEFAULT' | 'STRICT'
  /** The value of the label `istio` of gateways that serve Ingresses; absent: that of the service. */
  readonly ingressSelector?: string
  /** The service before those gateways; absent: `istio-ingressgateway`. */
  readonly ingressService?: string
  /** Services that proxies ask and tell. */
  readonly extensionProviders?: readonly ExtensionProvider[]
  /** Where all proxies log to unless a Telemetry names providers; absent or empty: nowhere. */
  readonly accessLogFile?: string
  /** Absent or empty: the default of the encoding. For JSON it is an object as text. */
  readonly accessLogFormat?: string
  readonly accessLogEncoding?: 'TEXT' | 'JSON'
  /** Whether connections that no listener is for are left out of the log. */
  readonly disableEnvoyListenerLog?: boolean
  /** Whether spans are told where no Telemetry names a provider. */
  readonly enableTracing?: boolean
  /** Of requests without a decision, in percent; absent: 1. */
  readonly tracingSamplingPercent?: number
  /** Of spans for which no Telemetry names any. */
  readonly tracingCustomTags?: Readonly<Record<string, CustomTag>>
  /** Whether spans that no Telemetry speaks of tell whose proxy it is; absent: true. */
  readonly tracingIstioTags?: boolean
  /** Of paths in spans where the provider says nothing; absent: 256. */
  readonly tracingPathLengthMax?: number
  readonly meshId?: string
  /** What proxies show of their own statistics; absent: nothing but Istio's metrics. */
  readonly proxyStatsMatcher?: StatsMatcher
  /** Providers for what Telemetry names none. */
  readonly defaultProviders?: {
    readonly metrics?: readonly string[]
    readonly accessLogging?: readonly string[]
    readonly tracing?: readonly string[]
  }
  /** What proxies say of themselves, where their pods say nothing. */
  readonly proxyHeaders?: ProxyHeaders
  /** What proxies are told by `ISTIO_META_…`, unless their pods say otherwise. */
  readonly proxyMetadata?: Readonly<Record<string, string>>
  /** Of istiod: PILOT_ENABLE_MULTIPLE_CUSTOM_AUTHZ_PROVIDERS. Absent: false. */
  readonly multipleExternalProviders?: boolean
  /** Of istiod: PILOT_ENABLE_IP_AUTOALLOCATE. Absent: true. */
  readonly ipAutoallocate?: boolean
}

export interface TlsDefaults {
  readonly minProtocolVersion?: 'TLS_AUTO' | 'TLSV1_2' | 'TLSV1_3'
  readonly cipherSuites?: readonly string[]
  readonly ecdhCurves?: readonly string[]
}

/** istio/istio pkg/config/mesh/mesh.go. */
export const DEFAULT_MESH: MeshConfig = {
  rootNamespace: 'istio-system',
  domain: 'cluster.local',
  outboundMode: 'ALLOW_ANY',
  localityLbSetting: {},
}
