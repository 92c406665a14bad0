import { labelSet, RELABEL_RULE, url } from './fields.ts'
import { checkHttpClient, HTTP_CLIENT_FIELDS, REMOTE_WRITE_CLIENT_FIELDS } from './http-client.ts'
import {
  always,
  bool,
  ConfigError,
  type ConfigOf,
  count,
  duration,
  int,
  list,
  mapOf,
  optional,
  path,
  secret,
  struct,
  text,
} from './schema.ts'

/** Where samples are sent to and read from (prometheus: config/config.go RemoteWriteConfig, RemoteReadConfig). */

const QUEUE_CONFIG = struct('config.QueueConfig', {
  capacity: int(10_000),
  max_shards: int(50),
  min_shards: int(1),
  max_samples_per_send: int(2_000),
  batch_send_deadline: duration(5_000),
  min_backoff: duration(30),
  max_backoff: duration(5_000),
  retry_on_http_429: bool(),
  sample_age_limit: duration(),
})

const METADATA_CONFIG = struct('config.MetadataConfig', {
  send: always(bool(true)),
  send_interval: always(duration(60_000)),
  max_samples_per_send: int(2_000),
})

export const SIGV4 = struct('sigv4.plain', {
  region: text(),
  access_key: text(),
  secret_key: secret,
  profile: text(),
  role_arn: text(),
  external_id: text(),
  use_fips_sts_endpoint: bool(),
  service_name: text(),
})

const AZURE_AD = struct('azuread.AzureADConfig', {
  managed_identity: optional(struct('azuread.ManagedIdentityConfig', { client_id: text() })),
  workload_identity: optional(
    struct('azuread.WorkloadIdentityConfig', { client_id: text(), tenant_id: text(), token_file_path: path }),
  ),
  oauth: optional(struct('azuread.OAuthConfig', { client_id: text(), client_secret: secret, tenant_id: text() })),
  sdk: optional(struct('azuread.SDKConfig', { tenant_id: text() })),
  cloud: text(),
  scope: text(),
})

const GOOGLE_IAM = struct('googleiam.Config', { credentials_file: path })

export const PROTOBUF_MESSAGES = ['prometheus.WriteRequest', 'io.prometheus.write.v2.Request'] as const

export const REMOTE_WRITE_CONFIG = struct(
  'config.plain',
  {
    url: always(url),
    remote_timeout: duration(30_000),
    headers: mapOf(text()),
    write_relabel_configs: list(RELABEL_RULE, {
      nullProblem: 'empty or null relabeling rule in remote write config',
    }),
    name: text(),
    send_exemplars: bool(),
    send_native_histograms: bool(),
    round_robin_dns: bool(),
    protobuf_message: text(PROTOBUF_MESSAGES[0]),
    failed_request_logging: bool(),
    ...REMOTE_WRITE_CLIENT_FIELDS,
    queue_config: QUEUE_CONFIG,
    metadata_config: METADATA_CONFIG,
    sigv4: optional(SIGV4),
    azuread: optional(AZURE_AD),
    google_iam: optional(GOOGLE_IAM),
  },
  (config) => {
    if (config.url === '') throw new ConfigError('url for remote_write is empty')
    checkHeaders(config.headers, REMOTE_AUTHORIZATION)
    if (!PROTOBUF_MESSAGES.some((name) => name === config.protobuf_message)) {
      throw new ConfigError(
        `invalid protobuf_message value: unknown type for remote write protobuf message ${config.protobuf_message}, ` +
          `supported: ${PROTOBUF_MESSAGES.join(', ')}`,
      )
    }
    const checked = checkHttpClient(config)
    checkQueue(config.queue_config)
    const ways = AUTHORIZATIONS.filter((name) => checked[name] !== undefined)
    if (ways.length > 1) {
      throw new ConfigError(
        'at most one of basic_auth, authorization, oauth2, sigv4, azuread or google_iam must be configured. ' +
          `Currently configured: [${ways.join(' ')}]`,
      )
    }
    return checked
  },
)

export type RemoteWriteConfig = ConfigOf<typeof REMOTE_WRITE_CONFIG>

export const REMOTE_READ_CONFIG = struct(
  'config.plain',
  {
    url: always(url),
    remote_timeout: duration(60_000),
    chunked_read_limit: count(50_000_000),
    headers: mapOf(text()),
    read_recent: bool(),
    name: text(),
    ...HTTP_CLIENT_FIELDS,
    required_matchers: labelSet,
    filter_external_labels: bool(true),
  },
  (config) => {
    if (config.url === '') throw new ConfigError('url for remote_read is empty')
    checkHeaders(config.headers, REMOTE_AUTHORIZATION)
    return checkHttpClient(config)
  },
)

export type RemoteReadConfig = ConfigOf<typeof REMOTE_READ_CONFIG>

const AUTHORIZATIONS = ['basic_auth', 'authorization', 'oauth2', 'sigv4', 'azuread', 'google_iam'] as const

const REMOTE_AUTHORIZATION =
  'authorization header must be changed via the basic_auth, authorization, oauth2, sigv4, azuread or google_iam parameter'

const RESERVED_HEADERS: ReadonlySet<string> = new Set(
  (
    'host content-encoding content-length content-type user-agent connection keep-alive proxy-authenticate ' +
    'proxy-authorization www-authenticate accept-encoding x-prometheus-remote-write-version ' +
    'x-prometheus-remote-read-version x-amz-date x-amz-security-token x-amz-content-sha256'
  ).split(' '),
)

/** Headers that requests have anyhow; `aboutAuthorization` says where else to write that one. */
export function checkHeaders(headers: Readonly<Record<string, string>>, aboutAuthorization: string): void {
  for (const name of Object.keys(headers)) {
    if (name.toLowerCase() === 'authorization') throw new ConfigError(aboutAuthorization)
    if (RESERVED_HEADERS.has(name.toLowerCase())) {
      throw new ConfigError(`${name} is a reserved header. It must not be changed`)
    }
  }
}

function checkQueue(queue: ConfigOf<typeof QUEUE_CONFIG>): void {
  const problems: readonly (readonly [boolean, string])[] = [
    [queue.max_shards <= 0, 'max_shards must be positive'],
    [queue.min_shards <= 0, 'min_shards must be positive'],
    [queue.min_shards > queue.max_shards, 'min_shards must not be greater than max_shards'],
    [queue.max_samples_per_send <= 0, 'max_samples_per_send must be positive'],
    [queue.capacity <= 0, 'capacity must be positive'],
    [queue.max_backoff < queue.min_backoff, 'max_backoff must not be less than min_backoff'],
  ]
  for (const [holds, problem] of problems) if (holds) throw new ConfigError(`remote write queue ${problem}`)
}
