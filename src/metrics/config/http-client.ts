import {
  always,
  bool,
  ConfigError,
  type ConfigOf,
  list,
  mapOf,
  oneOf,
  optional,
  path,
  secret,
  struct,
  text,
} from './schema.ts'
import { url } from './fields.ts'
import { mismatch } from '../yaml/types.ts'
import type { ConfigType } from './schema.ts'

/** How a server is spoken to over HTTP (prometheus/common: config/http_config.go). */

const TLS_VERSIONS = ['TLS10', 'TLS11', 'TLS12', 'TLS13'] as const

const tlsVersion = oneOf(TLS_VERSIONS, { problem: (given) => `unknown TLS version: ${given}` })

export const TLS_CONFIG = struct(
  'config.plain',
  {
    ca: text(),
    cert: text(),
    key: secret,
    ca_file: path,
    cert_file: path,
    key_file: path,
    ca_ref: text(),
    cert_ref: text(),
    key_ref: text(),
    server_name: text(),
    insecure_skip_verify: always(bool()),
    min_version: tlsVersion,
    max_version: tlsVersion,
  },
  (tls) => {
    atMostOne(
      { ca: tls.ca, ca_file: tls.ca_file, ca_ref: tls.ca_ref },
      'at most one of ca, ca_file & ca_ref must be configured',
    )
    atMostOne(
      { cert: tls.cert, cert_file: tls.cert_file, cert_ref: tls.cert_ref },
      'at most one of cert, cert_file & cert_ref must be configured',
    )
    atMostOne(
      { key: tls.key, key_file: tls.key_file, key_ref: tls.key_ref },
      'at most one of key and key_file must be configured',
    )
    const hasCert = tls.cert + tls.cert_file + tls.cert_ref !== ''
    const hasKey = tls.key + tls.key_file + tls.key_ref !== ''
    if (hasCert && !hasKey)
      throw new ConfigError('exactly one of key or key_file must be configured when a client certificate is configured')
    if (hasKey && !hasCert)
      throw new ConfigError('exactly one of cert or cert_file must be configured when a client key is configured')
    if (tls.min_version !== '' && tls.max_version !== '' && tls.min_version > tls.max_version) {
      throw new ConfigError(
        'tls_config.max_version must be greater than or equal to tls_config.min_version if both are specified',
      )
    }
    return tls
  },
)

/** Left out of print as long as nothing in it is set. */
export const TLS: typeof TLS_CONFIG = {
  ...TLS_CONFIG,
  isZero: (tls) => Object.values(tls).every((value) => value === '' || value === false),
}

const BASIC_AUTH = struct('config.plain', {
  username: text(),
  username_file: path,
  username_ref: text(),
  password: secret,
  password_file: path,
  password_ref: text(),
})

const AUTHORIZATION = struct('config.Authorization', {
  type: text(),
  credentials: secret,
  credentials_file: path,
  credentials_ref: text(),
})

const PROXY_FIELDS = {
  proxy_url: url,
  no_proxy: text(),
  proxy_from_environment: bool(),
  proxy_connect_header: mapOf(list(secret)),
}

/** Any YAML at all: only whether it is there is of interest. */
const anything: ConfigType<Readonly<Record<string, unknown>>> = {
  absent: {},
  zero: {},
  isZero: (value) => Object.keys(value).length === 0,
  print: (value) => value,
  read(node, report) {
    if (node.kind !== 'map') return mismatch(node, 'map[string]interface {}', report)
    return Object.fromEntries(
      node.entries.map(({ key, value }) => [key.text, value.kind === 'scalar' ? value.text : value.kind]),
    )
  },
}

const OAUTH2 = struct(
  'config.plain',
  {
    client_id: text(),
    client_secret: secret,
    client_secret_file: path,
    client_secret_ref: text(),
    client_certificate_key_id: text(),
    client_certificate_key: secret,
    client_certificate_key_file: path,
    client_certificate_key_ref: text(),
    grant_type: text(),
    signature_algorithm: text(),
    iss: text(),
    audience: text(),
    claims: anything,
    scopes: list(text()),
    token_url: text(),
    endpoint_params: mapOf(text()),
    tls_config: TLS,
    ...PROXY_FIELDS,
  },
  (oauth2) => {
    checkProxy(oauth2)
    return oauth2
  },
)

const HTTP_HEADER = struct('config.plain', {
  values: list(text()),
  secrets: list(secret),
  files: list(path),
})

const TRUE = always(bool(true))

/** To be spread among the fields of what is spoken to. */
export const HTTP_CLIENT_FIELDS = {
  basic_auth: optional(BASIC_AUTH),
  authorization: optional(AUTHORIZATION),
  oauth2: optional(OAUTH2),
  bearer_token: secret,
  bearer_token_file: path,
  tls_config: TLS,
  follow_redirects: TRUE,
  enable_http2: TRUE,
  ...PROXY_FIELDS,
  http_headers: mapOf(HTTP_HEADER),
}

/** Remote write speaks HTTP/1.1 unless told otherwise. */
export const REMOTE_WRITE_CLIENT_FIELDS = { ...HTTP_CLIENT_FIELDS, enable_http2: always(bool()) }

export type HttpClientConfig = {
  readonly [Name in keyof typeof HTTP_CLIENT_FIELDS]: ConfigOf<(typeof HTTP_CLIENT_FIELDS)[Name]>
}
export type TlsConfig = ConfigOf<typeof TLS_CONFIG>
type Oauth2 = ConfigOf<typeof OAUTH2>

