import type { Clock } from '../../world/clock.ts'
import type { MirrorCopy } from '../exchange/steps.ts'
import type { HeaderList } from '../route/header-list.ts'
import { KeptBody } from './kept-body.ts'
import type { AnswerReader, ServerStream, Upstreams } from './streams.ts'
import { Alarm, type TimerWheel } from './timer-wheel.ts'

export interface MirrorContext {
  readonly clock: Pick<Clock, 'now'>
  readonly upstreams: Upstreams
  readonly wheel: TimerWheel
}

/** A copy of a request. Its answer is read and forgotten; it never holds the request itself back. */
export class MirrorStream implements AnswerReader {
  readonly #copy: MirrorCopy
  readonly #hasBody: boolean
  readonly #context: MirrorContext
  readonly #alarm: Alarm | undefined
  /** Absent while it waits for a connection. */
  #stream: ServerStream | undefined
  /** What has come of the body while it waits, and the trailers that ended it. */
  #kept: KeptBody | undefined
  #trailers: HeaderList | undefined
  #isOver = false

  constructor(copy: MirrorCopy, hasBody: boolean, context: MirrorContext) {
    const { seat, timeoutMs } = copy
    this.#copy = copy
    this.#hasBody = hasBody
    this.#context = context
    if (timeoutMs > 0) {
      this.#alarm = new Alarm(() => this.drop())
      context.wheel.set(this.#alarm, timeoutMs)
    }
    if (!seat.isWaiting) this.#open()
    else {
      this.#kept = new KeptBody()
      seat.onTurn(() => (seat.take(context.clock.now()) ? this.#open() : this.#end()))
    }
  }

  /** A mirror that is too slow to take the body in gets no more of it: nothing waits for it, and little is kept for it. */
  sendData(bytes: Buffer): void {
    if (this.#isOver) return
    this.#kept?.add(bytes)
    if (this.#stream?.sendData(bytes) === false || this.#kept?.isComplete === false) this.drop()
  }

  sendEnd(trailers: HeaderList): void {
    if (this.#isOver) return
    this.#trailers = trailers
    this.#stream?.sendEnd(trailers)
  }

  /** Nothing more comes of the request, or not in time. */
  drop(): void {
    if (this.#isOver) return
    this.#end()
    this.#stream?.abort()
  }

  onInformational(): void {}
  onAnswerData(): void {}
  onAnswerPause(): void {}
  onServerDrain(): void {}

  onAnswerHead(_status: number, _headers: HeaderList, isWhole: boolean): void {
    if (isWhole) this.#end()
  }

  onAnswerEnd(): void {
    this.#end()
  }

  onFailed(): void {
    this.#end()
  }

  #open(): void {
    const { endpoint, head, upstream } = this.#copy
    const kept = this.#kept
    this.#kept = undefined
    const stream = this.#context.upstreams.open({ endpoint, head, upstream }, this.#hasBody, this)
    this.#stream = stream
    for (const bytes of kept?.parts ?? []) this.sendData(bytes)
    if (this.#trailers !== undefined && !this.#isOver) stream.sendEnd(this.#trailers)
    stream.resume()
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    if (this.#alarm !== undefined) this.#context.wheel.clear(this.#alarm)
    this.#copy.seat.leave(this.#context.clock.now())
  }
}
