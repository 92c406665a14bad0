import type { IncomingRequest } from '../../exchange/steps.ts'
import { hasHeader, type HeaderList, NO_HEADERS } from '../../route/header-list.ts'
import type { ClientStream, RequestReader } from '../streams.ts'
import { lastChunkText, responseHeadText } from './head-writer.ts'
import type { RequestHead } from './request-head.ts'
import { chunkStart, type Outlet } from './outlet.ts'

/** The connection that a request came on, as far as the request needs it. */
export interface RequestConnection {
  readonly outlet: Outlet
  readonly isDraining: boolean
  /** The body is wanted now. */
  onResume(): void
  onSwitched(): void
  /** The answer has been handed to the socket whole. */
  onAnswered(request: ClientRequest): void
  destroy(): void
}

/** One request of a client's connection, and the answer to it. */
export class ClientRequest implements ClientStream {
  readonly request: IncomingRequest
  readonly hasBody: boolean
  reader: RequestReader | undefined
  /** Whether the body has been read to its end. */
  isRead: boolean
  isPaused = true
  #connection: RequestConnection | undefined
  #keepsAlive: boolean
  /** Waits for the first bytes of the answer, to leave with them. */
  #headText = ''
  #framing: 'none' | 'as-is' | 'chunked' = 'none'

  constructor(head: RequestHead, connection: RequestConnection) {
    this.request = head.request
    this.hasBody = head.framing !== 'none'
    this.isRead = !this.hasBody
    this.#connection = connection
    this.#keepsAlive = head.keepsAlive
  }

  /** Whether the connection can go on after the answer. */
  get keepsAlive(): boolean {
    return this.#keepsAlive
  }

  resume(): void {
    if (!this.isPaused) return
    this.isPaused = false
    this.#connection?.onResume()
  }

  pause(): void {
    this.isPaused = true
  }

  sendInformational(status: number, headers: HeaderList): void {
    const { version } = this.request
    if (this.#connection === undefined || version === 'HTTP/1.0') return
    this.#connection.outlet.writeText(responseHeadText(status, headers, { connection: 'default', isChunked: false }))
  }

  sendHead(status: number, headers: HeaderList, isWhole: boolean): void {
    const connection = this.#connection
    if (connection === undefined) return
    if (status === SWITCHING_PROTOCOLS) return this.#switch(connection, headers)
    const hasNoBody = this.request.method === 'HEAD' || status === 204 || status === 304
    const isCounted = hasHeader(headers, 'content-length')
    if (!hasNoBody && !isWhole) this.#framing = this.#framingOf(isCounted)
    const isChunked = this.#framing === 'chunked'
    const text = responseHeadText(status, headers, { connection: this.#connectionHeader(connection), isChunked })
    // An answer of HTTP/2 may be without a body and without saying so.
    const isSilent = isWhole && !isCounted && !hasNoBody
    this.#headText = isSilent ? `${text.slice(0, -2)}content-length: 0\r\n\r\n` : text
    if (isWhole) this.sendEnd(NO_HEADERS)
  }

  sendData(bytes: Buffer): boolean {
    const connection = this.#connection
    if (connection === undefined) return false
    const head = this.#headText
    this.#headText = ''
    if (this.#framing === 'chunked') return connection.outlet.writeParts(head + chunkStart(bytes), bytes, '\r\n')
    return connection.outlet.writeParts(head, bytes, '')
  }

  sendEnd(trailers: HeaderList): void {
    const connection = this.#connection
    if (connection === undefined) return
    const text = this.#framing === 'chunked' ? this.#headText + lastChunkText(trailers) : this.#headText
    this.#headText = ''
    if (text !== '') connection.outlet.writeText(text)
    this.#finish(connection)
  }

  flush(): void {
    if (this.#headText === '' || this.#connection === undefined) return
    const text = this.#headText
    this.#headText = ''
    this.#connection.outlet.writeText(text)
  }

  respond(answer: {
    readonly status: number
    readonly headers: HeaderList
    readonly body: string | Buffer
    readonly closes: boolean
  }): void {
    const connection = this.#connection
    if (connection === undefined) return
    // What is left of the request is not read: nothing can follow it.
    if (answer.closes || !this.isRead) this.#keepsAlive = false
    const isBodyless = this.request.method === 'HEAD' || answer.status === 204 || answer.status === 304
    const { headers, body } = answer
    const hasLength = hasHeader(headers, 'content-length')
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    const counted = hasLength || answer.status === 204 ? headers : [...headers, 'content-length', String(bytes.length)]
    const options = { connection: this.#connectionHeader(connection), isChunked: false }
    connection.outlet.writeParts(responseHeadText(answer.status, counted, options), isBodyless ? EMPTY : bytes, '')
    this.#finish(connection)
  }

  reset(): void {
    const connection = this.#connection
    this.detach()
    connection?.destroy()
  }

  /** The connection is gone, or goes on without this request. */
  detach(): void {
    this.#connection = undefined
    this.reader = undefined
  }

  #finish(connection: RequestConnection): void {
    this.detach()
    connection.onAnswered(this)
  }

  /** From here on the connection carries another protocol, both ways, until it ends. */
  #switch(connection: RequestConnection, headers: HeaderList): void {
    this.#framing = 'as-is'
    this.#keepsAlive = false
    this.isRead = false
    const text = responseHeadText(SWITCHING_PROTOCOLS, headers, { connection: 'default', isChunked: false })
    connection.outlet.writeText(text)
    connection.onSwitched()
  }

  #framingOf(isCounted: boolean): 'as-is' | 'chunked' {
    if (isCounted) return 'as-is'
    if (this.request.version !== 'HTTP/1.0') return 'chunked'
    this.#keepsAlive = false
    return 'as-is'
  }

  #connectionHeader(connection: RequestConnection): 'close' | 'keep-alive' | 'default' {
    if (connection.isDraining) this.#keepsAlive = false
    if (!this.#keepsAlive) return 'close'
    return this.request.version === 'HTTP/1.0' ? 'keep-alive' : 'default'
  }
}

const SWITCHING_PROTOCOLS = 101
const EMPTY = Buffer.alloc(0)
