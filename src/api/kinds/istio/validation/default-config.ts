import { parseDuration } from '../../../../base/duration.ts'
import { goQuote } from '../../../../base/go-quote.ts'
import { isIpAddress, splitHostPort } from './addresses.ts'
import { type ClientTls, validateClientTls } from './client-tls.ts'
import { domainProblem } from './domain-names.ts'
import { durationProblem } from './durations.ts'
import { numberProblem, portProblem, readInteger } from './numbers.ts'
import { isGiven, listedError, type Maybe, printErrors, type Problem, warning } from './problem.ts'

/** What proxies are started with, in a mesh's `defaultConfig`; what is left out has a default. */
export interface DefaultConfig {
  readonly configPath?: string
  readonly binaryPath?: string
  readonly serviceCluster?: string
  readonly drainDuration?: string
  readonly discoveryAddress?: string
  readonly tracing?: Maybe<DefaultTracing>
  readonly statsdUdpAddress?: string
  readonly envoyMetricsServiceAddress?: string
  readonly envoyMetricsService?: Maybe<Remote>
  readonly envoyAccessLogService?: Maybe<Remote>
  readonly proxyMetadata?: Maybe<Readonly<Record<string, string>>>
  readonly proxyAdminPort?: number
  readonly statusPort?: number
  readonly privateKeyProvider?: Maybe<PrivateKeyProvider>
  readonly connectionSettings?: Maybe<Readonly<Record<string, unknown>>>
}

interface Remote {
  readonly address?: string
}

interface DefaultTracing {
  readonly lightstep?: Maybe<Remote & { readonly accessToken?: string }>
  readonly zipkin?: Maybe<Remote>
  readonly datadog?: Maybe<Remote>
  readonly tlsSettings?: Maybe<ClientTls>
  readonly customTags?: Maybe<Readonly<Record<string, unknown>>>
}

interface PrivateKeyProvider {
  readonly cryptomb?: Maybe<{ readonly pollDelay?: string }>
  readonly qat?: Maybe<{ readonly pollDelay?: string }>
}

const AUTO_ALLOCATE = 'ISTIO_META_DNS_AUTO_ALLOCATE'
const AUTO_ALLOCATE_DOCS =
  'https://istio.io/latest/docs/ops/configuration/traffic-management/dns-proxy/#dns-auto-allocation-v2'

/** istio/istio pkg/config/validation/agent/validation.go ValidateMeshConfigProxyConfig. */
export function* validateDefaultConfig(config: DefaultConfig): Generator<Problem> {
  if (config.configPath === '') yield listedError('config path must be set')
  if (config.binaryPath === '') yield listedError('binary path must be set')
  if (config.serviceCluster === '') yield listedError('service cluster must be specified')
  if (isGiven(config.drainDuration)) yield* validateDrainDuration(config.drainDuration)
  if (config.discoveryAddress === '') {
    yield listedError('discovery address must be set to the proxy discovery service')
  } else yield* validateAddress('invalid discovery address', config.discoveryAddress)
  yield* validateTracing(config.tracing ?? {})
  yield* validateNamedAddress('statsd udp', config.statsdUdpAddress)
  yield* validateNamedAddress('envoy metrics service', config.envoyMetricsServiceAddress)
  if (isGiven(config.proxyMetadata?.[AUTO_ALLOCATE])) {
    const instead = 'for information about replacement functionality'
    yield warning(`'${AUTO_ALLOCATE}' is deprecated; review ${AUTO_ALLOCATE_DOCS} ${instead}`)
  }
  yield* validateNamedAddress('envoy metrics service', config.envoyMetricsService?.address)
  yield* validateNamedAddress('envoy access log service', config.envoyAccessLogService?.address)
  yield* validatePort('invalid proxy admin port', config.proxyAdminPort)
  yield* validatePort('invalid status port', config.statusPort)
  yield* validatePrivateKeyProvider(config.privateKeyProvider)
  yield* validateConnectionSettings(config.connectionSettings ?? {})
}

function* validateDrainDuration(text: string): Generator<Problem> {
  const problem = durationProblem(text)
  if (problem !== undefined) yield listedError(`invalid drain duration: ${problem}`)
  else if ((parseDuration(text) ?? 0) % 1_000 !== 0) {
    yield listedError('drain time only supports durations to seconds precision')
  }
}

