import { SCRAPE_PROTOCOLS, type ScrapeProtocol } from '../exposition/open-exposition.ts'
import type { NameValidationScheme } from '../model/names.ts'
import { checkLabels, labelSet, size } from './fields.ts'
import {
  bool,
  ConfigError,
  type ConfigOf,
  count,
  duration,
  list,
  oneOf,
  optional,
  path,
  quoted,
  struct,
  text,
} from './schema.ts'

const DEFAULT_SCRAPE_INTERVAL_MS = 60_000
const DEFAULT_SCRAPE_TIMEOUT_MS = 10_000
const DEFAULT_EVALUATION_INTERVAL_MS = 60_000

export const nameValidationScheme = oneOf(['utf8', 'legacy'], {
  problem: (given) => `unrecognized ValidationScheme: ${quoted(given)}`,
})

/** How many things there may be, and how long their names: 0 is without limit. */
export const LIMIT_FIELDS = {
  body_size_limit: size(),
  sample_limit: count(),
  target_limit: count(),
  label_limit: count(),
  label_name_length_limit: count(),
  label_value_length_limit: count(),
}

export const GLOBAL_CONFIG = struct(
  'config.plain',
  {
    scrape_interval: duration(),
    scrape_timeout: duration(),
    scrape_protocols: list(text()),
    evaluation_interval: duration(),
    rule_query_offset: duration(),
    query_log_file: path,
    scrape_failure_log_file: path,
    external_labels: labelSet,
    ...LIMIT_FIELDS,
    keep_dropped_targets: count(),
    metric_name_validation_scheme: nameValidationScheme,
    metric_name_escaping_scheme: text(),
    scrape_native_histograms: optional(bool()),
    convert_classic_histograms_to_nhcb: bool(),
    always_scrape_classic_histograms: bool(),
    extra_scrape_metrics: optional(bool()),
  },
  (config) => {
    const scheme = validationSchemeOf(config)
    checkLabels(config.external_labels, scheme)
    const interval = config.scrape_interval || DEFAULT_SCRAPE_INTERVAL_MS
    if (config.scrape_timeout > interval) throw new ConfigError('global scrape timeout greater than scrape interval')
    if (config.scrape_protocols.length > 0) checkProtocols(config.scrape_protocols, 'for global config')
    return {
      ...config,
      metric_name_validation_scheme: scheme,
      scrape_interval: interval,
      scrape_timeout: config.scrape_timeout || Math.min(DEFAULT_SCRAPE_TIMEOUT_MS, interval),
      evaluation_interval: config.evaluation_interval || DEFAULT_EVALUATION_INTERVAL_MS,
      scrape_native_histograms: config.scrape_native_histograms ?? false,
      extra_scrape_metrics: config.extra_scrape_metrics ?? false,
    }
  },
)

export type GlobalConfig = ConfigOf<typeof GLOBAL_CONFIG>

/** What holds when the file has no `global` section, or an empty one. */
export const DEFAULT_GLOBAL_CONFIG: GlobalConfig = {
  ...GLOBAL_CONFIG.absent,
  scrape_interval: DEFAULT_SCRAPE_INTERVAL_MS,
  scrape_timeout: DEFAULT_SCRAPE_TIMEOUT_MS,
  evaluation_interval: DEFAULT_EVALUATION_INTERVAL_MS,
  metric_name_validation_scheme: 'utf8',
  metric_name_escaping_scheme: 'allow-utf-8',
  scrape_native_histograms: false,
  extra_scrape_metrics: false,
}

export function validationSchemeOf(config: {
  readonly metric_name_validation_scheme: NameValidationScheme | ''
}): NameValidationScheme {
  return config.metric_name_validation_scheme === 'legacy' ? 'legacy' : 'utf8'
}

/** Which formats are asked for, best first; the message ends with `where`. */
export function checkProtocols(protocols: readonly string[], where: string): void {
  const seen = new Set<string>()
  for (const protocol of protocols) {
    if (seen.has(protocol.toLowerCase())) {
      throw new ConfigError(`duplicated protocol in scrape_protocols, got [${protocols.join(' ')}] ${where}`)
    }
    if (!isScrapeProtocol(protocol)) throw new ConfigError(`scrape_protocols: ${unknownProtocol(protocol)} ${where}`)
    seen.add(protocol.toLowerCase())
  }
}

export function isScrapeProtocol(name: string): name is ScrapeProtocol {
  return Object.hasOwn(SCRAPE_PROTOCOLS, name)
}

export function unknownProtocol(name: string): string {
  return `unknown scrape protocol ${name}, supported: [${Object.keys(SCRAPE_PROTOCOLS).sort().join(' ')}]`
}
