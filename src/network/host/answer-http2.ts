import { BrokenConnection, GARBAGE, type Serve } from '../../world/answering.ts'
import type { Http2ServerOptions, Http2ServerStream } from '../../world/http2.ts'
import type { HostSocket, Sockets } from '../../world/sockets.ts'

export interface AnsweringStreams {
  readonly serve: Serve
  /** The caller as policies see it. */
  readonly from: string | undefined
}

export interface StreamDeps {
  readonly sockets: Pick<Sockets, 'acceptHttp2'>
  onError(error: Error): void
}

const LIMITS: Http2ServerOptions = {
  streamsMax: 100,
  headersMax: 100,
  headersBytesMax: 60 * 1024,
  windowBytes: 1024 * 1024,
  resetsBurst: 1_000,
  resetsPerSecond: 100,
}
/** The largest message that servers of gRPC take unless they are told otherwise, and some more for its frame. */
const BODY_BYTES_MAX = 4 * 1024 * 1024 + 5
/** RFC 9113, section 7. */
const INTERNAL_ERROR = 2
const ENHANCE_YOUR_CALM = 11

/** Lets a server of the cluster answer what comes on a connection of the host in HTTP/2, with prior knowledge. */
export function answerHttp2(socket: HostSocket, answering: AnsweringStreams, deps: StreamDeps): void {
  const session = deps.sockets.acceptHttp2(socket, LIMITS)
  // What breaks off is over: there is nobody to tell.
  session.on('error', () => socket.destroy())
  session.on('stream', (stream, headers) => void answerStream(stream, { headers, socket, ...answering, ...deps }))
}

async function answerStream(
  stream: Http2ServerStream,
  about: AnsweringStreams & {
    readonly headers: Readonly<Record<string, string | string[] | undefined>>
    readonly socket: HostSocket
    onError(error: Error): void
  },
): Promise<void> {
  const { headers, socket, serve, from, onError } = about
  const gone = new AbortController()
  stream.on('error', () => undefined)
  stream.once('close', () => gone.abort(new Error('the client went away')))
  try {
    const body = await bodyOf(stream)
    if (body === undefined) return stream.close(ENHANCE_YOUR_CALM)
    const { ':method': method = 'POST', ':path': target = '/', ':authority': host = '', ...others } = headers
    const answer = await serve({
      method: String(method),
      target: String(target),
      headers: { host: String(host), ...flat(others) },
      body,
      ...(from !== undefined && { from }),
      signal: gone.signal,
    })
    const { status, headers: fields, trailers } = answer
    stream.respond(
      { ':status': status, ...fields },
      { endStream: answer.isHeadOnly === true, waitForTrailers: trailers !== undefined },
    )
    stream.once('wantTrailers', () => stream.sendTrailers({ ...trailers?.() }))
    if (answer.isHeadOnly === true) return
    for await (const part of answer.body) if (!stream.write(part)) await drained(stream)
    stream.end()
  } catch (error) {
    if (gone.signal.aborted) return
    if (!(error instanceof BrokenConnection)) onError(error as Error)
    if (!(error instanceof BrokenConnection)) stream.close(INTERNAL_ERROR)
    else if (error.how === 'garbage') socket.end(GARBAGE)
    else socket.resetAndDestroy()
  }
}

/** Undefined where it is more than is taken. */
async function bodyOf(stream: Http2ServerStream): Promise<Uint8Array | undefined> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of stream as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > BODY_BYTES_MAX) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts)
}

function flat(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !name.startsWith(':')) found[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return found
}

function drained(stream: Http2ServerStream): Promise<void> {
  return new Promise((resolve) => {
    stream.once('drain', () => resolve())
    stream.once('close', () => resolve())
  })
}
