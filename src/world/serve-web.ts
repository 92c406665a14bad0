import type { IncomingMessage, ServerResponse } from 'node:http'
import { gzip } from 'node:zlib'
import type { Listener, Network } from './network.ts'
import type { WebHandler, WebRequest, WebResponse } from './web.ts'

/** What a request may bring at most, unless told otherwise. */
const BODY_BYTES_MAX = 64 * 2 ** 20
/** Shorter answers are not worth packing. */
const GZIP_BYTES_MIN = 1_024

export interface ServeWebOptions {
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  readonly bodyBytesMax?: number
  /** Told of failures of the handler, which are answered with 500. */
  onError(error: Error): void
}

/** Serves a handler on a socket. */
export function serveWeb(network: Network, handler: WebHandler, options: ServeWebOptions): Promise<Listener> {
  const { host, port } = options
  return network.listen({
    host,
    port,
    onRequest: (request, response) => void answerWeb({ request, response }, handler, options),
  })
}

/** Answers one request; failures of the handler with 500. */
export async function answerWeb(
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
  handler: WebHandler,
  { bodyBytesMax = BODY_BYTES_MAX, onError }: Pick<ServeWebOptions, 'bodyBytesMax' | 'onError'>,
): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort(new Error('the client went away')))
  try {
    const answer = await handler(webRequest(request, { signal: gone.signal, bodyBytesMax }))
    await send(response, answer, request.headers['accept-encoding'] ?? '')
  } catch (error) {
    // Who broke off, within the request too, is not told, and nothing has failed here.
    if (gone.signal.aborted || error === request.errored) return
    const status = error instanceof Refused ? error.status : 500
    if (status === 500) onError(error as Error)
    if (!response.headersSent) response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' })
    response.end(`${(error as Error).message}\n`)
  }
}

/** A request that does not get as far as the handler; its body is not read to its end. */
class Refused extends Error {
  override readonly name = 'Refused'
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

function webRequest(
  request: IncomingMessage,
  { signal, bodyBytesMax }: { readonly signal: AbortSignal; readonly bodyBytesMax: number },
): WebRequest {
  const target = request.url ?? '/'
  const url = URL.parse(target, 'http://localhost')
  if (url === null) throw new Refused(400, `invalid request target ${JSON.stringify(target)}`)
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value
  }
  let body: Promise<Uint8Array> | undefined
  return {
    method: request.method ?? 'GET',
    path: decodePath(url.pathname),
    query: url.searchParams,
    headers,
    body: () => (body ??= readBody(request, bodyBytesMax)),
    signal,
  }
}

/** A path with broken escapes names nothing, and is taken as it stands. */
function decodePath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

async function readBody(request: IncomingMessage, bytesMax: number): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > bytesMax) throw new Refused(413, `the body is longer than ${bytesMax} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

async function send(response: ServerResponse, { status, headers, body }: WebResponse, accepts: string): Promise<void> {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  if (bytes.length < GZIP_BYTES_MIN || !/\bgzip\b/.test(accepts) || headers['content-encoding'] !== undefined) {
    response.writeHead(status, { ...headers, 'content-length': String(bytes.length) })
    response.end(bytes)
    return
  }
  const packed = await new Promise<Buffer>((resolve, reject) => {
    gzip(bytes, { level: 1 }, (error, result) => (error === null ? resolve(result) : reject(error)))
  })
  const packing = { 'content-encoding': 'gzip', vary: 'Accept-Encoding', 'content-length': String(packed.length) }
  response.writeHead(status, { ...headers, ...packing })
  response.end(packed)
}
