import type { ByteSocket, Sockets } from '../../../world/sockets.ts'
import type { FailureKind } from '../../exchange/steps.ts'
import { Alarm } from '../timer-wheel.ts'
import { BodyReader } from './body-reader.ts'
import { HeadCarry } from './head-carry.ts'
import type { HeadScanner } from './head-scanner.ts'
import { readResponseHead } from './response-head.ts'
import type { ServerRequest } from './server-request.ts'
import { Outlet } from './outlet.ts'

/** What a connection says to the pool that it belongs to. */
export interface ConnectionOwner {
  readonly sockets: Pick<Sockets, 'readInPlace' | 'gatheredWriter'>
  readonly scanner: HeadScanner
  /** It has carried a request to its end, and could carry another. */
  onReusable(connection: ServerConnection): void
  onGone(connection: ServerConnection): void
}

/**
 * A connection to a server, which carries one request at a time.
 *
 * Invariants:
 *  1. Bytes of an answer go to the request that is under way, and no request begins before the last one's answer has been
 *     read to its end and its body has been sent: after anything else the connection is closed.
 *  2. A request that has been told of its end, or has been aborted, hears nothing more.
 */
export class ServerConnection {
  readonly socket: ByteSocket
  readonly outlet: Outlet
  requests = 0
  /** Closes the connection when nobody has used it for long. */
  readonly idleAlarm = new Alarm(() => this.destroy())
  readonly #owner: ConnectionOwner
  readonly #carry = new HeadCarry()
  readonly #body: BodyReader
  #request: ServerRequest | undefined
  #phase: 'head' | 'body' = 'head'
  #keepsAlive = false
  #isGone = false

  constructor(socket: ByteSocket, owner: ConnectionOwner) {
    this.socket = socket
    this.outlet = new Outlet(socket, owner.sockets)
    this.#owner = owner
    this.#body = new BodyReader(owner.scanner)
    owner.sockets.readInPlace(socket, (bytes) => this.#read(bytes))
    socket.on('drain', () => this.#request?.reader.onServerDrain())
    socket.on('end', () => this.#onEnd())
    socket.on('error', () => this.#fail('closed'))
    socket.on('close', () => this.#fail('closed'))
  }

  begin(request: ServerRequest): void {
    this.#request = request
    this.#phase = 'head'
    this.#keepsAlive = false
    this.requests++
    if (this.socket.isPaused()) this.socket.resume()
  }

  /** Nothing is told to its request, if it has one. */
  destroy(): void {
    this.#request = undefined
    if (this.#isGone) return
    this.#isGone = true
    this.outlet.destroy()
    this.#owner.onGone(this)
  }

  onBody(bytes: Buffer): void {
    this.#request?.reader.onAnswerData(bytes)
  }

  #read(bytes: Buffer): void {
    let at = 0
    while (at < bytes.length) {
      const request = this.#request
      // What nobody asked for might be taken for the answer to the next request.
      if (request === undefined) return this.destroy()
      at = this.#phase === 'head' ? this.#readHead(request, bytes, at) : this.#readBody(request, bytes, at)
      if (at < 0) return
    }
    this.#request?.reader.onAnswerPause()
  }

  /** Where the bytes stand that come after the head, or STOP. */
  #readHead(request: ServerRequest, bytes: Buffer, at: number): number {
    const { scanner } = this.#owner
    const { scanned, bytes: head } = this.#carry.scan(scanner, bytes, at, 'response')
    if (scanned === 'incomplete') return STOP
    const response = scanned === 'complete' ? readResponseHead(scanner, head, request) : undefined
    if (response === undefined) return this.#fail('protocol')
    const end = this.#carry.consumedTo(scanner)
    const { status, headers, framing, bodyBytes, keepsAlive } = response
    if (status < 200 && status !== SWITCHING_PROTOCOLS) {
      if (PASSED_ON.has(status)) request.reader.onInformational(status, headers)
      return end
    }
    this.#keepsAlive = keepsAlive
    if (framing === 'none') {
      this.#finish(request, end === bytes.length)
      request.reader.onAnswerHead(status, headers, true)
      return STOP
    }
    if (status === SWITCHING_PROTOCOLS) request.onSwitched()
    this.#phase = 'body'
    this.#body.begin(framing, bodyBytes)
    request.reader.onAnswerHead(status, headers, false)
    return this.#request === request ? end : STOP
  }

  #readBody(request: ServerRequest, bytes: Buffer, at: number): number {
    const end = this.#body.read(bytes, at, this)
    if (this.#request !== request) return STOP
    if (this.#body.isRefused) return this.#fail('protocol')
    if (!this.#body.isComplete) return end
    this.#finish(request, end === bytes.length)
    request.reader.onAnswerEnd(this.#body.trailers)
    return STOP
  }

  /** The answer has been read. */
  #finish(request: ServerRequest, isAllRead: boolean): void {
    const isReusable = this.#keepsAlive && isAllRead && request.isSent && !this.#isGone
    this.#request = undefined
    request.detach()
    if (isReusable) this.#owner.onReusable(this)
    else this.destroy()
  }

  #onEnd(): void {
    const request = this.#request
    if (request === undefined || this.#phase === 'head' || !this.#body.endsWithConnection)
      return void this.#fail('closed')
    this.#finish(request, true)
    request.reader.onAnswerEnd(this.#body.trailers)
  }

  #fail(how: FailureKind): typeof STOP {
    const request = this.#request
    this.destroy()
    request?.detach()
    request?.reader.onFailed({ how, beforeRequest: false })
    return STOP
  }
}

const STOP = -1
const SWITCHING_PROTOCOLS = 101
/** Continue and Early Hints: what Envoy passes on before the answer. */
const PASSED_ON: ReadonlySet<number> = new Set([100, 103])
