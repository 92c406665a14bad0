import { size } from './fields.ts'
import { TLS } from './http-client.ts'
import { checkHeaders } from './remote-config.ts'
import {
  bool,
  ConfigError,
  duration,
  float,
  int,
  list,
  mapOf,
  oneOf,
  optional,
  quoted,
  struct,
  text,
} from './schema.ts'

export const RUNTIME_CONFIG = struct('config.RuntimeConfig', { gogc: int(75) })

const RETENTION = struct('config.plain', { time: duration(), size: size(), percentage: float() }, (retention) => {
  if (retention.size < 0) {
    throw new ConfigError(
      `'storage.tsdb.retention.size' must be greater than or equal to 0, got ${String(retention.size)}`,
    )
  }
  if (retention.percentage < 0 || retention.percentage > 100) {
    throw new ConfigError(
      `'storage.tsdb.retention.percentage' must be in the range [0, 100], got ${retention.percentage}`,
    )
  }
  return retention
})

const CHUNK_ENCODING = struct('config.ChunkEncodingConfig', {
  floats: oneOf(['xor', 'xor2'], {
    problem: (given) =>
      "'storage.tsdb.chunk_encoding.floats' must be 'xor' or 'xor2', or the field must be omitted entirely, got " +
      quoted(given),
  }),
})

export const STORAGE_CONFIG = struct('config.StorageConfig', {
  tsdb: optional(
    struct('config.plain', {
      out_of_order_time_window: duration(),
      stale_series_compaction_threshold: float(),
      chunk_encoding: CHUNK_ENCODING,
      retention: RETENTION,
    }),
  ),
  exemplars: optional(struct('config.ExemplarsConfig', { max_exemplars: int() })),
})

export const TRACING_CONFIG = struct(
  'config.plain',
  {
    client_type: oneOf(['http', 'grpc'], {
      absent: 'grpc',
      problem: (given) => `expected tracing client type to be to be http or grpc, but got ${given}`,
    }),
    endpoint: text(),
    sampling_fraction: float(),
    insecure: bool(),
    tls_config: TLS,
    headers: mapOf(text()),
    compression: text(),
    timeout: duration(),
  },
  (config) => {
    checkHeaders(config.headers, 'custom authorization header configuration is not yet supported')
    if (config.endpoint === '') throw new ConfigError('tracing endpoint must be set')
    if (config.compression !== '' && config.compression !== 'gzip') {
      throw new ConfigError(`invalid compression type ${config.compression} provided, valid options: gzip`)
    }
    return config
  },
)

/** How names and labels of OTLP metrics become ours (github.com/prometheus/otlptranslator). */
export const TRANSLATION_STRATEGIES = [
  'UnderscoreEscapingWithSuffixes',
  'UnderscoreEscapingWithoutSuffixes',
  'NoUTF8EscapingWithSuffixes',
  'NoTranslation',
] as const

export const OTLP_CONFIG = struct(
  'config.plain',
  {
    promote_all_resource_attributes: bool(),
    promote_resource_attributes: list(text()),
    ignore_resource_attributes: list(text()),
    translation_strategy: text(TRANSLATION_STRATEGIES[0]),
    keep_identifying_resource_attributes: bool(),
    convert_histograms_to_nhcb: bool(),
    promote_scope_metadata: bool(),
    label_name_underscore_sanitization: bool(true),
    label_name_preserve_multiple_underscores: bool(true),
  },
  (config) => {
    if (config.promote_all_resource_attributes) {
      if (config.promote_resource_attributes.length > 0) {
        throw new ConfigError(
          "'promote_all_resource_attributes' and 'promote_resource_attributes' cannot be configured simultaneously",
        )
      }
      checkAttributes(config.ignore_resource_attributes, { name: 'ignore_resource_attributes', adjective: 'ignored' })
    } else {
      if (config.ignore_resource_attributes.length > 0) {
        throw new ConfigError(
          "'ignore_resource_attributes' cannot be configured unless 'promote_all_resource_attributes' is true",
        )
      }
      checkAttributes(config.promote_resource_attributes, {
        name: 'promote_resource_attributes',
        adjective: 'promoted',
      })
    }
    return {
      ...config,
      promote_resource_attributes: config.promote_resource_attributes.map((name) => name.trim()),
      ignore_resource_attributes: config.ignore_resource_attributes.map((name) => name.trim()),
    }
  },
)

function checkAttributes(attributes: readonly string[], field: { name: string; adjective: string }): void {
  const problems: string[] = []
  const seen = new Set<string>()
  for (const attribute of attributes.map((each) => each.trim())) {
    if (attribute === '') problems.push(`empty ${field.adjective} OTel resource attribute`)
    else if (seen.has(attribute)) {
      problems.push(`duplicated ${field.adjective} OTel resource attribute ${quoted(attribute)}`)
    }
    seen.add(attribute)
  }
  if (problems.length > 0) throw new ConfigError(`invalid '${field.name}': ${problems.join('\n')}`)
}