/** Is nothing said but what holds anyhow? */
export function isDefaultHttpClient(config: HttpClientConfig): boolean {
  return Object.entries(HTTP_CLIENT_FIELDS).every(([name, type]) => {
    const value = config[name as keyof HttpClientConfig]
    return type === TRUE ? value === true : (type as ConfigType<unknown>).isZero(value)
  })
}

/** The same with a bearer token told as `authorization`. Throws a `ConfigError` for what contradicts itself. */
export function checkHttpClient<Config extends HttpClientConfig>(config: Config): Config {
  const { basic_auth, authorization, oauth2, bearer_token, bearer_token_file } = config
  const hasBearer = bearer_token !== '' || bearer_token_file !== ''
  if (bearer_token !== '' && bearer_token_file !== '') {
    throw new ConfigError('at most one of bearer_token & bearer_token_file must be configured')
  }
  if ((basic_auth !== undefined || oauth2 !== undefined) && hasBearer) {
    throw new ConfigError('at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured')
  }
  if (basic_auth !== undefined) checkBasicAuth(basic_auth)
  if (authorization !== undefined)
    checkAuthorization(authorization, { hasBearer, hasOther: basic_auth !== undefined || oauth2 !== undefined })
  if (oauth2 !== undefined) checkOauth2(oauth2, basic_auth !== undefined)
  checkProxy(config)
  checkHeaders(config.http_headers)
  if (authorization !== undefined) {
    return { ...config, authorization: { ...authorization, type: authorization.type.trim() || 'Bearer' } }
  }
  if (!hasBearer) return config
  return {
    ...config,
    bearer_token: '',
    bearer_token_file: '',
    authorization: {
      type: 'Bearer',
      credentials: bearer_token,
      credentials_file: bearer_token_file,
      credentials_ref: '',
    },
  }
}

function checkBasicAuth(auth: ConfigOf<typeof BASIC_AUTH>): void {
  const { username, username_file, username_ref, password, password_file, password_ref } = auth
  atMostOne(
    { username, username_file, username_ref },
    'at most one of basic_auth username, username_file & username_ref must be configured',
  )
  atMostOne(
    { password, password_file, password_ref },
    'at most one of basic_auth password, password_file & password_ref must be configured',
  )
}

function checkAuthorization(
  { type, credentials, credentials_file, credentials_ref }: ConfigOf<typeof AUTHORIZATION>,
  { hasBearer, hasOther }: { hasBearer: boolean; hasOther: boolean },
): void {
  if (hasBearer) throw new ConfigError('authorization is not compatible with bearer_token & bearer_token_file')
  atMostOne(
    { credentials, credentials_file, credentials_ref },
    'at most one of authorization credentials & credentials_file must be configured',
  )
  if (type.trim().toLowerCase() === 'basic') {
    throw new ConfigError('authorization type cannot be set to "basic", use "basic_auth" instead')
  }
  if (hasOther) throw new ConfigError('at most one of basic_auth, oauth2 & authorization must be configured')
}

function checkOauth2(oauth2: Oauth2, hasBasicAuth: boolean): void {
  if (hasBasicAuth) throw new ConfigError('at most one of basic_auth, oauth2 & authorization must be configured')
  if (oauth2.client_id === '') throw new ConfigError('oauth2 client_id must be configured')
  if (oauth2.token_url === '') throw new ConfigError('oauth2 token_url must be configured')
  const { client_secret, client_secret_file, client_secret_ref } = oauth2
  atMostOne(
    { client_secret, client_secret_file, client_secret_ref },
    'at most one of oauth2 client_secret, client_secret_file & client_secret_ref must be configured using grant-type=client_credentials',
  )
}

function checkProxy(config: {
  proxy_url: string
  no_proxy: string
  proxy_from_environment: boolean
  proxy_connect_header: object
}): void {
  const { proxy_url, no_proxy, proxy_from_environment } = config
  if (Object.keys(config.proxy_connect_header).length > 0 && !proxy_from_environment && proxy_url === '') {
    throw new ConfigError(
      'if proxy_connect_header is configured, proxy_url or proxy_from_environment must also be configured',
    )
  }
  if (proxy_from_environment && proxy_url !== '') {
    throw new ConfigError('if proxy_from_environment is configured, proxy_url must not be configured')
  }
  if (proxy_from_environment && no_proxy !== '') {
    throw new ConfigError('if proxy_from_environment is configured, no_proxy must not be configured')
  }
  if (proxy_url === '' && no_proxy !== '') {
    throw new ConfigError('if no_proxy is configured, proxy_url must also be configured')
  }
}

/** Headers that the client sets itself (prometheus/common: config/headers.go). */
const RESERVED_HEADERS: ReadonlySet<string> = new Set(
  (
    'authorization host content-encoding content-length content-type user-agent connection keep-alive proxy-authenticate ' +
    'proxy-authorization www-authenticate accept-encoding x-prometheus-remote-write-version ' +
    'x-prometheus-remote-read-version x-prometheus-scrape-timeout-seconds x-amz-date x-amz-security-token x-amz-content-sha256'
  ).split(' '),
)

function checkHeaders(headers: HttpClientConfig['http_headers']): void {
  for (const name of Object.keys(headers)) {
    if (RESERVED_HEADERS.has(name.toLowerCase()))
      throw new ConfigError(`setting header ${JSON.stringify(name)} is not allowed`)
  }
}

function atMostOne(values: Readonly<Record<string, string>>, problem: string): void {
  if (Object.values(values).filter((value) => value !== '').length > 1) throw new ConfigError(problem)
}
