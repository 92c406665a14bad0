import type { AttemptStep, FailureKind, IncomingRequest } from '../exchange/steps.ts'
import type { HeaderList } from '../route/header-list.ts'

/*
 * A request passes two streams, one on the client's side and one on the server's; the exchange runner stands between them.
 * Each may be of HTTP/1.1 or of HTTP/2: the runner does not know.
 *
 *     client ── ClientStream ──▶ RequestReader ┐              ┌ Upstreams.open ──▶ ServerStream ── server
 *                                              ├ the runner ──┤
 *     client ◀── ClientStream ── sendHead …    ┘              └ AnswerReader ◀── ServerStream ── server
 *
 * Invariants:
 *  1. A stream tells nothing while it is being called, except that a client that is told of the end of its answer may go
 *     on with its next request: callbacks come from sockets and timers.
 *  2. After `onRequestEnd`, `onClientGone`, `onRequestMalformed`, `onAnswerEnd`, `onFailed`, and after `abort`, `reset` or both ends were sent, a
 *     stream tells nothing more of that side.
 *  3. Bytes are there for the call that brings them, `on…Data` or `sendData`: who keeps any of them longer has `ownBytes`.
 *  4. `send…` returns false when enough is waiting to leave; the caller then holds back until `on…Drain`.
 */

/** The client's side of one request. */
export interface ClientStream {
  readonly request: IncomingRequest
  /** Whether anything follows the request's head. */
  readonly hasBody: boolean
  /** A stream begins paused: its body is told from the first `resume` on. */
  resume(): void
  pause(): void
  /** `100 Continue` and its like, before the answer. */
  sendInformational(status: number, headers: HeaderList): void
  /** The head of an answer, and whether nothing follows it. It may wait for the first bytes, or for `flush`. */
  sendHead(status: number, headers: HeaderList, isWhole: boolean): void
  sendData(bytes: Buffer): boolean
  sendEnd(trailers: HeaderList): void
  /** Nothing more is known to come at once. */
  flush(): void
  /** An answer of the proxy's own, whole. `closes`: no other request may follow on this connection. */
  respond(answer: {
    readonly status: number
    readonly headers: HeaderList
    readonly body: string | Buffer
    readonly closes: boolean
  }): void
  /** No answer, or no more of it: the client sees that it was cut off. */
  reset(): void
}

/** Is told what a client sends. */
export interface RequestReader {
  onRequestData(bytes: Buffer): void
  onRequestEnd(trailers: HeaderList): void
  onClientDrain(): void
  /** It went away before the answer was through. */
  onClientGone(): void
  /** It sent what is no HTTP, in Envoy's word for that. `isHeard`: an answer can still be sent. */
  onRequestMalformed(details: string, isHeard: boolean): void
}

/** The server's side of one attempt. */
export interface ServerStream {
  sendData(bytes: Buffer): boolean
  sendEnd(trailers: HeaderList): void
  /** Nothing more is known to come at once. */
  flush(): void
  resume(): void
  pause(): void
  /** The answer is not wanted any more. */
  abort(): void
}

/** Is told what a server answers. */
export interface AnswerReader {
  onInformational(status: number, headers: HeaderList): void
  /** `isWhole`: nothing follows the head. */
  onAnswerHead(status: number, headers: HeaderList, isWhole: boolean): void
  onAnswerData(bytes: Buffer): void
  onAnswerEnd(trailers: HeaderList): void
  /** All that has come by now has been told. */
  onAnswerPause(): void
  onServerDrain(): void
  /** Instead of the head of an answer, or in the middle of it. */
  onFailed(failure: StreamFailure): void
}

export interface StreamFailure {
  readonly how: FailureKind
  /** Whether nothing of the request has been sent. */
  readonly beforeRequest: boolean
  readonly reason?: string
}

/** What an attempt needs of its step; mirrors have it too. */
export type StreamTarget = Pick<AttemptStep, 'endpoint' | 'head' | 'upstream'>

/** Opens streams to endpoints, over connections that are kept for more of them. */
export interface Upstreams {
  /** Without a body the request is whole with its head: `sendEnd` is not called. */
  open(target: StreamTarget, hasBody: boolean, reader: AnswerReader): ServerStream
}
