import type { IncomingMessage, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'

/** Smaller bodies are not worth compressing (k8s.io/apiserver pkg/endpoints/handlers/responsewriters). */
const GZIP_MIN_BYTES = 128 * 1024

export interface Reply {
  readonly code: number
  readonly type: string
  readonly body: string | Uint8Array
  readonly headers?: Readonly<Record<string, string | string[]>>
}

/** Writes a complete reply, compressed when it is large and the client takes that. */
export function respond(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  // A request that took too long was answered already.
  if (response.headersSent) return
  const bytes = typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body
  const takesGzip = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')
  const isLarge = takesGzip && bytes.length >= GZIP_MIN_BYTES
  const body = isLarge ? gzipSync(bytes, { level: 1 }) : bytes
  response.writeHead(reply.code, {
    'Content-Type': reply.type,
    'Cache-Control': 'no-cache, private',
    ...(isLarge ? { 'Content-Encoding': 'gzip' } : {}),
    'Content-Length': String(body.length),
    ...reply.headers,
  })
  response.end(body)
}

export function respondJson(
  request: IncomingMessage,
  response: ServerResponse,
  options: { code?: number; value: object; type?: string },
): void {
  const { code = 200, value, type = 'application/json' } = options
  respond(request, response, { code, type, body: `${JSON.stringify(value)}\n` })
}
