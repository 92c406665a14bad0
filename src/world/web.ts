import type { ResponseStream } from './network.ts'

/** A request, whoever brought it: a socket, or another part of this process. */
export interface WebRequest {
  readonly method: string
  /** Decoded; below the prefix under which the whole is served. */
  readonly path: string
  readonly query: URLSearchParams
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  body(): Promise<Uint8Array>
  readonly signal?: AbortSignal
}

export interface WebResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

export type WebHandler = (request: WebRequest) => Promise<WebResponse>

export function textResponse(status: number, body: string): WebResponse {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body }
}

/** The same as an answer that is read as it comes: its body is one piece. */
export function streamOf({ status, headers, body }: WebResponse): ResponseStream {
  return { status, headers, body: onePiece(typeof body === 'string' ? new TextEncoder().encode(body) : body) }
}

/** A body that is there already; empty, it has no piece at all. */
async function* onePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes
}

/** What a form sent in the URL, or in the body of a POST: both count, the body first, as Go's `FormValue` has it. */
export async function formOf(request: WebRequest): Promise<URLSearchParams> {
  const { method, headers, query } = request
  const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true
  if (method !== 'POST' || !isForm) return query
  const form = new URLSearchParams(new TextDecoder().decode(await request.body()))
  for (const [name, value] of query) form.append(name, value)
  return form
}
