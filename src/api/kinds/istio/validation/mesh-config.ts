import { parseDuration } from '../../../../base/duration.ts'
import { goQuote } from '../../../../base/go-quote.ts'
import { type ConnectionPool, validateConnectionPool } from './connection-pool.ts'
import { type DefaultConfig, validateDefaultConfig } from './default-config.ts'
import { trustDomainProblem, wildcardDomainProblem } from './domain-names.ts'
import { connectTimeoutProblem } from './durations.ts'
import { type HttpRetry, validateHttpRetry } from './http-retry.ts'
import {
  type LocalityLoadBalancing,
  validateLocalityLoadBalancing,
  validateZoneAwareLoadBalancing,
} from './locality.ts'
import { portProblem } from './numbers.ts'
import { type OutlierDetection, validateOutlierDetection } from './outlier-detection.ts'
import { error, isGiven, listedError, type Maybe, type Problem, warning } from './problem.ts'

/** What holds for the whole mesh, in the fields that istiod has rules about; what is left out has a default. */
export interface MeshConfig {
  readonly proxyListenPort?: number
  readonly connectTimeout?: string
  readonly protocolDetectionTimeout?: string
  readonly defaultConfig?: Maybe<DefaultConfig>
  readonly localityLbSetting?: Maybe<LocalityLoadBalancing>
  readonly zoneAwareLbSetting?: Maybe<LocalityLoadBalancing>
  readonly serviceSettings?: Maybe<readonly { readonly hosts?: Maybe<readonly string[]> }[]>
  readonly trustDomain?: string
  readonly trustDomainAliases?: Maybe<readonly string[]>
  readonly meshMTLS?: Maybe<Curves>
  readonly tlsDefaults?: Maybe<Curves>
  readonly defaultTrafficPolicy?: Maybe<DefaultTrafficPolicy>
  readonly defaultInboundHttpRetryPolicy?: Maybe<InboundRetry>
}

interface Curves {
  readonly ecdhCurves?: Maybe<readonly string[]>
}

interface DefaultTrafficPolicy {
  readonly connectionPool?: Maybe<ConnectionPool>
  readonly outlierDetection?: Maybe<OutlierDetection>
}

interface InboundRetry extends HttpRetry {
  readonly retryIgnorePreviousHosts?: boolean
}

/** Of BoringSSL (istio/istio pkg/config/security/security.go). */
const ECDH_CURVES: ReadonlySet<string> = new Set([
  'P-224',
  'P-256',
  'P-521',
  'P-384',
  'X25519',
  'X25519Kyber768Draft00',
  'X25519MLKEM768',
])

/** istio/istio pkg/config/validation/agent/validation.go ValidateMeshConfig. */
export function* validateMeshConfig(mesh: MeshConfig): Generator<Problem> {
  const { proxyListenPort, connectTimeout, protocolDetectionTimeout } = mesh
  if (isGiven(proxyListenPort)) yield* prefixed('invalid proxy listen port', portProblem(proxyListenPort))
  if (isGiven(connectTimeout)) yield* prefixed('invalid connect timeout', connectTimeoutProblem(connectTimeout))
  if (isGiven(protocolDetectionTimeout)) {
    yield* prefixed('invalid protocol detection timeout', precisionProblem(protocolDetectionTimeout))
  }
  yield* validateDefaultConfig(mesh.defaultConfig ?? {})
  yield* validateLocalityLoadBalancing(mesh.localityLbSetting, {})
  yield* validateZoneAwareLoadBalancing(mesh.zoneAwareLbSetting, {})
  yield* validateServiceSettings(mesh.serviceSettings ?? [])
  yield* validateTrustDomains(mesh)
  if (isGiven(mesh.meshMTLS?.ecdhCurves)) {
    yield listedError('mesh TLS does not support ECDH curves configuration')
  }
  yield* warnOfCurves(mesh.tlsDefaults?.ecdhCurves ?? [])
  yield* validateDefaultTrafficPolicy(mesh.defaultTrafficPolicy)
  if (isGiven(mesh.defaultInboundHttpRetryPolicy)) yield* validateInboundRetry(mesh.defaultInboundHttpRetryPolicy)
}

function* prefixed(prefix: string, problem: string | undefined): Generator<Problem> {
  if (problem !== undefined) yield error(`${prefix}: ${problem}`)
}

/** Nothing is fine too: then nobody waits. */
function precisionProblem(text: string): string | undefined {
  const durationMs = parseDuration(text)
  if (durationMs === undefined) return `bad Duration: time: invalid duration ${goQuote(text)}`
  return Number.isInteger(durationMs) ? undefined : 'only durations to ms precision are supported'
}

function* validateServiceSettings(settings: NonNullable<MeshConfig['serviceSettings']>): Generator<Problem> {
  for (const [index, { hosts }] of settings.entries()) {
    for (const host of hosts ?? []) {
      const problem = wildcardDomainProblem(host)
      if (problem !== undefined) yield listedError(`serviceSettings[${index}], host \`${host}\`: ${problem}`)
    }
  }
}

function* validateTrustDomains({ trustDomain, trustDomainAliases }: MeshConfig): Generator<Problem> {
  const own = isGiven(trustDomain) ? trustDomainProblem(trustDomain) : undefined
  if (own !== undefined) yield listedError(`trustDomain: ${own}`)
  for (const [index, alias] of (trustDomainAliases ?? []).entries()) {
    const problem = trustDomainProblem(alias)
    if (problem !== undefined) yield listedError(`trustDomainAliases[${index}], domain \`${alias}\` : ${problem}`)
  }
}

function* warnOfCurves(curves: readonly string[]): Generator<Problem> {
  const isKnown = (curve: string): boolean => curve === '' || ECDH_CURVES.has(curve)
  const unknown = curves.filter((curve) => !isKnown(curve))
  const duplicate = curves.filter((curve, index) => isKnown(curve) && curves.indexOf(curve) !== index)
  if (unknown.length > 0) yield warning(`detected unrecognized ECDH curves: ${printSet(unknown)}`)
  if (duplicate.length > 0) yield warning(`detected duplicate ECDH curves: ${printSet(duplicate)}`)
}

function printSet(texts: readonly string[]): string {
  return `[${[...new Set(texts)].toSorted().join(' ')}]`
}

export function* validateDefaultTrafficPolicy(policy: Maybe<DefaultTrafficPolicy>): Generator<Problem> {
  yield* validateConnectionPool(policy?.connectionPool)
  yield* validateOutlierDetection(policy?.outlierDetection)
}

const INBOUND_RETRY = 'invalid default inbound http retry policy'

/** An inbound route has one target, so that half of a policy means nothing there. */
function* validateInboundRetry(retry: InboundRetry): Generator<Problem> {
  for (const problem of validateHttpRetry(retry)) yield { ...problem, text: `${INBOUND_RETRY}: ${problem.text}` }
  if ((retry.attempts ?? 0) === 0 && isGiven(retry.backoff)) {
    yield error(`${INBOUND_RETRY}: backoff configured when attempts are set to 0 (disabled)`)
  }
  for (const field of ['perTryTimeout', 'retryRemoteLocalities', 'retryIgnorePreviousHosts'] as const) {
    if (isGiven(retry[field])) yield warning(`${field} is ignored by the default inbound http retry policy`)
  }
}
