import { type Status, StatusError } from '../api/errors.ts'
import { apiVersionOf } from '../api/kind.ts'
import type { ApiObject } from '../api/object.ts'
import type { ApiRequest, Transport, Watch, WatchEvent, WatchHandler, WatchRequest } from '../api/request.ts'
import type { Network, RequestOptions, ResponseStream } from '../world/network.ts'

/** Where a cluster is, and who we are there. */
export interface HttpTransportOptions {
  readonly network: Network
  readonly url: string
  readonly tls?: RequestOptions['tls']
  /** A bearer token. */
  readonly token?: string
}

const METHODS: Readonly<Record<ApiRequest['verb'], string>> = {
  get: 'GET',
  list: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
}

/** Parameters that travel in the query; the others are DeleteOptions. */
const QUERY = [
  'fieldManager',
  'fieldValidation',
  'force',
  'labelSelector',
  'fieldSelector',
  'metricLabelSelector',
  'limit',
  'continue',
  'resourceVersion',
  'resourceVersionMatch',
] as const

/** Speaks to any Kubernetes API server over HTTP. Failures are the server's own Statuses. */
export class HttpTransport implements Transport {
  readonly #options: HttpTransportOptions

  constructor(options: HttpTransportOptions) {
    this.#options = options
  }

  async send(request: ApiRequest): Promise<unknown> {
    const query = new URLSearchParams()
    for (const name of QUERY) {
      const value = request.options[name]
      if (value !== undefined) query.set(name, String(value))
    }
    if (request.options.dryRun === true) query.set('dryRun', 'All')
    const isDelete = request.verb === 'delete' || request.verb === 'deletecollection'
    const body = isDelete ? deleteOptions(request) : request.body
    const response = await this.#request(pathOf(request), {
      method: METHODS[request.verb],
      query,
      ...(body === undefined ? {} : { body: JSON.stringify(body), type: request.patchType ?? 'application/json' }),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    })
    const text = await textOf(response)
    if (response.status >= 400) throw statusError(response, text)
    return JSON.parse(text) as unknown
  }

  watch(request: WatchRequest, handler: WatchHandler): Watch {
    const stop = new AbortController()
    void this.#follow(request, handler, stop.signal).then(
      () => handler.closed(),
      (error: Error) => handler.closed(stop.signal.aborted ? undefined : error),
    )
    return { stop: () => stop.abort() }
  }

  async #follow(request: WatchRequest, handler: WatchHandler, signal: AbortSignal): Promise<void> {
    const { kind, namespace, name, user: _, ...options } = request
    const query = new URLSearchParams({ watch: 'true' })
    for (const [key, value] of Object.entries(options)) if (value !== undefined) query.set(key, String(value))
    if (name !== undefined) query.set('fieldSelector', `metadata.name=${name}`)
    const response = await this.#request(pathOf({ kind, namespace }), { method: 'GET', query, signal })
    if (response.status >= 400) throw statusError(response, await textOf(response))
    for await (const line of linesOf(response.body)) {
      const { type, object } = JSON.parse(line) as { type: WatchEvent['type'] | 'ERROR'; object: unknown }
      if (type === 'ERROR') throw errorOf(object as Status)
      handler.event({ type, object: object as ApiObject })
    }
  }

  #request(
    path: string,
    options: { method: string; query: URLSearchParams; body?: string; type?: string; signal?: AbortSignal },
  ): Promise<ResponseStream> {
    const { network, url, tls, token } = this.#options
    const { method, query, body, type, signal } = options
    const search = query.size === 0 ? '' : `?${query.toString()}`
    return network.request({
      url: `${url.replace(/\/$/, '')}${path}${search}`,
      method,
      headers: {
        Accept: 'application/json',
        'User-Agent': 'dabba',
        ...(type === undefined ? {} : { 'Content-Type': type }),
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body }),
      ...(tls === undefined ? {} : { tls }),
      ...(signal === undefined ? {} : { signal }),
    })
  }
}

type Place = Pick<ApiRequest, 'kind' | 'namespace' | 'name' | 'subresource' | 'verb'>

function pathOf({
  kind,
  namespace,
  name,
  subresource,
  verb,
}: Pick<Place, 'kind' | 'namespace'> & Partial<Place>): string {
  const root = kind.group === '' ? '/api' : '/apis'
  const home = kind.namespaced && namespace !== undefined ? ['namespaces', namespace] : []
  // A new object has no path of its own; its subresources do.
  const isNew = verb === 'create' && subresource === undefined
  const own = name === undefined || isNew ? [] : [name, ...(subresource === undefined ? [] : [subresource])]
  return `${root}/${[...apiVersionOf(kind).split('/'), ...home, kind.plural, ...own].map(encodeURIComponent).join('/')}`
}

function deleteOptions({ options }: ApiRequest): object {
  const { gracePeriodSeconds, propagationPolicy, preconditions } = options
  return {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(preconditions === undefined ? {} : { preconditions }),
  }
}

async function textOf({ body }: ResponseStream): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines.filter((line) => line !== '')
  }
}

function statusError({ status }: ResponseStream, text: string): StatusError {
  try {
    const parsed = JSON.parse(text) as Partial<Status>
    if (parsed.kind === 'Status') return errorOf(parsed as Status)
  } catch {
    // Not every proxy on the way answers with a Status; its text is all there is to say.
    return new StatusError(status, 'UnexpectedServerResponse', text.slice(0, 2_000))
  }
  return new StatusError(status, 'UnexpectedServerResponse', text.slice(0, 2_000))
}

function errorOf({ code, reason, message, details }: Status): StatusError {
  return new StatusError(code, reason ?? '', message ?? '', details)
}
