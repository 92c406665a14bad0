import type { ResponseStream } from '../../world/network.ts'
import { ownBytes } from '../../world/read-buffer.ts'
import type { IncomingRequest } from '../exchange/steps.ts'
import { type HeaderList, headerRecordOf, NO_HEADERS } from '../route/header-list.ts'
import type { ClientStream, RequestReader } from '../sockets/streams.ts'

/** A proxy closed the connection without an answer, in the words of Go's HTTP client. */
export class ConnectionClosed extends Error {
  readonly how = 'reset'

  constructor(message = 'EOF') {
    super(message)
  }
}

/** So much of an answer may wait for its reader. */
const WAITING_BYTES_MAX = 256 * 1024

/**
 * A client in this process: its request is there whole, and the answer is read as it comes.
 *
 * Invariants:
 *  1. The reader is told nothing while it calls.
 *  2. After the answer's end, its loss, or the client's leaving, nothing is told any more.
 */
export class InProcessClient implements ClientStream {
  readonly request: IncomingRequest
  readonly hasBody: boolean
  readonly #body: Buffer
  readonly #answer = Promise.withResolvers<ResponseStream>()
  readonly #parts: Buffer[] = []
  #reader: RequestReader | undefined
  #waitingBytes = 0
  #more = Promise.withResolvers<void>()
  #failure: Error | undefined
  #trailers: HeaderList = NO_HEADERS
  #isSent = false
  #isRunning = false
  #isWhole = false
  #isOver = false

  constructor(request: IncomingRequest, body: Uint8Array) {
    this.request = request
    this.#body = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
    this.hasBody = body.length > 0
  }

  /** Of who carries the request out; before it starts. */
  attach(reader: RequestReader): void {
    this.#reader = reader
  }

  /** Rejects with a `ConnectionClosed`, or the signal's reason. */
  async answer(signal?: AbortSignal): Promise<ResponseStream> {
    if (signal === undefined) return this.#answer.promise
    const leave = (): void => this.#leave(signal.reason as Error)
    if (signal.aborted) leave()
    else signal.addEventListener('abort', leave, { once: true })
    return this.#answer.promise
  }

  resume(): void {
    this.#isRunning = true
    if (!this.#isSent) queueMicrotask(() => this.#sendBody())
  }

  pause(): void {
    this.#isRunning = false
  }

  sendInformational(): void {
    // Nobody in this process waits to be told to go on.
  }

  sendHead(status: number, headers: HeaderList, isWhole: boolean): void {
    this.#isWhole = isWhole
    if (isWhole) this.#isOver = true
    this.#answer.resolve({
      status,
      headers: headerRecordOf(headers),
      body: this.#read(),
      trailers: () => headerRecordOf(this.#trailers),
      isHeadOnly: isWhole && this.#parts.length === 0,
    })
  }

  sendData(bytes: Buffer): boolean {
    this.#parts.push(ownBytes(bytes))
    this.#waitingBytes += bytes.length
    this.#wake()
    return this.#waitingBytes < WAITING_BYTES_MAX
  }

  sendEnd(trailers: HeaderList): void {
    this.#trailers = trailers
    this.#isWhole = true
    this.#isOver = true
    this.#wake()
  }

  flush(): void {
    // Every piece can be read at once.
  }

  respond({ status, headers, body }: Parameters<ClientStream['respond']>[0]): void {
    if (body.length > 0) this.sendData(typeof body === 'string' ? Buffer.from(body) : body)
    this.sendHead(status, headers, true)
  }

  reset(): void {
    this.#isOver = true
    this.#failure = new ConnectionClosed()
    this.#answer.reject(this.#failure)
    this.#wake()
  }

  #sendBody(): void {
    if (this.#isSent || this.#isOver || !this.#isRunning) return
    this.#isSent = true
    this.#reader?.onRequestData(this.#body)
    if (!this.#isOver) this.#reader?.onRequestEnd(NO_HEADERS)
  }

  async *#read(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const part = this.#parts.shift()
        if (part !== undefined) {
          this.#drained(part.length)
          yield part
        } else if (this.#failure !== undefined) {
          throw new ConnectionClosed('unexpected EOF')
        } else if (this.#isWhole) {
          return
        } else {
          await this.#more.promise
        }
      }
    } finally {
      this.#leave(new ConnectionClosed())
    }
  }

  #drained(count: number): void {
    const wasFull = this.#waitingBytes >= WAITING_BYTES_MAX
    this.#waitingBytes -= count
    if (wasFull && this.#waitingBytes < WAITING_BYTES_MAX && !this.#isOver) this.#reader?.onClientDrain()
  }

  #wake(): void {
    this.#more.resolve()
    this.#more = Promise.withResolvers()
  }

  #leave(reason: Error): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#failure = reason
    this.#answer.reject(reason)
    this.#wake()
    this.#reader?.onClientGone()
  }
}
