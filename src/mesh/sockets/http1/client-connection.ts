import { ownBytes } from '../../../world/read-buffer.ts'
import type { ByteSocket, Sockets } from '../../../world/sockets.ts'
import type { HttpExchange, IncomingRequest, RefusedRequest } from '../../exchange/steps.ts'
import { ExchangeRunner, type RunnerContext } from '../exchange-runner.ts'
import { Alarm } from '../timer-wheel.ts'
import { BodyReader } from './body-reader.ts'
import { ClientRequest } from './client-request.ts'
import { HeadCarry } from './head-carry.ts'
import type { HeadScanner } from './head-scanner.ts'
import { responseHeadText } from './head-writer.ts'
import { readRequestHead, type RequestHead } from './request-head.ts'
import { reasonOf } from './reasons.ts'
import { CODEC_ERROR, CUT_OFF, refusalDetails } from './refusal.ts'
import { Outlet } from './outlet.ts'

/** What all connections of clients share. */
export interface ClientContext extends RunnerContext {
  readonly sockets: Pick<Sockets, 'readInPlace' | 'gatheredWriter'>
  readonly scanner: HeadScanner
  readonly limits: ClientLimits
  onClosed(connection: ClientConnection): void
  /** A request that was refused before it got to an exchange. */
  onRefused?(refused: RefusedRequest): void
}

export interface ClientLimits {
  /** How long a request's head may take to come, from its first byte on. 0: as long as it likes. */
  readonly headTimeoutMs: number
  /** How long a connection may wait for its next request. 0: as long as it likes. */
  readonly idleTimeoutMs: number
}

/** How long a connection that is at its end waits for the client to have read the last answer: Envoy's `delayed_close_timeout`. */
const LINGER_MS = 1_000

/**
 * A client's connection, on which requests follow one another; what comes before its turn waits unread.
 *
 * Invariants:
 *  1. The next request begins after the last one's answer has been handed to the socket whole, and its body has been read.
 *  2. After a request that was refused, or whose body was not read to its end, no other follows.
 *  3. At most one piece of what the socket has read is held back, and the socket is paused meanwhile.
 *  4. A client that does not take its answers gets no further requests answered.
 */
export class ClientConnection {
  readonly socket: ByteSocket
  readonly outlet: Outlet
  isDraining = false
  readonly #context: ClientContext
  readonly #scheme: 'http' | 'https'
  readonly #exchangeOf: (request: IncomingRequest) => HttpExchange
  readonly #carry = new HeadCarry()
  readonly #body: BodyReader
  readonly #alarm = new Alarm(() => this.#onAlarm())
  #request: ClientRequest | undefined
  /** What has come and waits for its turn. */
  #held: Buffer | undefined
  #isReading = false
  #isAtEnd = false
  #isGone = false

