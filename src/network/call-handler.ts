import { untilAborted } from '../base/abort.ts'
import { BrokenConnection, checkStatus, type Serve, type ServerRequest } from '../world/answering.ts'
import type { RequestOptions, ResponseStream } from '../world/network.ts'
import { streamOf, textResponse, type WebHandler, type WebRequest } from '../world/web.ts'
import { connectionReset, DialError } from './dial-error.ts'
import type { Address } from './service-endpoints.ts'

/** Who answers a connection: a program by its handler, or a server that may misbehave. */
export type Answering = ProgramAnswering | ServerAnswering

interface ProgramAnswering {
  /** What is spoken there; without certificates, since nothing leaves the process. `http` unless told otherwise. */
  readonly scheme?: 'http' | 'https'
  readonly handler: WebHandler
}

interface ServerAnswering {
  readonly serve: Serve
  readonly protocol: 'HTTP' | 'HTTPS' | 'GRPC' | 'TCP'
}

/** A request that has found whom it is for. */
export type ConnectedRequest = Omit<RequestOptions, 'url'> & { readonly url: URL; readonly from?: string }

/** Carries a request to who answers at an address of this process, and the answer back. */
export async function callHandler(listening: Answering & Address, request: ConnectedRequest): Promise<ResponseStream> {
  const isTls = request.url.protocol === 'https:'
  if (isTls && !speaksTls(listening)) throw new DialError('protocol', 'http: server gave HTTP response to HTTPS client')
  if (!isTls && speaksTls(listening)) {
    // The words of Go's net/http server.
    return streamOf(textResponse(400, 'Client sent an HTTP request to an HTTPS server.\n'))
  }
  return checkStatus(await ('serve' in listening ? callServer(listening, request) : callProgram(listening, request)))
}

/** Whether TLS is spoken there: by name only, since nothing leaves the process. */
export function speaksTls(listening: Answering): boolean {
  return 'serve' in listening ? listening.protocol === 'HTTPS' : listening.scheme === 'https'
}

async function callProgram(listening: ProgramAnswering, request: ConnectedRequest): Promise<ResponseStream> {
  try {
    const answer = listening.handler(webRequest(request))
    // Nobody may wait for it any more.
    return streamOf(await (request.signal === undefined ? answer : untilAborted(answer, request.signal)))
  } catch (error) {
    request.signal?.throwIfAborted()
    return streamOf(textResponse(500, `${(error as Error).message}\n`))
  }
}

async function callServer(listening: ServerAnswering & Address, request: ConnectedRequest): Promise<ResponseStream> {
  const { signal, from } = request
  try {
    return await listening.serve(serverRequest(request))
  } catch (error) {
    signal?.throwIfAborted()
    if (!(error instanceof BrokenConnection)) throw error
    if (error.how === 'reset') throw connectionReset(listening, from ?? '127.0.0.1')
    throw new DialError('protocol', `net/http: HTTP/1.x transport connection broken: ${error.message}`)
  }
}

function serverRequest({ url, method, headers = {}, body, from, signal }: ConnectedRequest): ServerRequest {
  return {
    method,
    target: `${url.pathname}${url.search}`,
    headers: { host: url.host, ...lowered(headers) },
    ...(body !== undefined && { body: bytesOf(body) }),
    ...(from === undefined ? {} : { from }),
    ...(signal === undefined ? {} : { signal }),
  }
}

function webRequest({ url, method, headers = {}, body, signal }: ConnectedRequest): WebRequest {
  const bytes = bytesOf(body ?? '')
  return {
    method,
    path: decodePath(url.pathname),
    query: url.searchParams,
    headers: { host: url.host, ...lowered(headers) },
    body: () => Promise.resolve(bytes),
    ...(signal === undefined ? {} : { signal }),
  }
}

function bytesOf(body: Uint8Array | string): Uint8Array {
  return typeof body === 'string' ? new TextEncoder().encode(body) : body
}

function lowered(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    // Not the escapes of a URL: servers see such a path as it was sent.
    return path
  }
}
