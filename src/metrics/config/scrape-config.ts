import { goQuote } from '../../base/go-quote.ts'
import type { ScrapeProtocol } from '../exposition/open-exposition.ts'
import { checkStaticTargets, DISCOVERY_FIELDS } from './discoveries.ts'
import { checkRelabeling, RELABEL_RULE } from './fields.ts'
import {
  checkProtocols,
  type GlobalConfig,
  isScrapeProtocol,
  LIMIT_FIELDS,
  nameValidationScheme,
  unknownProtocol,
  validationSchemeOf,
} from './global-config.ts'
import { checkHttpClient, HTTP_CLIENT_FIELDS } from './http-client.ts'
import {
  always,
  bool,
  ConfigError,
  type ConfigOf,
  count,
  duration,
  float,
  list,
  mapOf,
  optional,
  path,
  struct,
  text,
} from './schema.ts'

/** One job: which targets are scraped, and how (prometheus: config/config.go ScrapeConfig). */
export const SCRAPE_CONFIG = struct(
  'config.ScrapeConfig',
  {
    job_name: always(text()),
    honor_labels: bool(),
    honor_timestamps: always(bool(true)),
    track_timestamps_staleness: always(bool()),
    params: mapOf(list(text())),
    scrape_interval: duration(),
    scrape_timeout: duration(),
    scrape_protocols: list(text()),
    fallback_scrape_protocol: text(),
    scrape_native_histograms: optional(bool()),
    always_scrape_classic_histograms: optional(bool()),
    convert_classic_histograms_to_nhcb: optional(bool()),
    scrape_failure_log_file: path,
    metrics_path: text('/metrics'),
    scheme: text('http'),
    enable_compression: always(bool(true)),
    ...LIMIT_FIELDS,
    native_histogram_bucket_limit: count(),
    native_histogram_min_bucket_factor: float(),
    keep_dropped_targets: count(),
    metric_name_validation_scheme: nameValidationScheme,
    metric_name_escaping_scheme: text(),
    extra_scrape_metrics: optional(bool()),
    ...HTTP_CLIENT_FIELDS,
    relabel_configs: list(RELABEL_RULE, { nullProblem: 'empty or null target relabeling rule in scrape config' }),
    metric_relabel_configs: list(RELABEL_RULE, {
      nullProblem: 'empty or null metric relabeling rule in scrape config',
    }),
    ...DISCOVERY_FIELDS,
  },
  (config) => {
    if (config.job_name === '') throw new ConfigError('job_name is empty')
    const checked = checkHttpClient(config)
    if (config.relabel_configs.length === 0) checkStaticTargets(config)
    return checked
  },
)

export type ScrapeConfig = ConfigOf<typeof SCRAPE_CONFIG>

export const SCRAPE_CONFIGS = list(SCRAPE_CONFIG, { nullProblem: 'empty or null scrape config section' })

const TEXT_PROTOCOLS: readonly ScrapeProtocol[] = [
  'OpenMetricsText1.0.0',
  'OpenMetricsText0.0.1',
  'PrometheusText1.0.0',
  'PrometheusText0.0.4',
]

const LIMITS = Object.keys({ ...LIMIT_FIELDS, keep_dropped_targets: 0 }) as (
  | keyof typeof LIMIT_FIELDS
  | 'keep_dropped_targets'
)[]

/** The job with what it leaves to the global configuration. Throws a `ConfigError` for what contradicts itself or that. */
export function completeScrapeConfig(config: ScrapeConfig, global: GlobalConfig): ScrapeConfig {
  const job = goQuote(config.job_name)
  const interval = config.scrape_interval || global.scrape_interval
  if (config.scrape_timeout > interval) {
    throw new ConfigError(`scrape timeout greater than scrape interval for scrape config with job name ${job}`)
  }
  const limits = Object.fromEntries(LIMITS.map((name) => [name, config[name] || global[name]]))
  const withNative = config.scrape_native_histograms ?? global.scrape_native_histograms ?? false
  const protocols = protocolsOf(config, global, withNative)
  checkProtocols(protocols, `for scrape config with job name ${job}`)
  const fallback = config.fallback_scrape_protocol
  if (fallback !== '' && !isScrapeProtocol(fallback)) {
    throw new ConfigError(
      `invalid fallback_scrape_protocol for scrape config with job name ${job}: ${unknownProtocol(fallback)}`,
    )
  }
  const names = nameSchemesOf(config, global)
  checkRelabeling(config.relabel_configs, names.metric_name_validation_scheme)
  checkRelabeling(config.metric_relabel_configs, names.metric_name_validation_scheme)
  return {
    ...config,
    ...limits,
    ...names,
    scrape_interval: interval,
    scrape_timeout: config.scrape_timeout || Math.min(global.scrape_timeout, interval),
    scrape_protocols: protocols,
    scrape_failure_log_file: config.scrape_failure_log_file || global.scrape_failure_log_file,
    scrape_native_histograms: withNative,
    extra_scrape_metrics: config.extra_scrape_metrics ?? global.extra_scrape_metrics ?? false,
    convert_classic_histograms_to_nhcb:
      config.convert_classic_histograms_to_nhcb ?? global.convert_classic_histograms_to_nhcb,
    always_scrape_classic_histograms:
      config.always_scrape_classic_histograms ?? global.always_scrape_classic_histograms,
  }
}

function protocolsOf(config: ScrapeConfig, global: GlobalConfig, withNative: boolean): readonly string[] {
  if (config.scrape_protocols.length > 0) return config.scrape_protocols
  if (global.scrape_protocols.length > 0) return global.scrape_protocols
  return withNative ? ['PrometheusProto', ...TEXT_PROTOCOLS] : TEXT_PROTOCOLS
}

const ESCAPING_SCHEMES = ['allow-utf-8', 'underscores', 'dots', 'values']

function nameSchemesOf(config: ScrapeConfig, global: GlobalConfig) {
  const globalEscaping = global.metric_name_escaping_scheme || escapingFor(validationSchemeOf(global))
  if (!ESCAPING_SCHEMES.includes(globalEscaping)) throw unknownEscaping('global', globalEscaping)
  const isOwn = config.metric_name_validation_scheme !== ''
  const validation = validationSchemeOf(isOwn ? config : global)
  const escaping = config.metric_name_escaping_scheme || (isOwn ? escapingFor(validation) : globalEscaping)
  if (!ESCAPING_SCHEMES.includes(escaping)) throw unknownEscaping('scrape config', escaping)
  if (escaping === 'allow-utf-8' && validation !== 'utf8') {
    throw new ConfigError('utf8 metric names requested but validation scheme is not set to UTF8')
  }
  return { metric_name_validation_scheme: validation, metric_name_escaping_scheme: escaping }
}

function escapingFor(validation: 'utf8' | 'legacy'): string {
  return validation === 'legacy' ? 'underscores' : 'allow-utf-8'
}

function unknownEscaping(where: string, given: string): ConfigError {
  const known = "'allow-utf-8', 'underscores', 'dots', or 'values'"
  return new ConfigError(
    `unknown ${where} name escaping method specified, must be one of ${known}, got ${goQuote(given)}`,
  )
}