  constructor(
    socket: ByteSocket,
    options: { readonly scheme: 'http' | 'https'; exchange(request: IncomingRequest): HttpExchange },
    context: ClientContext,
  ) {
    this.socket = socket
    this.outlet = new Outlet(socket, context.sockets)
    this.#context = context
    this.#scheme = options.scheme
    this.#exchangeOf = (request) => options.exchange(request)
    this.#body = new BodyReader(context.scanner)
    context.sockets.readInPlace(socket, (bytes) => this.#onData(bytes))
    socket.on('drain', () => this.#onDrain())
    socket.on('end', () => this.#onEnd())
    socket.on('error', () => this.#onGone())
    socket.on('close', () => this.#onGone())
  }

  /** `first`: what has been read of the connection already. */
  start(first?: Buffer): void {
    this.#rest()
    if (first !== undefined) this.#onData(first)
    if (this.#held === undefined && !this.#isGone) this.socket.resume()
  }

  /** Lets the request that is under way finish, or that has begun to come, and closes. */
  drain(): void {
    this.isDraining = true
    const isIdle = this.#request === undefined && this.#held === undefined && this.#carry.isEmpty
    if (isIdle) this.destroy()
  }

  destroy(): void {
    this.outlet.destroy()
    this.#onGone()
  }

  onBody(bytes: Buffer): void {
    this.#request?.reader?.onRequestData(bytes)
  }

  onResume(): void {
    this.#goOn()
  }

  onSwitched(): void {
    this.#body.begin('until-close', 0)
  }

  onAnswered(request: ClientRequest): void {
    if (this.#request !== request) return
    this.#request = undefined
    if (!request.keepsAlive || !request.isRead || this.isDraining) return this.#finish()
    this.#rest()
    this.#goOn()
  }

  #onData(bytes: Buffer): void {
    if (this.#isAtEnd) return
    if (this.#held !== undefined) {
      // A socket that is paused may have read once more.
      this.#held = Buffer.concat([this.#held, bytes])
      return
    }
    this.#readAll(bytes)
  }

  /** What was held back may have its turn now. */
  #goOn(): void {
    if (this.#isReading || this.#isGone) return
    const held = this.#held
    this.#held = undefined
    if (held !== undefined) this.#readAll(held)
    if (this.#held === undefined && this.socket.isPaused()) this.socket.resume()
  }

  #readAll(bytes: Buffer): void {
    this.#isReading = true
    let at = 0
    while (at < bytes.length && !this.#isAtEnd) {
      const request = this.#request
      if (request === undefined && !this.outlet.isWritable) break
      if (request === undefined) at = this.#readHead(bytes, at)
      else if (request.isRead || request.isPaused) break
      else at = this.#readBody(request, bytes, at)
    }
    this.#isReading = false
    if (at === bytes.length || this.#isAtEnd) return
    this.#held = ownBytes(at === 0 ? bytes : bytes.subarray(at))
    this.socket.pause()
  }

  #readHead(bytes: Buffer, at: number): number {
    const { scanner, wheel, limits } = this.#context
    const wasEmpty = this.#carry.isEmpty
    const { scanned, bytes: head } = this.#carry.scan(scanner, bytes, at, 'request')
    if (scanned === 'incomplete') {
      if (wasEmpty && limits.headTimeoutMs > 0) wheel.set(this.#alarm, limits.headTimeoutMs)
      return bytes.length
    }
    wheel.clear(this.#alarm)
    const request = scanned === 'complete' ? readRequestHead(scanner, head, this.#scheme) : scanner.refusedStatus
    if (typeof request === 'number') {
      this.#refuse(request, { details: refusalDetails(request, scanner) })
      return bytes.length
    }
    const end = this.#carry.consumedTo(scanner)
    this.#begin(request)
    return end
  }

  #begin(head: RequestHead): void {
    const { method, headers } = head.request
    if (method === 'CONNECT' || (head.asksToUpgrade && !isWebSocket(headers))) {
      return this.#refuse(403, { details: 'upgrade_failed', request: head.request })
    }
    this.#body.begin(head.framing, head.bodyBytes)
    const request = new ClientRequest(head, this)
    this.#request = request
    const runner = new ExchangeRunner(this.#exchangeOf(head.request), request, this.#context)
    request.reader = runner
    runner.start()
  }

  #readBody(request: ClientRequest, bytes: Buffer, at: number): number {
    const end = this.#body.read(bytes, at, this)
    if (this.#request !== request) return end
    if (this.#body.isRefused) {
      if (request.reader === undefined) this.destroy()
      else request.reader.onRequestMalformed(CODEC_ERROR, true)
      return bytes.length
    }
    if (this.#body.isComplete) {
      request.isRead = true
      request.reader?.onRequestEnd(this.#body.trailers)
    }
    return end
  }

  /** Waits for the next request. */
  #rest(): void {
    const { wheel, limits } = this.#context
    if (limits.idleTimeoutMs > 0) wheel.set(this.#alarm, limits.idleTimeoutMs)
  }

  /** Between two requests the client is just left; one that has begun to speak is told that it took too long. */
  #onAlarm(): void {
    if (this.#isAtEnd || this.#carry.isEmpty) this.destroy()
    else this.#refuse(408, { details: 'request_header_timeout', tookMs: this.#context.limits.headTimeoutMs })
  }

  #refuse(
    status: number,
    { request, details, tookMs = 0 }: Pick<RefusedRequest, 'details' | 'request'> & { readonly tookMs?: number },
  ): void {
    const body = status === 403 ? '' : reasonOf(status)
    const headers = ['content-length', String(body.length), ...(body === '' ? [] : ['content-type', 'text/plain'])]
    this.outlet.writeText(responseHeadText(status, headers, { connection: 'close', isChunked: false }) + body)
    const responseBytes = body.length
    this.#context.onRefused?.({ status, details, responseBytes, tookMs, ...(request !== undefined && { request }) })
    this.#finish()
  }

  /** What has been written still leaves; what comes is not read any more, but taken, lest the client see a reset first. */
  #finish(): void {
    this.#isAtEnd = true
    this.#held = undefined
    this.outlet.end()
    this.socket.resume()
    this.#context.wheel.set(this.#alarm, LINGER_MS)
  }

  #onDrain(): void {
    if (this.#request === undefined) this.#goOn()
    else this.#request.reader?.onClientDrain()
  }

  #onEnd(): void {
    const request = this.#request
    // What has been written still leaves.
    if (this.#isAtEnd) return
    if (request === undefined || !this.#body.endsWithConnection) return this.destroy()
    // The tunnel's other direction may go on.
    request.isRead = true
    request.reader?.onRequestEnd([])
  }

  #onGone(): void {
    if (this.#isGone) return
    this.#isGone = true
    const wasAtEnd = this.#isAtEnd
    this.#isAtEnd = true
    this.#held = undefined
    this.#context.wheel.clear(this.#alarm)
    const request = this.#request
    this.#request = undefined
    const reader = request?.reader
    request?.detach()
    reader?.onClientGone()
    if (!wasAtEnd && !this.#carry.isEmpty) this.#context.onRefused?.(CUT_OFF)
    this.socket.destroy()
    this.#context.onClosed(this)
  }
}

function isWebSocket(headers: readonly string[]): boolean {
  const index = headers.lastIndexOf('upgrade')
  return headers[index + 1] === 'websocket'
}
