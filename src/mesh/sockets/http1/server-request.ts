import { ownBytes } from '../../../world/read-buffer.ts'
import type { ByteSocket } from '../../../world/sockets.ts'
import type { OutgoingHead } from '../../exchange/steps.ts'
import { hasHeader, type HeaderList, NO_HEADERS } from '../../route/header-list.ts'
import type { AnswerReader, ServerStream } from '../streams.ts'
import { lastChunkText, requestHeadText } from './head-writer.ts'
import { chunkStart, type Outlet, WAITING_BYTES_MAX } from './outlet.ts'

/** Gives up the connection that a request waits for. */
export interface Waiting {
  cancel(): void
}

/** The connection that carries a request, as far as the request needs it. */
export interface RequestCarrier {
  readonly socket: ByteSocket
  readonly outlet: Outlet
  begin(request: ServerRequest): void
  destroy(): void
}

/** One request on a connection, or waiting for one. */
export class ServerRequest implements ServerStream {
  readonly method: string
  readonly asksToUpgrade: boolean
  readonly reader: AnswerReader
  /** Whether all of the request has been handed to the connection. */
  isSent = false
  #connection: RequestCarrier | undefined
  #waiting: Waiting | undefined
  /** What cannot be sent before there is a connection. */
  #early: Buffer[] | undefined
  #earlyBytes = 0
  /** Set while waiting for a connection, once the body's end is known. */
  #earlyEnd: HeaderList | undefined
  /** Waits for the first bytes of the body, to leave with them. */
  #headText: string
  #framing: 'none' | 'counted' | 'chunked' | 'raw'
  #isOver = false

  constructor(head: OutgoingHead, hasBody: boolean, reader: AnswerReader) {
    this.method = head.method
    this.reader = reader
    this.#headText = requestHeadText(head, { hasBody })
    this.asksToUpgrade = hasHeader(head.headers, 'upgrade')
    if (!hasBody) this.#framing = 'none'
    else this.#framing = hasHeader(head.headers, 'content-length') ? 'counted' : 'chunked'
  }

  waitFor(waiting: Waiting): void {
    this.#waiting = waiting
  }

  /** It has its connection now. Without a body it leaves at once. */
  attach(connection: RequestCarrier): void {
    this.#waiting = undefined
    this.#connection = connection
    connection.begin(this)
    if (this.#framing === 'none') {
      this.isSent = true
      this.#flushHead(connection)
    }
  }

  /** For a request that has waited: what it gathered meanwhile leaves. */
  sendEarly(): void {
    const early = this.#early
    this.#early = undefined
    for (const bytes of early ?? []) this.sendData(bytes)
    if (this.#earlyEnd !== undefined) this.sendEnd(this.#earlyEnd)
    this.flush()
    if (this.#connection?.outlet.isWritable === true) this.reader.onServerDrain()
  }

  /** Its answer is over, or it never got that far: it touches the connection no more. */
  detach(): void {
    this.#isOver = true
    this.#connection = undefined
    this.#waiting = undefined
  }

  onSwitched(): void {
    this.#framing = 'raw'
    this.isSent = false
  }

  sendData(bytes: Buffer): boolean {
    const connection = this.#connection
    if (connection === undefined) {
      if (this.#isOver) return false
      this.#early ??= []
      this.#early.push(ownBytes(bytes))
      this.#earlyBytes += bytes.length
      return this.#earlyBytes < WAITING_BYTES_MAX
    }
    const head = this.#headText
    this.#headText = ''
    if (this.#framing === 'chunked') return connection.outlet.writeParts(head + chunkStart(bytes), bytes, '\r\n')
    return connection.outlet.writeParts(head, bytes, '')
  }

  sendEnd(trailers: HeaderList = NO_HEADERS): void {
    const connection = this.#connection
    if (connection === undefined) {
      this.#earlyEnd = trailers
      return
    }
    this.isSent = true
    if (this.#framing === 'chunked') {
      const head = this.#headText
      this.#headText = ''
      connection.outlet.writeText(head + lastChunkText(trailers))
    } else this.#flushHead(connection)
    if (this.#framing === 'raw') connection.outlet.end()
  }

  flush(): void {
    if (this.#connection !== undefined) this.#flushHead(this.#connection)
  }

  resume(): void {
    this.#connection?.socket.resume()
  }

  pause(): void {
    this.#connection?.socket.pause()
  }

  abort(): void {
    this.#connection?.destroy()
    this.#waiting?.cancel()
    this.detach()
  }

  #flushHead(connection: RequestCarrier): void {
    if (this.#headText === '') return
    const head = this.#headText
    this.#headText = ''
    connection.outlet.writeText(head)
  }
}
