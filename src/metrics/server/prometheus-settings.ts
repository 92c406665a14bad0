import type { EngineFeatures } from '../promql/engine.ts'
import { FlagError, type FlagReader, parseSize } from './program-flags.ts'

const RETENTION_MS = 15 * 86_400_000

/** What Prometheus' flags come to. */
export interface PrometheusSettings {
  readonly configFile: string
  readonly storagePath: string
  /** 0: kept forever. */
  readonly retentionMs: number
  /** 0: no limit. */
  readonly retentionBytes: number
  readonly blockRangeMs: number
  readonly externalUrl: string
  readonly routePrefix: string
  readonly port: number
  readonly pageTitle: string
  readonly hasLifecycle: boolean
  readonly hasAdminApi: boolean
  readonly receivesRemoteWrite: boolean
  readonly receivesOtlp: boolean
  /** 0: no limit. */
  readonly remoteReadSamples: number
  readonly lookbackMs: number
  readonly queryTimeoutMs: number
  readonly queryConcurrency: number
  readonly querySamples: number
  readonly resendDelayMs: number
  readonly outageToleranceMs: number
  readonly forGracePeriodMs: number
  readonly engine: EngineFeatures
  readonly features: ReadonlySet<string>
}

/** Features by the names of `--enable-feature`, and what they turn on in the engine. */
const ENGINE_FEATURES: Readonly<Record<string, EngineFeatures>> = {
  'promql-experimental-functions': { experimentalFunctions: true },
  'promql-duration-expr': { durationExpressions: true },
  'promql-extended-range-selectors': { extendedRangeSelectors: true },
  'promql-binop-fill-modifiers': { fillModifiers: true },
  'promql-delayed-name-removal': { delayedNameRemoval: true },
  'type-and-unit-labels': { typeAndUnitLabels: true },
  'use-start-timestamps': { startTimestamps: true },
}

/** Reads the flags' values. Throws a FlagError that names the flag. */
export function prometheusSettings(flags: FlagReader): PrometheusSettings {
  const features = new Set(flags.texts('enable-feature').flatMap((names) => names.split(',')))
  const size = flags.text('storage.tsdb.retention.size')
  const externalUrl = flags.text('web.external-url')
  return {
    configFile: flags.text('config.file'),
    storagePath: flags.text('storage.tsdb.path'),
    retentionMs: flags.durationMs('storage.tsdb.retention.time') ?? (size === '' ? RETENTION_MS : 0),
    retentionBytes: size === '' ? 0 : parseSize(size, 'storage.tsdb.retention.size'),
    blockRangeMs: required(flags, 'storage.tsdb.min-block-duration'),
    externalUrl: externalUrl.replace(/\/+$/, ''),
    routePrefix: routePrefix(flags.text('web.route-prefix'), externalUrl),
    port: portOf(flags.text('web.listen-address')),
    pageTitle: flags.text('web.page-title'),
    hasLifecycle: flags.isOn('web.enable-lifecycle'),
    hasAdminApi: flags.isOn('web.enable-admin-api'),
    receivesRemoteWrite: flags.isOn('web.enable-remote-write-receiver'),
    receivesOtlp: flags.isOn('web.enable-otlp-receiver'),
    remoteReadSamples: flags.integer('storage.remote.read-sample-limit'),
    lookbackMs: required(flags, 'query.lookback-delta'),
    queryTimeoutMs: required(flags, 'query.timeout'),
    queryConcurrency: flags.integer('query.max-concurrency'),
    querySamples: flags.integer('query.max-samples'),
    resendDelayMs: required(flags, 'rules.alert.resend-delay'),
    outageToleranceMs: required(flags, 'rules.alert.for-outage-tolerance'),
    forGracePeriodMs: required(flags, 'rules.alert.for-grace-period'),
    engine: engineFeatures(features),
    features,
  }
}

export function engineFeatures(names: ReadonlySet<string>): EngineFeatures {
  return Object.assign({}, ...[...names].map((name) => ENGINE_FEATURES[name] ?? {})) as EngineFeatures
}

function required(flags: FlagReader, name: string): number {
  const value = flags.durationMs(name)
  if (value === undefined) throw new FlagError(`expected argument for flag '--${name}'`)
  return value
}

export function portOf(address: string): number {
  const port = Number(/:(\d+)$/.exec(address)?.[1] ?? Number.NaN)
  if (!Number.isInteger(port) || port > 65_535) {
    throw new FlagError(`invalid value ${JSON.stringify(address)} for flag '--web.listen-address': want HOST:PORT`)
  }
  return port
}

/** Without one of its own, the path of the external URL. `''` for the root. */
export function routePrefix(prefix: string, externalUrl: string): string {
  const path = prefix === '' && URL.canParse(externalUrl) ? new URL(externalUrl).pathname : prefix
  const bare = path.replace(/^\/+|\/+$/g, '')
  return bare === '' ? '' : `/${bare}`
}
