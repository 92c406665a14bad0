import type { Schema } from '../../../schema/schema.ts'

/*
 * The shape of a mesh's configuration, of which no definition is published: the fields that the mesh reads. Others are
 * passed over. Facts: istio/api mesh/v1alpha1/{config,proxy}.proto and networking/v1alpha3/*.proto.
 */

const TEXT: Schema = { type: 'string' }
const FLAG: Schema = { type: 'boolean' }
const NUMBER: Schema = { type: 'number' }
const COUNT: Schema = { type: 'integer', minimum: -(2 ** 31), maximum: 2 ** 32 - 1 }

function oneOf(...values: string[]): Schema {
  return { type: 'string', enum: values }
}

function listOf(items: Schema): Schema {
  return { type: 'array', items }
}

function mapOf(additionalProperties: Schema): Schema {
  return { type: 'object', additionalProperties }
}

/** Fields that are not named may be anything. */
function message(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: 'object', properties }
}

function fields(schema: Schema, ...names: string[]): Readonly<Record<string, Schema>> {
  return Object.fromEntries(names.map((name) => [name, schema]))
}

const RETRY = message({
  ...fields(COUNT, 'attempts'),
  ...fields(TEXT, 'perTryTimeout', 'retryOn', 'backoff'),
  ...fields(FLAG, 'retryRemoteLocalities', 'retryIgnorePreviousHosts'),
})

const FAILOVER = listOf(message(fields(TEXT, 'from', 'to')))

const LOCALITY = message({
  enabled: FLAG,
  distribute: listOf(message({ from: TEXT, to: mapOf(COUNT) })),
  failover: FAILOVER,
  failoverPriority: listOf(TEXT),
})

const ZONES = message({
  enabled: FLAG,
  failover: FAILOVER,
  failoverPriority: listOf(TEXT),
  ...fields(COUNT, 'minClusterSize'),
})

const CONNECTION_POOL = message({
  tcp: message({
    maxConnections: COUNT,
    ...fields(TEXT, 'connectTimeout', 'maxConnectionDuration', 'idleTimeout'),
    tcpKeepalive: message({ probes: COUNT, ...fields(TEXT, 'time', 'interval') }),
  }),
  http: message({
    ...fields(COUNT, 'http1MaxPendingRequests', 'http2MaxRequests', 'maxRequestsPerConnection', 'maxRetries'),
    ...fields(COUNT, 'maxConcurrentStreams'),
    idleTimeout: TEXT,
    h2UpgradePolicy: oneOf('DEFAULT', 'DO_NOT_UPGRADE', 'UPGRADE'),
    useClientProtocol: FLAG,
    http2KeepAlive: message(fields(TEXT, 'interval', 'timeout')),
  }),
})

const OUTLIER_DETECTION = message({
  ...fields(COUNT, 'consecutiveErrors', 'consecutive5xxErrors', 'consecutiveGatewayErrors'),
  ...fields(COUNT, 'consecutiveLocalOriginFailures', 'maxEjectionPercent', 'minHealthPercent'),
  ...fields(TEXT, 'interval', 'baseEjectionTime'),
  splitExternalLocalOriginErrors: FLAG,
})

const AUTHORIZER = message({
  ...fields(TEXT, 'service', 'timeout', 'statusOnError', 'pathPrefix'),
  port: COUNT,
  ...fields(FLAG, 'failOpen', 'clearRouteCache'),
  includeRequestBodyInCheck: message({
    maxRequestBytes: COUNT,
    ...fields(FLAG, 'allowPartialMessage', 'packAsBytes'),
  }),
  ...fields(listOf(TEXT), 'includeRequestHeadersInCheck', 'includeHeadersInCheck'),
  ...fields(listOf(TEXT), 'headersToUpstreamOnAllow', 'headersToDownstreamOnAllow', 'headersToDownstreamOnDeny'),
  includeAdditionalHeadersInCheck: mapOf(TEXT),
})

const CUSTOM_TAG = message({
  literal: message({ value: TEXT }),
  ...fields(message(fields(TEXT, 'name', 'defaultValue')), 'environment', 'header'),
})

