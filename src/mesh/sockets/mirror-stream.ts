import type { MirrorCopy } from '../exchange/steps.ts'
import type { HeaderList } from '../route/header-list.ts'
import type { AnswerReader, ServerStream, Upstreams } from './streams.ts'
import { Alarm, type TimerWheel } from './timer-wheel.ts'

/** A copy of a request. Its answer is read and forgotten; it never holds the request itself back. */
export class MirrorStream implements AnswerReader {
  readonly #stream: ServerStream
  readonly #wheel: TimerWheel
  readonly #alarm: Alarm | undefined
  #isOver = false

  constructor(
    { endpoint, head, upstream, timeoutMs }: MirrorCopy,
    hasBody: boolean,
    { upstreams, wheel }: { readonly upstreams: Upstreams; readonly wheel: TimerWheel },
  ) {
    this.#wheel = wheel
    this.#stream = upstreams.open({ endpoint, head, upstream }, hasBody, this)
    if (timeoutMs > 0) {
      this.#alarm = new Alarm(() => this.drop())
      wheel.set(this.#alarm, timeoutMs)
    }
    this.#stream.resume()
  }

  /** A mirror that is too slow to take the body in gets no more of it: nothing waits for it, and nothing is kept for it. */
  sendData(bytes: Buffer): void {
    if (!this.#isOver && !this.#stream.sendData(bytes)) this.drop()
  }

  sendEnd(trailers: HeaderList): void {
    if (!this.#isOver) this.#stream.sendEnd(trailers)
  }

  /** Nothing more comes of the request, or not in time. */
  drop(): void {
    if (this.#isOver) return
    this.#end()
    this.#stream.abort()
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

  #end(): void {
    this.#isOver = true
    if (this.#alarm !== undefined) this.#wheel.clear(this.#alarm)
  }
}
