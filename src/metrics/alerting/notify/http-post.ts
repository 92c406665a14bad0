import { isAbsolute, join } from 'node:path'
import type { Disk } from '../../../world/disk.ts'
import type { Network, RequestOptions } from '../../../world/network.ts'
import { ConfigError } from '../config/config-error.ts'
import { type HttpConfig, isSet } from '../config/http-config.ts'
import { NotifyError } from './notifier.ts'

/** Bodies of answers are shown in messages: as much of them as one cares to read. */
const ANSWER_SHOWN_MAX = 1_000

export interface PostContext {
  readonly network: Network
  readonly disk: Disk
  /** The folder of the configuration: names of files are relative to it. */
  readonly folder: string
}

export interface PostRequest {
  readonly url: string
  readonly body: string
  readonly http: HttpConfig
}

export interface PostAnswer {
  readonly status: number
  readonly body: string
}

/** Refuses what a configuration asks for and this program has not. */
export function checkHttpConfig(http: HttpConfig, where: string): void {
  for (const field of ['oauth2', 'proxy_url', 'proxy_connect_header'] as const) {
    if (http[field] !== undefined) throw new ConfigError(`${where}: http_config.${field} is not supported here`)
  }
  if (http.proxy_from_environment === true) {
    throw new ConfigError(`${where}: http_config.proxy_from_environment is not supported here`)
  }
}

/** Posts JSON. Rejects with a temporary `NotifyError` when there is no answer. */
export async function postJson(request: PostRequest, context: PostContext, signal: AbortSignal): Promise<PostAnswer> {
  const { url, body, http } = request
  const headers = {
    'content-type': 'application/json',
    'user-agent': USER_AGENT,
    ...(await authorization(http, context)),
  }
  try {
    const tls = await tlsOf(http, context)
    const options: RequestOptions = { url, method: 'POST', headers, body, signal, ...(tls !== undefined && { tls }) }
    const answer = await context.network.request(options)
    let text = ''
    const decoder = new TextDecoder()
    for await (const chunk of answer.body)
      if (text.length < ANSWER_SHOWN_MAX) text += decoder.decode(chunk, { stream: true })
    return { status: answer.status, body: text.slice(0, ANSWER_SHOWN_MAX) }
  } catch (failure) {
    // A signal has its own reason, which says more than that something was cut off.
    const cause: unknown = signal.aborted ? signal.reason : failure
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new NotifyError(message, { isTemporary: true, cause: failure })
  }
}

const USER_AGENT = 'Alertmanager/dabba'

/** Fails for every answer but success; what the other side may mend is tried again. */
export function checkAnswer({ status, body }: PostAnswer, retried: readonly number[] = []): void {
  if (status >= 200 && status < 300) return
  const isTemporary = status >= 500 || retried.includes(status)
  throw new NotifyError(`unexpected status code ${status}${body === '' ? '' : `: ${body}`}`, { isTemporary })
}

/** What a file of the configuration holds, without the line's end. */
export async function readSecret(path: string, { disk, folder }: PostContext): Promise<string> {
  return (await disk.readText(isAbsolute(path) ? path : join(folder, path))).trim()
}

async function secretOf(
  value: string | undefined,
  file: string | undefined,
  context: PostContext,
): Promise<string | undefined> {
  if (isSet(value)) return value
  return isSet(file) ? await readSecret(file, context) : undefined
}

async function authorization(http: HttpConfig, context: PostContext): Promise<Record<string, string>> {
  const { basic_auth: basic, authorization: auth } = http
  if (basic !== undefined) {
    const user = (await secretOf(basic.username, basic.username_file, context)) ?? ''
    const password = (await secretOf(basic.password, basic.password_file, context)) ?? ''
    return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }
  }
  const credentials = await secretOf(auth?.credentials, auth?.credentials_file, context)
  if (credentials !== undefined) return { authorization: `${isSet(auth?.type) ? auth.type : 'Bearer'} ${credentials}` }
  const token = await secretOf(http.bearer_token, http.bearer_token_file, context)
  return token === undefined ? {} : { authorization: `Bearer ${token}` }
}

async function tlsOf(
  { tls_config: tls }: HttpConfig,
  context: PostContext,
): Promise<RequestOptions['tls'] | undefined> {
  if (tls === undefined) return undefined
  const ca = await secretOf(tls.ca, tls.ca_file, context)
  const cert = await secretOf(tls.cert, tls.cert_file, context)
  const key = await secretOf(tls.key, tls.key_file, context)
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(tls.insecure_skip_verify === true && { insecure: true }),
  }
}
