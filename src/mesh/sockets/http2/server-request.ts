import { messageOf } from '../../../base/message-of.ts'
import type { Http2ClientSession, Http2ClientStream } from '../../../world/http2.ts'
import { ownBytes } from '../../../world/read-buffer.ts'
import type { PendingLimit } from '../../balance/pending-limit.ts'
import type { OutgoingHead } from '../../exchange/steps.ts'
import { type HeaderList, NO_HEADERS } from '../../route/header-list.ts'
import type { AnswerReader, ServerStream, StreamFailure } from '../streams.ts'
import { connectFields, readFields, requestFields, sendTrailers, upgradeOf } from './header-fields.ts'
import { ERROR_CODE, FLAG_END_STREAM, isBrokenConnection } from './protocol.ts'

/** What a server would reset, if it were asked. */
export class UpgradeNotOffered extends Error {}

/** One request on a stream of a connection to a server, or waiting for one. */
export class Http2ServerRequest implements ServerStream {
  readonly #head: OutgoingHead
  readonly #hasBody: boolean
  readonly #reader: AnswerReader
  #stream: Http2ClientStream | undefined
  /** What cannot be sent before there is a connection. */
  #early: Buffer[] = []
  #earlyEnd: HeaderList | undefined
  /** Set once the request is whole: a stream that is reset must not look like one that ended. */
  #trailers: HeaderList | undefined
  #answerTrailers: HeaderList = NO_HEADERS
  /** The library's word for why the stream ended. */
  #error: Error | undefined
  /** What the client wants to go on in: RFC 8441, as its request asks for an upgrade. */
  #protocol: string | undefined
  /** The head of the answer has come. */
  #isAnswered = false
  #isOver = false
  #pending: PendingLimit | undefined

  constructor(head: OutgoingHead, hasBody: boolean, reader: AnswerReader) {
    this.#head = head
    this.#hasBody = hasBody
    this.#reader = reader
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** It has to wait for a connection, and is counted by `pending`, until it has one or is over. False: too many wait already. */
  waitAs(pending: PendingLimit | undefined): boolean {
    if (pending?.take() === false) return false
    this.#pending = pending
    return true
  }

  /** It has its connection now. Throws where what is to be said cannot be said in HTTP/2. */
  attach(session: Http2ClientSession): Http2ClientStream {
    this.#endWait()
    const protocol = upgradeOf(this.#head)
    if (protocol !== undefined && session.remoteSettings.enableConnectProtocol !== true) {
      throw new UpgradeNotOffered(`the server takes no ${protocol} in HTTP/2`)
    }
    const hasBody = this.#hasBody || protocol !== undefined
    const fields = protocol === undefined ? requestFields(this.#head) : connectFields(this.#head, protocol)
    const stream = session.request(fields, { endStream: !hasBody, waitForTrailers: this.#hasBody })
    this.#protocol = protocol
    this.#stream = stream
    stream.on('headers', (_named, _flags, raw: string[]) => this.#onInformational(raw))
    stream.on('response', (_named, flags, raw: string[]) => this.#onResponse(flags, raw))
    stream.on('data', (bytes: Buffer) => {
      if (this.#isOver) return
      this.#reader.onAnswerData(bytes)
      if (!this.#isOver) this.#reader.onAnswerPause()
    })
    stream.on('trailers', (_named, _flags, raw: string[]) => (this.#answerTrailers = raw))
    stream.on('end', () => this.#onEnd(session))
    stream.on('drain', () => {
      if (!this.#isOver) this.#reader.onServerDrain()
    })
    stream.on('wantTrailers', () => {
      if (this.#trailers !== undefined) sendTrailers(stream, this.#trailers)
    })
    stream.on('error', (error: Error) => (this.#error = error))
    stream.on('close', () => this.#onClose(session))
    this.#sendEarly()
    return stream
  }

  /** No connection came about. */
  fail(failure: StreamFailure): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#endWait()
    this.#reader.onFailed(failure)
  }

  sendData(bytes: Buffer): boolean {
    const stream = this.#stream
    if (stream !== undefined) return stream.writable && stream.write(ownBytes(bytes))
    if (!this.#isOver) this.#early.push(ownBytes(bytes))
    return false
  }

  sendEnd(trailers: HeaderList = NO_HEADERS): void {
    this.#trailers = trailers
    const stream = this.#stream
    if (stream === undefined) this.#earlyEnd = trailers
    else if (stream.writable) stream.end()
  }

  /** The library gathers what leaves in one turn. */
  flush(): void {}

  resume(): void {
    this.#stream?.resume()
  }

  pause(): void {
    this.#stream?.pause()
  }

  abort(): void {
    this.#isOver = true
    this.#endWait()
    this.#early = []
    this.#stream?.close(ERROR_CODE.cancel)
  }

  #endWait(): void {
    this.#pending?.give()
    this.#pending = undefined
  }

  #sendEarly(): void {
    const early = this.#early
    this.#early = []
    let isFull = false
    for (const bytes of early) isFull = !this.sendData(bytes)
    if (this.#earlyEnd !== undefined) this.sendEnd(this.#earlyEnd)
    else if (this.#hasBody && !isFull && early.length > 0)
      queueMicrotask(() => !this.#isOver && this.#reader.onServerDrain())
  }

  #onInformational(raw: readonly string[]): void {
    const { pseudo, headers } = readFields(raw)
    if (!this.#isOver) this.#reader.onInformational(Number(pseudo[':status']), headers)
  }

  #onResponse(flags: number, raw: readonly string[]): void {
    if (this.#isOver) return
    const { pseudo, headers } = readFields(raw)
    const isWhole = (flags & FLAG_END_STREAM) !== 0
    const status = Number(pseudo[':status'])
    this.#isAnswered = true
    if (isWhole) this.#finish()
    // What HTTP/1.1 calls switching is an answer like others here.
    if (this.#protocol !== undefined && status === 200 && !isWhole) {
      this.#reader.onAnswerHead(101, [...headers, 'upgrade', this.#protocol], false)
    } else this.#reader.onAnswerHead(status, headers, isWhole)
  }

  #onEnd(session: Http2ClientSession): void {
    // A stream that was reset, or lost its connection, ends too: `close` tells so.
    if (this.#isOver || !this.#isAnswered || this.#stream?.rstCode !== ERROR_CODE.none || session.destroyed) return
    this.#finish()
    this.#reader.onAnswerEnd(this.#answerTrailers)
  }

  /** The answer is whole. A server that wants no more of the request has said so by that. */
  #finish(): void {
    this.#isOver = true
    if (this.#stream?.writableEnded === false) this.#stream.close(ERROR_CODE.none)
  }

  #onClose(session: Http2ClientSession): void {
    if (this.#isOver) return
    this.#isOver = true
    const reason = this.#error
    this.#reader.onFailed({
      ...failureOf(this.#stream?.rstCode, { session, error: reason }),
      ...(reason !== undefined && { reason: messageOf(reason) }),
    })
  }
}

/**
 * What the library says of a server that breaks the rules: of its connection, or of its answer, as by a status that is none.
 * A server that resets for that reason is told the same way.
 */
function failureOf(
  code: number | undefined,
  { session, error }: { readonly session: Http2ClientSession; readonly error: Error | undefined },
): Pick<StreamFailure, 'how' | 'beforeRequest'> {
  if (code === ERROR_CODE.refused) return { how: 'refused-stream', beforeRequest: true }
  if (isBrokenConnection(error) || code === ERROR_CODE.protocol) return { how: 'protocol', beforeRequest: false }
  return { how: session.destroyed ? 'closed' : 'reset', beforeRequest: false }
}