function* validateTracing({ lightstep, zipkin, datadog, tlsSettings, customTags }: DefaultTracing): Generator<Problem> {
  if (isGiven(lightstep)) {
    const { address = '', accessToken = '' } = lightstep
    if (address === '') yield listedError('invalid lightstep config: address is required')
    const problem = proxyAddressProblem(address)
    if (problem !== undefined) yield listedError(`invalid lightstep config: invalid lightstep address: ${problem}`)
    if (accessToken === '') yield listedError('invalid lightstep config: access token is required')
  }
  if (isGiven(zipkin)) yield* validateAddress('invalid zipkin config', onHost(zipkin))
  if (isGiven(datadog)) yield* validateAddress('invalid datadog config', onHost(datadog))
  const tls = printErrors(validateClientTls(tlsSettings, ''))
  if (tls !== undefined) yield listedError(`invalid tracing TLS config: ${tls}`)
  for (const [name, tag] of Object.entries(customTags ?? {})) {
    if (isGiven(tag)) continue
    yield listedError(`invalid tracing custom tags: encountered nil value for custom tag: ${name}`)
    return
  }
}

function onHost({ address = '' }: Remote): string {
  return address.replace('$(HOST_IP)', '127.0.0.1')
}

function* validateNamedAddress(what: string, address: string | undefined): Generator<Problem> {
  if (isGiven(address) && address !== '') yield* validateAddress(`invalid ${what} address ${goQuote(address)}`, address)
}

function* validateAddress(prefix: string, address: string | undefined): Generator<Problem> {
  const problem = isGiven(address) ? proxyAddressProblem(address) : undefined
  if (problem !== undefined) yield listedError(`${prefix}: ${problem}`)
}

function proxyAddressProblem(address: string): string | undefined {
  const { host, port, problem } = splitHostPort(address)
  if (problem !== undefined) return `unable to split ${goQuote(address)}: ${problem}`
  const number = readInteger(port)
  if (number === undefined) return `port (${port}) is not a number: ${numberProblem(port, 'Atoi')}`
  const isHost = domainProblem(host) === undefined || isIpAddress(host)
  return portProblem(number) ?? (isHost ? undefined : `${goQuote(host)} is not a valid hostname or an IP address`)
}

function* validatePort(prefix: string, port: number | undefined): Generator<Problem> {
  const problem = isGiven(port) ? portProblem(port) : undefined
  if (problem !== undefined) yield listedError(`${prefix}: ${problem}`)
}

function* validatePrivateKeyProvider(provider: Maybe<PrivateKeyProvider>): Generator<Problem> {
  if (!isGiven(provider)) return
  const prefix = 'invalid private key provider configuration:'
  const chosen = provider.cryptomb ?? provider.qat
  if (!isGiven(chosen)) {
    yield listedError(`${prefix} private key provider configuration is required`)
    yield listedError(`${prefix} unknown private key provider`)
  } else if (!isGiven(chosen.pollDelay)) yield listedError(`${prefix} pollDelay is required`)
  else if (parseDuration(chosen.pollDelay) === 0) yield listedError(`${prefix} pollDelay must be non zero`)
}

/** By how it is called upstream: what is the least of it. */
const LEAST: Readonly<Record<string, { readonly name: string; readonly least: number; readonly text: string }>> = {
  listenerPerConnectionBufferLimitBytes: nonNegative('listener_per_connection_buffer_limit_bytes'),
  clusterPerConnectionBufferLimitBytes: nonNegative('cluster_per_connection_buffer_limit_bytes'),
  httpIdleTimeout: nonNegative('http_idle_timeout'),
  httpMaxConnectionDuration: nonNegative('http_max_connection_duration'),
  httpDrainTimeout: nonNegative('http_drain_timeout'),
  httpRequestTimeout: nonNegative('http_request_timeout'),
  httpRequestHeadersTimeout: nonNegative('http_request_headers_timeout'),
  httpStreamIdleTimeout: nonNegative('http_stream_idle_timeout'),
  httpMaxStreamDuration: nonNegative('http_max_stream_duration'),
  httpMaxConcurrentStreams: { name: 'http_max_concurrent_streams', least: 1, text: 'positive' },
  http2InitialStreamWindowSize: { name: 'http2_initial_stream_window_size', least: 65_535, text: 'at least 65535' },
  http2InitialConnectionWindowSize: {
    name: 'http2_initial_connection_window_size',
    least: 65_535,
    text: 'at least 65535',
  },
  listenerConnectionLimit: { name: 'listener_connection_limit', least: 1, text: 'positive' },
  globalDownstreamConnectionLimit: { name: 'global_downstream_connection_limit', least: 1, text: 'positive' },
}

function nonNegative(name: string): { readonly name: string; readonly least: number; readonly text: string } {
  return { name, least: 0, text: 'non-negative' }
}

function* validateConnectionSettings(settings: Readonly<Record<string, unknown>>): Generator<Problem> {
  for (const [field, { name, least, text }] of Object.entries(LEAST)) {
    const value = settings[field]
    const amount = typeof value === 'string' ? parseDuration(value) : value
    if (typeof amount === 'number' && amount < least) {
      yield listedError(`invalid connection settings: ${name} must be ${text}`)
    }
  }
}
