import { anything, bool, checked, list, mapOf, object, text, type TypeOf } from '../../yaml/types.ts'

const PROXY = {
  proxy_url: text,
  no_proxy: text,
  proxy_from_environment: bool,
  proxy_connect_header: anything,
}

export const tlsConfig = object('config.plain', {
  ca: text,
  cert: text,
  key: text,
  ca_file: text,
  cert_file: text,
  key_file: text,
  ca_ref: text,
  cert_ref: text,
  key_ref: text,
  server_name: text,
  insecure_skip_verify: bool,
  min_version: text,
  max_version: text,
})
export type TlsConfig = TypeOf<typeof tlsConfig>

const basicAuth = object('config.plain', {
  username: text,
  username_file: text,
  username_ref: text,
  password: text,
  password_file: text,
  password_ref: text,
})

const authorization = object('config.plain', {
  type: text,
  credentials: text,
  credentials_file: text,
  credentials_ref: text,
})

const oauth2 = object('config.plain', {
  client_id: text,
  client_secret: text,
  client_secret_file: text,
  client_secret_ref: text,
  client_certificate_key_id: text,
  client_certificate_key: text,
  client_certificate_key_file: text,
  client_certificate_key_ref: text,
  grant_type: text,
  signature_algorithm: text,
  iss: text,
  audience: text,
  claims: anything,
  scopes: list(text),
  token_url: text,
  endpoint_params: mapOf(text),
  tls_config: tlsConfig,
  ...PROXY,
})

const fields = object('config.plain', {
  basic_auth: basicAuth,
  authorization,
  oauth2,
  bearer_token: text,
  bearer_token_file: text,
  tls_config: tlsConfig,
  follow_redirects: bool,
  enable_http2: bool,
  http_headers: anything,
  ...PROXY,
})
export type HttpConfig = TypeOf<typeof fields>

/** How a client speaks HTTP (prometheus/common config/http_config.go). */
export const httpConfig = checked(fields, httpProblem)

function httpProblem(config: HttpConfig): string | undefined {
  const {
    basic_auth: basic,
    authorization: auth,
    oauth2: oauth,
    bearer_token: token,
    bearer_token_file: tokenFile,
  } = config
  const hasBearer = isSet(token) || isSet(tokenFile)
  if (isSet(token) && isSet(tokenFile)) return 'at most one of bearer_token & bearer_token_file must be configured'
  if ((basic !== undefined || oauth !== undefined) && hasBearer) {
    return 'at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured'
  }
  if (isSet(basic?.username) && isSet(basic?.username_file)) {
    return 'at most one of basic_auth username, username_file & username_ref must be configured'
  }
  if (isSet(basic?.password) && isSet(basic?.password_file)) {
    return 'at most one of basic_auth password, password_file & password_ref must be configured'
  }
  if (auth !== undefined) {
    if (hasBearer) return 'authorization is not compatible with bearer_token & bearer_token_file'
    if (isSet(auth.credentials) && isSet(auth.credentials_file)) {
      return 'at most one of authorization credentials & credentials_file must be configured'
    }
    if (auth.type?.trim().toLowerCase() === 'basic') {
      return 'authorization type cannot be set to "basic", use "basic_auth" instead'
    }
    if (basic !== undefined || oauth !== undefined) {
      return 'at most one of basic_auth, oauth2 & authorization must be configured'
    }
  }
  if (oauth === undefined) return undefined
  if (basic !== undefined) return 'at most one of basic_auth, oauth2 & authorization must be configured'
  if (!isSet(oauth.client_id)) return 'oauth2 client_id must be configured'
  return isSet(oauth.token_url) ? undefined : 'oauth2 token_url must be configured'
}

export function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== ''
}
