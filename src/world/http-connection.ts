import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Duplex, duplexPair } from 'node:stream'
import type { RequestOptions, ResponseStream } from './network.ts'

const http = process.getBuiltinModule('node:http')

/** What a request may bring at most: it is read before it is handed on. */
const BODY_BYTES_MAX = 64 * 2 ** 20

export interface HttpConnectionOptions {
  /** Scheme, host and port of the server: what stands before the path of every request. */
  readonly base: string
  /** Answers a request; a rejection breaks the connection off, as a server that dies does. */
  answer(request: RequestOptions): Promise<ResponseStream>
}

/** A connection to a server that is a function: bytes of HTTP/1.1 go in, and answers come out. */
export function httpConnection(options: HttpConnectionOptions): Duplex {
  const [near, far] = duplexPair()
  const server = http.createServer((request, response) => {
    relay({ request, response }, options).catch((error: Error) => response.destroy(error))
  })
  server.emit('connection', far)
  return near
}

async function relay(
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
  { base, answer }: HttpConnectionOptions,
): Promise<void> {
  const left = new AbortController()
  response.once('close', () => left.abort(new Error('the client went away')))
  const method = request.method ?? 'GET'
  const body = await readBody(request)
  const answered = await answer({
    url: `${base}${request.url ?? '/'}`,
    method,
    headers: plainHeaders(request),
    ...(body.length === 0 ? {} : { body }),
    signal: left.signal,
  })
  response.writeHead(answered.status, ownHeaders(answered.headers))
  for await (const chunk of answered.body) {
    if (response.destroyed) return
    if (method !== 'HEAD' && !response.write(chunk)) await drained(response)
  }
  response.end()
}

/** What concerned the connection behind is said anew of this one. */
const OF_CONNECTION = new Set(['connection', 'keep-alive', 'transfer-encoding'])

function ownHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_CONNECTION.has(name.toLowerCase())))
}

async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > BODY_BYTES_MAX) throw new Error(`the body is longer than ${BODY_BYTES_MAX} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function plainHeaders({ headers }: IncomingMessage): Record<string, string> {
  const plain: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) plain[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return plain
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    response.once('drain', () => resolve())
    response.once('close', () => resolve())
  })
}
