import { untilAborted } from '../base/abort.ts'
import type { RequestOptions, ResponseStream } from '../world/network.ts'
import { textResponse, type WebHandler, type WebRequest, type WebResponse } from '../world/web.ts'
import { DialError } from './dial-error.ts'

/** Who answers a connection. */
export interface Answering {
  /** What is spoken there; without certificates, since nothing leaves the process. `http` unless told otherwise. */
  readonly scheme?: 'http' | 'https'
  readonly handler: WebHandler
}

/** A request that has found whom it is for. */
export type ConnectedRequest = Omit<RequestOptions, 'url'> & { readonly url: URL }

/** Carries a request to a handler of this process, and its answer back. */
export async function callHandler(
  { scheme = 'http', handler }: Answering,
  request: ConnectedRequest,
): Promise<ResponseStream> {
  const isTls = request.url.protocol === 'https:'
  if (isTls && scheme === 'http') throw new DialError('http: server gave HTTP response to HTTPS client')
  // The words of Go's net/http server.
  if (!isTls && scheme === 'https') {
    return streamOf(textResponse(400, 'Client sent an HTTP request to an HTTPS server.\n'))
  }
  try {
    const answer = handler(webRequest(request))
    // Nobody may wait for it any more.
    return streamOf(await (request.signal === undefined ? answer : untilAborted(answer, request.signal)))
  } catch (error) {
    request.signal?.throwIfAborted()
    return streamOf(textResponse(500, `${(error as Error).message}\n`))
  }
}

function webRequest({ url, method, headers = {}, body, signal }: ConnectedRequest): WebRequest {
  const lowered = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : (body ?? new Uint8Array(0))
  return {
    method,
    path: decodePath(url.pathname),
    query: url.searchParams,
    headers: { host: url.host, ...lowered },
    body: () => Promise.resolve(bytes),
    ...(signal === undefined ? {} : { signal }),
  }
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    // Not the escapes of a URL: servers see such a path as it was sent.
    return path
  }
}

function streamOf({ status, headers, body }: WebResponse): ResponseStream {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
  return { status, headers, body: once(bytes) }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes
}
