import type { Kind } from '../../api/kind.ts'
import { badRequest, StatusError } from '../../api/errors.ts'
import { messageOf } from '../../base/message-of.ts'
import type { RequestOptions, ResponseStream } from '../../world/network.ts'
import type { HttpCall } from './http-call.ts'
import { ProxyTargets } from './proxy-targets.ts'
import { readBody } from './read-body.ts'
import type { ResourceInfo } from './request-info.ts'

/** Carries requests to pods and nodes: whoever runs the cluster's network fills this port. */
export type ProxyTransport = (options: RequestOptions) => Promise<ResponseStream>

/** What concerns one connection only (RFC 9110, section 7.6.1), or the API server alone. */
const NOT_PASSED = new Set([
  'authorization',
  'connection',
  'content-length',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** …/proxy of pods, services and nodes: the request goes on to what they stand for (k8s.io/apimachinery pkg/util/proxy). */
export class Proxy {
  readonly #transport: ProxyTransport
  readonly #targets = new ProxyTargets()

  constructor(transport: ProxyTransport) {
    this.#transport = transport
  }

  async answer(call: HttpCall, kind: Kind, info: ResourceInfo): Promise<void> {
    const { request, response, url, server } = call
    const base = this.#targets.of(kind, info, server.context)
    const { prefix, path } = split(url.pathname)
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (path === '' && isRead) {
      // So that the links of pages, which count from their directory, lead somewhere.
      response.writeHead(301, { Location: `${prefix}/${url.search}` }).end()
      return
    }
    const left = new AbortController()
    response.once('close', () => left.abort(new Error('the client went away')))
    const body = isRead ? undefined : await readBody(request)
    const answer = await this.#reach({
      method: request.method ?? 'GET',
      url: `${base}${path === '' ? '/' : path}${url.search}`,
      headers: passed(request.headers, { prefix, host: request.headers.host ?? '' }),
      ...(body === undefined ? {} : { body }),
      signal: left.signal,
    })
    await pass(answer, { response, prefix, base, hasBody: request.method !== 'HEAD' })
  }

  async #reach(options: RequestOptions): Promise<ResponseStream> {
    try {
      return await this.#transport(options)
    } catch (error) {
      throw new StatusError(503, 'ServiceUnavailable', `error trying to reach service: ${messageOf(error)}`)
    }
  }
}

/** What leads to the proxy, and what is asked of the one behind it, as it was written. */
function split(pathname: string): { readonly prefix: string; readonly path: string } {
  const [, prefix = '', path = ''] =
    /^(\/api\/[^/]+(?:\/namespaces\/[^/]+)?\/(?:pods|services|nodes)\/[^/]+\/proxy)(\/.*)?$/.exec(pathname) ?? []
  if (prefix === '') throw badRequest(`no proxy at ${JSON.stringify(pathname)}`)
  return { prefix, path }
}

function passed(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  { prefix, host }: { readonly prefix: string; readonly host: string },
): Record<string, string> {
  const kept: Record<string, string> = {
    'X-Forwarded-Uri': prefix,
    'X-Forwarded-Host': host,
    'X-Forwarded-Proto': 'https',
  }
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !NOT_PASSED.has(name))
      kept[name] = Array.isArray(value) ? value.join(', ') : String(value)
  }
  return kept
}

async function pass(
  { status, headers, body }: ResponseStream,
  about: {
    readonly response: HttpCall['response']
    readonly prefix: string
    readonly base: string
    readonly hasBody: boolean
  },
): Promise<void> {
  const { response, prefix, base, hasBody } = about
  const kept = Object.entries(headers).filter(([name]) => !NOT_PASSED.has(name.toLowerCase()))
  const moved = kept.map(([name, value]) => [name, name === 'location' ? inProxy(value, prefix, base) : value])
  response.writeHead(status, Object.fromEntries(moved) as Record<string, string>)
  for await (const chunk of body) {
    if (response.destroyed) return
    if (hasBody && !response.write(chunk)) await drained(response)
  }
  response.end()
}

/** A redirect within the target leads through the proxy again. */
function inProxy(location: string, prefix: string, base: string): string {
  if (location.startsWith('/')) return `${prefix}${location}`
  return location.startsWith(`${base}/`) ? `${prefix}${location.slice(base.length)}` : location
}

function drained(response: HttpCall['response']): Promise<void> {
  return new Promise((resolve) => {
    response.once('drain', () => resolve())
    response.once('close', () => resolve())
  })
}
