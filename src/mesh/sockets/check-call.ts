import { ownBytes } from '../../world/read-buffer.ts'
import type { CheckedEvent, CheckStep, FailedEvent } from '../exchange/steps.ts'
import { type HeaderList, NO_HEADERS } from '../route/header-list.ts'
import type { AnswerReader, ServerStream, StreamFailure, Upstreams } from './streams.ts'
import { Alarm, type TimerWheel } from './timer-wheel.ts'

/** envoyproxy/envoy source/common/http/async_client_impl.cc, `http.async_response_buffer_limit`. */
const ANSWER_BYTES_MAX = 32 * 1024 * 1024

export type CheckOutcome = CheckedEvent | FailedEvent

/** Asks somebody about a request, and reads the whole answer. Tells what came of it once, unless it is dropped before. */
export class CheckCall implements AnswerReader {
  readonly #stream: ServerStream
  readonly #wheel: TimerWheel
  readonly #alarm: Alarm | undefined
  readonly #tell: (outcome: CheckOutcome) => void
  readonly #parts: Buffer[] = []
  #bytes = 0
  #status = 0
  #headers: HeaderList = NO_HEADERS
  #isOver = false

  constructor(
    { endpoint, head, upstream, body, timeoutMs }: CheckStep,
    { upstreams, wheel }: { readonly upstreams: Upstreams; readonly wheel: TimerWheel },
    tell: (outcome: CheckOutcome) => void,
  ) {
    this.#wheel = wheel
    this.#tell = tell
    const hasBody = body.length > 0
    this.#stream = upstreams.open({ endpoint, head, upstream }, hasBody, this)
    if (timeoutMs > 0) {
      this.#alarm = new Alarm(() => this.#giveUp('timeout'))
      wheel.set(this.#alarm, timeoutMs)
    }
    if (hasBody) {
      this.#stream.sendData(body)
      this.#stream.sendEnd(NO_HEADERS)
    }
    this.#stream.flush()
    this.#stream.resume()
  }

  /** Nobody waits for it any more. */
  drop(): void {
    if (this.#isOver) return
    this.#end()
    this.#stream.abort()
  }

  onInformational(): void {}
  onAnswerPause(): void {}
  onServerDrain(): void {}

  onAnswerHead(status: number, headers: HeaderList, isWhole: boolean): void {
    this.#status = status
    this.#headers = headers
    if (isWhole) this.onAnswerEnd(NO_HEADERS)
  }

  onAnswerData(bytes: Buffer): void {
    this.#bytes += bytes.length
    if (this.#bytes > ANSWER_BYTES_MAX) this.#giveUp('protocol')
    else this.#parts.push(ownBytes(bytes))
  }

  onAnswerEnd(trailers: HeaderList): void {
    if (this.#isOver) return
    this.#end()
    const body = Buffer.concat(this.#parts)
    this.#tell({ kind: 'checked', status: this.#status, headers: this.#headers, body, trailers })
  }

  onFailed({ how, beforeRequest, reason }: StreamFailure): void {
    if (this.#isOver) return
    this.#end()
    this.#tell({ kind: 'failed', how, beforeRequest, ...(reason !== undefined && { reason }) })
  }

  #giveUp(how: 'timeout' | 'protocol'): void {
    if (this.#isOver) return
    this.drop()
    this.#tell({ kind: 'failed', how, beforeRequest: false })
  }

  #end(): void {
    this.#isOver = true
    if (this.#alarm !== undefined) this.#wheel.clear(this.#alarm)
  }
}
