import type { Clock } from '../../world/clock.ts'
import type { HttpClientConfig } from '../config/http-client.ts'
import { collectBody, RequestError, statusText } from './http-body.ts'
import type { ScrapeRequest, ScrapeResponse, ScrapeTransport } from './transport.ts'

const REDIRECTS_MAX = 10
const TOKEN_BYTES_MAX = 1 << 20
/** A token is renewed this long before it ends. */
const TOKEN_MARGIN_MS = 10_000

/** What a client of one configuration needs of the world. */
export interface HttpClientPorts {
  readonly transport: ScrapeTransport
  readonly clock: Pick<Clock, 'now'>
  readText(path: string): Promise<string>
}

/**
 * A transport that does what the configuration says: credentials, certificates, headers, redirects. Files of secrets are read
 * anew for each request, as they are exchanged under way.
 */
export function httpClient(config: HttpClientConfig, ports: HttpClientPorts): ScrapeTransport {
  const token = new Oauth2Token(config, ports)
  return async (request, signal) => {
    const tls = await tlsOf(config.tls_config, ports)
    const authorization = await authorizationOf(config, ports, () => token.get(signal))
    const headers: Record<string, string> = { ...(await headersOf(config, ports)), ...request.headers }
    if (authorization !== undefined) headers['Authorization'] = authorization
    const complete: ScrapeRequest = { ...request, headers, ...(tls !== undefined && { tls }) }
    return config.follow_redirects ? follow(complete, ports.transport, signal) : ports.transport(complete, signal)
  }
}

/** What of a configuration cannot be done here, undefined when all of it can. */
export function unsupportedClient(config: HttpClientConfig): string | undefined {
  if (config.proxy_url !== '' || config.proxy_from_environment) return 'proxies are not supported'
  const { basic_auth: basic, authorization } = config
  const references = [
    basic?.username_ref,
    basic?.password_ref,
    authorization?.credentials_ref,
    config.oauth2?.client_secret_ref,
    config.tls_config.ca_ref,
    config.tls_config.cert_ref,
    config.tls_config.key_ref,
  ]
  if (references.some((name) => name !== undefined && name !== '')) return 'there is no secret manager for …_ref fields'
  const grant = config.oauth2?.grant_type ?? ''
  if (grant !== '' && grant !== 'client_credentials') return `OAuth 2.0 grant type ${grant} is not supported`
  return undefined
}

async function follow(
  request: ScrapeRequest,
  transport: ScrapeTransport,
  signal: AbortSignal,
): Promise<ScrapeResponse> {
  let current = request
  for (let hops = 0; ; hops++) {
    const response = await transport(current, signal)
    const location = response.headers['location']
    if (response.status < 300 || response.status > 399 || location === undefined) return response
    if (hops === REDIRECTS_MAX) throw new RequestError(`stopped after ${REDIRECTS_MAX} redirects`)
    const url = new URL(location, current.url)
    const { Authorization: _, ...others } = current.headers
    // Credentials are for the server that they were configured for.
    const isSameHost = url.host === new URL(current.url).host
    current = { ...current, url: url.href, headers: isSameHost ? current.headers : others }
  }
}

async function tlsOf(
  config: HttpClientConfig['tls_config'],
  { readText }: HttpClientPorts,
): Promise<ScrapeRequest['tls'] | undefined> {
  const part = async (text: string, file: string): Promise<string> => (file === '' ? text : readText(file))
  const ca = await part(config.ca, config.ca_file)
  const cert = await part(config.cert, config.cert_file)
  const key = await part(config.key, config.key_file)
  const insecure = config.insecure_skip_verify
  if (ca === '' && cert === '' && key === '' && !insecure) return undefined
  return {
    ...(ca !== '' && { ca }),
    ...(cert !== '' && { cert }),
    ...(key !== '' && { key }),
    ...(insecure && { insecure }),
  }
}

async function authorizationOf(
  { basic_auth: basic, authorization, oauth2 }: HttpClientConfig,
  { readText }: HttpClientPorts,
  oauth2Token: () => Promise<string>,
): Promise<string | undefined> {
  const secret = async (text: string, file: string): Promise<string> =>
    file === '' ? text : (await readText(file)).trim()
  if (basic !== undefined) {
    const user = await secret(basic.username, basic.username_file)
    const password = await secret(basic.password, basic.password_file)
    return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  }
  if (authorization !== undefined) {
    return `${authorization.type} ${await secret(authorization.credentials, authorization.credentials_file)}`
  }
  return oauth2 === undefined ? undefined : `Bearer ${await oauth2Token()}`
}

async function headersOf(
  { http_headers: headers }: HttpClientConfig,
  { readText }: HttpClientPorts,
): Promise<Record<string, string>> {
  const result: Record<string, string> = {}
  for (const [name, { values, secrets, files }] of Object.entries(headers)) {
    const texts = await Promise.all(files.map(async (file) => (await readText(file)).trim()))
    result[name] = [...values, ...secrets, ...texts].join(', ')
  }
  return result
}

/** A token of the client-credentials grant (RFC 6749, 4.4), kept until it ends. */
class Oauth2Token {
  readonly #config: HttpClientConfig
  readonly #ports: HttpClientPorts
  #token: string | undefined
  #untilMs = 0

  constructor(config: HttpClientConfig, ports: HttpClientPorts) {
    this.#config = config
    this.#ports = ports
  }

  async get(signal: AbortSignal): Promise<string> {
    if (this.#token !== undefined && this.#ports.clock.now() < this.#untilMs) return this.#token
    const { oauth2 } = this.#config
    if (oauth2 === undefined) throw new RequestError('no OAuth 2.0 is configured')
    const secret =
      oauth2.client_secret_file === ''
        ? oauth2.client_secret
        : (await this.#ports.readText(oauth2.client_secret_file)).trim()
    const form = new URLSearchParams({ grant_type: 'client_credentials', ...oauth2.endpoint_params })
    if (oauth2.scopes.length > 0) form.set('scope', oauth2.scopes.join(' '))
    const client = [oauth2.client_id, secret].map(encodeURIComponent).join(':')
    const tls = await tlsOf(oauth2.tls_config, this.#ports)
    const response = await this.#ports.transport(
      {
        method: 'POST',
        url: oauth2.token_url,
        headers: {
          Authorization: `Basic ${Buffer.from(client).toString('base64')}`,
          'Content-Type': 'application/x-www-form-urlencoded',
        },
        body: form.toString(),
        ...(tls !== undefined && { tls }),
      },
      signal,
    )
    const body = Buffer.from(await collectBody(response, { bytesMax: TOKEN_BYTES_MAX, signal })).toString()
    if (response.status !== 200) {
      throw new RequestError(`oauth2: cannot fetch token: ${statusText(response.status)}\nResponse: ${body}`)
    }
    return this.#keep(body)
  }

  #keep(body: string): string {
    const { access_token: token, expires_in: seconds } = JSON.parse(body) as {
      access_token?: unknown
      expires_in?: unknown
    }
    if (typeof token !== 'string' || token === '') {
      throw new RequestError('oauth2: server response missing access_token')
    }
    this.#token = token
    const lifeMs = Number(seconds ?? 0) * 1000
    this.#untilMs = lifeMs > 0 ? this.#ports.clock.now() + lifeMs - TOKEN_MARGIN_MS : Number.POSITIVE_INFINITY
    return token
  }
}
