import type { Http2ServerStream } from '../../../world/http2.ts'
import { ownBytes } from '../../../world/read-buffer.ts'
import type { IncomingRequest } from '../../exchange/steps.ts'
import { type HeaderList, NO_HEADERS } from '../../route/header-list.ts'
import type { ClientStream, RequestReader } from '../streams.ts'
import { Alarm, type TimerWheel } from '../timer-wheel.ts'
import { fieldRecord, readFields, responseFields, sendTrailers } from './header-fields.ts'
import { ERROR_CODE, FLAG_END_STREAM, isBrokenConnection } from './protocol.ts'

/** envoyproxy/envoy source/common/http/http2/codec_impl.cc `Http2ResponseCodeDetailValues`. */
const MESSAGING_VIOLATION = 'http2.violation.of.messaging.rule'
/** How long a client that has its answer may go on sending its request. */
const LINGER_MS = 1_000

/** One request of a client, on a stream of its connection. */
export class Http2ClientRequest implements ClientStream {
  readonly request: IncomingRequest
  readonly hasBody: boolean
  reader: RequestReader | undefined
  readonly #stream: Http2ServerStream
  readonly #wheel: TimerWheel
  readonly #lingering = new Alarm(() => this.#stream.close(ERROR_CODE.none))
  #requestTrailers: HeaderList = NO_HEADERS
  /** Set once the answer is whole: a stream that is reset must not look like one that ended. */
  #responseTrailers: HeaderList | undefined
  #isReading = false
  #isRead: boolean
  /** No more is to be said to the client. */
  #isAnswered = false
  #error: Error | undefined

  constructor(
    stream: Http2ServerStream,
    head: { readonly raw: readonly string[]; readonly flags: number; readonly scheme: 'http' | 'https' },
    wheel: TimerWheel,
  ) {
    this.#stream = stream
    this.#wheel = wheel
    const { pseudo, headers, host } = readFields(head.raw)
    this.request = {
      method: pseudo[':method'] ?? '',
      scheme: head.scheme,
      authority: pseudo[':authority'] ?? host ?? '',
      target: pseudo[':path'] ?? '',
      headers,
      version: 'HTTP/2',
    }
    this.hasBody = (head.flags & FLAG_END_STREAM) === 0
    this.#isRead = !this.hasBody
    stream.on('trailers', (_named, _flags, raw: string[]) => (this.#requestTrailers = raw))
    stream.on('end', () => this.#onEnd())
    stream.on('drain', () => this.reader?.onClientDrain())
    stream.on('wantTrailers', () => {
      if (this.#responseTrailers !== undefined) sendTrailers(stream, this.#responseTrailers)
    })
    // Told by `close`, which follows.
    stream.on('error', (error) => (this.#error = error))
    stream.on('close', () => this.#onClose())
    // A request without a body has an end to be heard all the same.
    if (!this.hasBody) stream.resume()
  }

  resume(): void {
    if (!this.#isReading && this.hasBody) {
      this.#isReading = true
      this.#stream.on('data', (bytes: Buffer) => this.reader?.onRequestData(bytes))
    }
    this.#stream.resume()
  }

  pause(): void {
    this.#stream.pause()
  }

  sendInformational(status: number, headers: HeaderList): void {
    const { headersSent, closed, destroyed } = this.#stream
    if (headersSent || closed || destroyed) return
    try {
      this.#stream.additionalHeaders({ ':status': status, ...fieldRecord(headers) })
    } catch {
      // What cannot be said in HTTP/2 is left out: the answer itself follows.
    }
  }

  sendHead(status: number, headers: HeaderList, isWhole: boolean): void {
    if (this.#stream.destroyed || !this.#respond(status, headers, isWhole)) return
    if (isWhole) this.#finish()
  }

  sendData(bytes: Buffer): boolean {
    return this.#stream.writable && this.#stream.write(ownBytes(bytes))
  }

  sendEnd(trailers: HeaderList): void {
    this.#responseTrailers = trailers
    if (this.#stream.writable) this.#stream.end()
    this.#finish()
  }

  /** The library gathers what leaves in one turn. */
  flush(): void {}

  respond(answer: { readonly status: number; readonly headers: HeaderList; readonly body: string | Buffer }): void {
    const { status, headers, body } = answer
    const isWhole = body.length === 0
    if (this.#stream.destroyed || !this.#respond(status, headers, isWhole)) return
    this.#responseTrailers = NO_HEADERS
    if (!isWhole && this.#stream.writable) this.#stream.end(body)
    this.#finish()
  }

  reset(): void {
    this.#detach()
    this.#stream.close(ERROR_CODE.internal)
  }

  /** False where what was to be said cannot be said in HTTP/2; the client then sees a reset. */
  #respond(status: number, headers: HeaderList, isWhole: boolean): boolean {
    try {
      this.#stream.respond(responseFields(status, headers), isWhole ? { endStream: true } : { waitForTrailers: true })
      return true
    } catch {
      this.reader?.onClientGone()
      this.reset()
      return false
    }
  }

  #onEnd(): void {
    if (this.#isRead) return
    this.#isRead = true
    this.#wheel.clear(this.#lingering)
    this.reader?.onRequestEnd(this.#requestTrailers)
  }

  #onClose(): void {
    this.#wheel.clear(this.#lingering)
    const reader = this.reader
    this.#detach()
    const violation = this.#violation
    if (violation === undefined) reader?.onClientGone()
    else reader?.onRequestMalformed(violation, false)
  }

  /**
   * What the library says of a client that breaks the rules: of the connection, or of its request. Who resets for that reason
   * is told the same way; a client would, of an answer.
   */
  get #violation(): string | undefined {
    const error = this.#error
    if (error === undefined) return undefined
    if (isBrokenConnection(error)) return `codec_error:${error.message.replaceAll(/\s/g, '_')}`
    const { rstCode, headersSent } = this.#stream
    return rstCode === ERROR_CODE.protocol && !headersSent ? MESSAGING_VIOLATION : undefined
  }

  #finish(): void {
    if (this.#isAnswered) return
    this.#detach()
    if (this.#isRead) return
    // The rest of the request is let pass, for a while.
    this.#wheel.set(this.#lingering, LINGER_MS)
    this.#stream.on('data', () => undefined)
    this.#stream.resume()
  }

  #detach(): void {
    this.#isAnswered = true
    this.reader = undefined
  }
}