const PROVIDER = message({
  name: TEXT,
  ...fields(AUTHORIZER, 'envoyExtAuthzHttp', 'envoyExtAuthzGrpc'),
  ...fields(message({ maxTagLength: COUNT }), 'zipkin', 'opentelemetry', 'datadog', 'skywalking'),
  envoyFileAccessLog: message({
    path: TEXT,
    logFormat: message({ text: TEXT, labels: message({}) }),
    omitEmptyValues: FLAG,
  }),
})

const TLS = message({
  minProtocolVersion: oneOf('TLS_AUTO', 'TLSV1_2', 'TLSV1_3'),
  ...fields(listOf(TEXT), 'cipherSuites', 'ecdhCurves'),
})

export const MESH_CONFIG_SCHEMA: Schema = message({
  ...fields(TEXT, 'rootNamespace', 'trustDomain', 'connectTimeout', 'protocolDetectionTimeout'),
  ...fields(TEXT, 'accessLogFile', 'accessLogFormat', 'ingressClass', 'ingressSelector', 'ingressService'),
  ...fields(FLAG, 'enableAutoMtls', 'enableTracing'),
  ...fields(COUNT, 'proxyListenPort', 'proxyInboundListenPort'),
  ...fields(RETRY, 'defaultHttpRetryPolicy', 'defaultInboundHttpRetryPolicy'),
  ...fields(TLS, 'meshMTLS', 'tlsDefaults'),
  accessLogEncoding: oneOf('TEXT', 'JSON'),
  h2UpgradePolicy: oneOf('DO_NOT_UPGRADE', 'UPGRADE'),
  ingressControllerMode: oneOf('UNSPECIFIED', 'OFF', 'DEFAULT', 'STRICT'),
  outboundTrafficPolicy: message({ mode: oneOf('REGISTRY_ONLY', 'ALLOW_ANY', 'ALLOW_ANY_DYNAMIC_DNS') }),
  pathNormalization: message({
    normalization: oneOf('DEFAULT', 'NONE', 'BASE', 'MERGE_SLASHES', 'DECODE_AND_MERGE_SLASHES'),
  }),
  localityLbSetting: LOCALITY,
  zoneAwareLbSetting: ZONES,
  trustDomainAliases: listOf(TEXT),
  serviceSettings: listOf(message({ hosts: listOf(TEXT) })),
  extensionProviders: listOf(PROVIDER),
  defaultProviders: message(fields(listOf(TEXT), 'metrics', 'accessLogging', 'tracing')),
  defaultTrafficPolicy: message({ connectionPool: CONNECTION_POOL, outlierDetection: OUTLIER_DETECTION }),
  defaultConfig: message({
    gatewayTopology: message({
      numTrustedProxies: COUNT,
      proxyProtocol: message({}),
      forwardClientCertDetails: oneOf(
        'UNDEFINED',
        'SANITIZE',
        'FORWARD_ONLY',
        'APPEND_FORWARD',
        'SANITIZE_SET',
        'ALWAYS_FORWARD_ONLY',
      ),
    }),
    tracing: message({
      sampling: NUMBER,
      ...fields(message({ address: TEXT, accessToken: TEXT }), 'lightstep', 'zipkin', 'datadog'),
      customTags: mapOf(CUSTOM_TAG),
      enableIstioTags: FLAG,
      maxPathTagLength: COUNT,
    }),
    ...fields(TEXT, 'meshId', 'configPath', 'binaryPath', 'serviceCluster', 'drainDuration', 'discoveryAddress'),
    ...fields(TEXT, 'statsdUdpAddress', 'envoyMetricsServiceAddress'),
    ...fields(message({ address: TEXT }), 'envoyMetricsService', 'envoyAccessLogService'),
    ...fields(COUNT, 'proxyAdminPort', 'statusPort'),
    privateKeyProvider: message(fields(message({ pollDelay: TEXT }), 'cryptomb', 'qat')),
    connectionSettings: message({}),
    proxyMetadata: mapOf(TEXT),
    proxyStatsMatcher: message(fields(listOf(TEXT), 'inclusionPrefixes', 'inclusionSuffixes', 'inclusionRegexps')),
  }),
})
