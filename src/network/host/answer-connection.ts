import type { IncomingMessage, ServerResponse } from 'node:http'
import { BrokenConnection, GARBAGE, type Serve } from '../../world/answering.ts'
import type { HttpConnections } from '../../world/http-connections.ts'
import { answerWeb } from '../../world/serve-web.ts'
import type { HostSocket } from '../../world/sockets.ts'
import type { Listening } from '../cluster-network.ts'
import { answerHttp2, type StreamDeps } from './answer-http2.ts'

export interface AnswerDeps extends StreamDeps {
  readonly http: HttpConnections
}

/** Lets one who listens in the cluster answer a connection of the host. `from` is the caller as policies see it. */
export function answerConnection(
  socket: HostSocket,
  { listening, from }: { readonly listening: Listening; readonly from: string | undefined },
  { http, sockets, onError }: AnswerDeps,
): void {
  // What breaks off is over: there is nobody to tell.
  socket.on('error', () => undefined)
  if ('serve' in listening) {
    if (listening.protocol === 'TCP') {
      socket.on('end', () => socket.end())
      socket.resume()
      return
    }
    if (listening.protocol === 'GRPC')
      return answerHttp2(socket, { serve: listening.serve, from }, { sockets, onError })
    http.take(socket, (request, response) => void answerServer(request, response, { ...listening, from, onError }))
    return
  }
  const { handler } = listening
  http.take(socket, (request, response) => void answerWeb({ request, response }, handler, { onError }))
}

async function answerServer(
  request: IncomingMessage,
  response: ServerResponse,
  about: { readonly serve: Serve; readonly from: string | undefined; onError(error: Error): void },
): Promise<void> {
  const { serve, from, onError } = about
  const gone = new AbortController()
  response.once('close', () => gone.abort(new Error('the client went away')))
  // A simulated server does not read what it is sent.
  request.resume()
  try {
    const answer = await serve({
      method: request.method ?? 'GET',
      target: request.url ?? '/',
      headers: headersOf(request),
      ...(from === undefined ? {} : { from }),
      signal: gone.signal,
    })
    response.writeHead(answer.status, answer.headers)
    for await (const chunk of answer.body) if (!response.write(chunk)) await drained(response)
    response.end()
  } catch (error) {
    if (gone.signal.aborted) return
    if (!(error instanceof BrokenConnection)) onError(error as Error)
    breakOff(request.socket, error)
  }
}

function breakOff(socket: IncomingMessage['socket'], error: unknown): void {
  if (error instanceof BrokenConnection && error.how === 'garbage') socket.end(GARBAGE)
  else socket.resetAndDestroy()
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  const flat: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return flat
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    response.once('drain', () => resolve())
    response.once('close', () => resolve())
  })
}
