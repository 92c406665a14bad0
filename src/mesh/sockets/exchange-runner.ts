import type { Clock, Timer } from '../../world/clock.ts'
import type {
  AttemptStep,
  CheckStep,
  Ended,
  GatherStep,
  Happened,
  HttpExchange,
  MirrorStep,
  QueueStep,
  RelayStep,
  Step,
} from '../exchange/steps.ts'
import type { Workload } from '../registry/workload.ts'
import { hasHeader, type HeaderList, NO_HEADERS } from '../route/header-list.ts'
import { CheckCall } from './check-call.ts'
import { KeptBody } from './kept-body.ts'
import { MirrorStream } from './mirror-stream.ts'
import type { AnswerReader, ClientStream, RequestReader, ServerStream, StreamFailure, Upstreams } from './streams.ts'
import { Alarm, type TimerWheel } from './timer-wheel.ts'

/** What all exchanges of a process share. */
export interface RunnerContext {
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly upstreams: Upstreams
  /** Of another proxy of this process; absent: there is none. */
  upstreamsOf?(proxy: Workload): Upstreams
}

/**
 * Carries out on two streams what an exchange decides, and tells it what happened. Bytes pass from one stream to the other
 * as they come; a side that cannot take more stops the other from sending. A request's body is kept, up to a limit, only
 * while it may have to be sent again.
 *
 *     deciding ─▶ waiting ─▶ deciding     between two steps, only while the exchange is being asked
 *              ─▶ queueing ─▶ deciding     a connection is waited for
 *              ─▶ gathering ─▶ deciding    the request's body is held back
 *              ─▶ checking ─▶ deciding     somebody else is asked about the request
 *              ─▶ attempting ─▶ deciding
 *              ─▶ relaying ─▶ ended       the head of the answer is on its way to the client
 *              ─▶ ended                   answered by the proxy itself, or closed
 *
 * Invariants:
 *  1. The exchange is told of its end once. Afterwards nothing is told to it, and no stream of it is touched.
 *  2. There is one server stream at most, and only while attempting or relaying.
 */
export class ExchangeRunner implements RequestReader, AnswerReader {
  readonly #exchange: HttpExchange
  readonly #client: ClientStream
  readonly #context: RunnerContext
  #state: 'deciding' | 'waiting' | 'queueing' | 'gathering' | 'checking' | 'attempting' | 'relaying' | 'ended' =
    'deciding'
  #isRequestWhole: boolean
  /** How it ends where it is closed. */
  #closesBy: Ended['how'] = 'complete'
  #requestTrailers: HeaderList = NO_HEADERS
  #requestBytes = 0
  #responseBytes = 0
  #server: ServerStream | undefined
  #kept: KeptBody | undefined
  #mirrors: MirrorStream[] | undefined
  /** What is being gathered. */
  #wanted: GatherStep | undefined
  #check: CheckCall | undefined
  #timeoutMs = 0
  /** When the exchange was last asked what to do. */
  #nowMs = 0
  #alarm: Alarm | undefined
  #wait: Timer | undefined

  constructor(exchange: HttpExchange, client: ClientStream, context: RunnerContext) {
    this.#exchange = exchange
    this.#client = client
    this.#context = context
    this.#isRequestWhole = !client.hasBody
  }

  start(): void {
    this.#nowMs = this.#context.clock.now()
    this.#perform(this.#exchange.start(this.#nowMs))
  }

  #tell(happened: Happened): void {
    this.#state = 'deciding'
    this.#clearAlarm()
    this.#nowMs = this.#context.clock.now()
    this.#perform(this.#exchange.on(happened, this.#nowMs))
  }

  #perform(step: Step): void {
    switch (step.kind) {
      case 'attempt':
        this.#dropServer()
        return this.#attempt(step)
      case 'relay':
        return this.#relay(step)
      case 'wait':
        this.#dropServer()
        this.#state = 'waiting'
        this.#wait = this.#context.clock.schedule(step.ms, () => this.#tell({ kind: 'waited' }))
        return
      case 'queue':
        this.#dropServer()
        return this.#queue(step)
      case 'mirror':
        return this.#mirror(step)
      case 'gather':
        this.#dropServer()
        return this.#gather(step)
      case 'check':
        this.#dropServer()
        return this.#ask(step)
      case 'respond':
        this.#responseBytes = Buffer.byteLength(step.body)
        this.#end('complete')
        return this.#client.respond(step)
      case 'close':
        this.#end(this.#closesBy)
        return this.#client.reset()
    }
  }

  #queue({ turn, timeoutMs }: QueueStep): void {
    this.#state = 'queueing'
    this.#timeoutMs = timeoutMs
    turn.onTurn(() => this.#tell({ kind: 'waited' }))
    if (this.#isRequestWhole) this.#setAlarm(timeoutMs, this.#nowMs)
  }

  #gather(step: GatherStep): void {
    const { hasBody, request } = this.#client
    this.#state = 'gathering'
    if (!hasBody) return this.#tell({ kind: 'gathered', bytes: undefined, totalBytes: 0 })
    // A client that waits to be told would wait for what waits for it.
    const isFirst = this.#kept === undefined
    if (isFirst && hasHeader(request.headers, 'expect')) this.#client.sendInformational(CONTINUE, NO_HEADERS)
    this.#kept ??= new KeptBody()
    this.#kept.hold()
    this.#wanted = step
    if (!this.#tellGathered(step)) this.#client.resume()
  }

  /** More has come. Once it is enough, the rest waits for who takes all of it. */
  #gathered(step: GatherStep): void {
    if (this.#tellGathered(step) && (this.#state === 'checking' || this.#state === 'waiting')) this.#client.pause()
  }

  /** False while more is wanted, and more may come. */
  #tellGathered({ maxBytes, takesPart }: GatherStep): boolean {
    const kept = this.#kept
    const totalBytes = kept?.bytes ?? 0
    const isEnough = this.#isRequestWhole || (takesPart ? totalBytes >= maxBytes : totalBytes > maxBytes)
    if (!isEnough) return false
    this.#wanted = undefined
    this.#tell({ kind: 'gathered', bytes: kept?.start(maxBytes), totalBytes })
    return true
  }

  #ask(step: CheckStep): void {
    this.#state = 'checking'
    const { wheel, upstreams } = this.#context
    const own = this.#context.upstreamsOf?.(step.asker) ?? upstreams
    this.#check = new CheckCall(step, { wheel, upstreams: own }, (outcome) => {
      this.#check = undefined
      this.#tell(outcome)
    })
  }

  #attempt(step: AttemptStep): void {
    const { upstreams } = this.#context
    const { hasBody } = this.#client
    this.#state = 'attempting'
    this.#timeoutMs = step.timeoutMs
    const server = upstreams.open(step, hasBody, this)
    this.#server = server
    if (hasBody) this.#sendBody(server, step.mayRepeat)
    if (this.#isRequestWhole) this.#setAlarm(step.timeoutMs, this.#nowMs)
    server.flush()
  }

  /** What has come of the body goes with the copies, and the rest as it comes. */
  #mirror({ copies }: MirrorStep): void {
    const { hasBody } = this.#client
    this.#mirrors = copies.map((copy) => new MirrorStream(copy, hasBody, this.#context))
    for (const mirror of hasBody ? this.#mirrors : []) {
      for (const bytes of this.#kept?.parts ?? []) mirror.sendData(bytes)
      if (this.#isRequestWhole) mirror.sendEnd(this.#requestTrailers)
    }
    this.#tell({ kind: 'waited' })
  }

  /** What was kept of the body for another attempt, and the rest as it comes. */
  #sendBody(server: ServerStream, mayRepeat: boolean): void {
    for (const bytes of this.#kept?.parts ?? []) server.sendData(bytes)
    if (mayRepeat) this.#kept?.release()
    else this.#kept = undefined
    if (this.#isRequestWhole) return server.sendEnd(this.#requestTrailers)
    if (mayRepeat) this.#kept ??= new KeptBody()
    this.#client.resume()
  }

  #relay({ status, headers, timeoutMs }: RelayStep): void {
    this.#state = 'relaying'
    this.#kept = undefined
    const isWhole = this.#server === undefined
    if (isWhole) this.#end('complete')
    else this.#setAlarm(timeoutMs, this.#nowMs)
    this.#client.sendHead(status, headers, isWhole)
    // In the protocol that both sides have gone on to, the client may send as it likes.
    if (status === SWITCHING_PROTOCOLS) {
      this.#isRequestWhole = false
      this.#client.resume()
    }
  }

  onRequestData(bytes: Buffer): void {
    this.#requestBytes += bytes.length
    this.#kept?.add(bytes)
    if (this.#mirrors !== undefined) for (const mirror of this.#mirrors) mirror.sendData(bytes)
    if (this.#wanted !== undefined) return this.#gathered(this.#wanted)
    if (this.#server?.sendData(bytes) !== true) this.#client.pause()
  }

  onRequestEnd(trailers: HeaderList): void {
    this.#isRequestWhole = true
    this.#requestTrailers = trailers
    if (this.#mirrors !== undefined) for (const mirror of this.#mirrors) mirror.sendEnd(trailers)
    if (this.#wanted !== undefined) this.#tellGathered(this.#wanted)
    else this.#server?.sendEnd(trailers)
    const isTimed = this.#state === 'attempting' || this.#state === 'queueing'
    if (!isTimed && this.#state !== 'waiting') return
    const now = this.#context.clock.now()
    this.#exchange.requestEnded?.(now)
    if (isTimed) this.#setAlarm(this.#timeoutMs, now)
  }

  onClientDrain(): void {
    this.#server?.resume()
  }

  onClientGone(): void {
    this.#closesBy = 'client-gone'
    if (this.#state === 'relaying') this.#end('client-gone')
    else if (this.#state !== 'ended') this.#tell({ kind: 'client-gone' })
  }

  onRequestMalformed(details: string, isHeard: boolean): void {
    this.#closesBy = 'malformed'
    if (this.#state === 'relaying') {
      this.#end('malformed', NO_HEADERS, details)
      this.#client.reset()
    } else if (this.#state !== 'ended') this.#tell({ kind: 'malformed', details, isHeard })
  }

  onInformational(status: number, headers: HeaderList): void {
    this.#client.sendInformational(status, headers)
  }

  onAnswerHead(status: number, headers: HeaderList, isWhole: boolean): void {
    if (isWhole) this.#server = undefined
    if (this.#kept === undefined) this.#tell({ kind: 'answered', status, headers, isWhole })
    else this.#tell({ kind: 'answered', status, headers, isWhole, canRepeat: this.#kept.isComplete })
  }

  onAnswerData(bytes: Buffer): void {
    this.#responseBytes += bytes.length
    if (!this.#client.sendData(bytes)) this.#server?.pause()
  }

  onAnswerEnd(trailers: HeaderList): void {
    this.#server = undefined
    this.#end('complete', trailers)
    this.#client.sendEnd(trailers)
  }

  onAnswerPause(): void {
    if (this.#state === 'relaying') this.#client.flush()
  }

  onServerDrain(): void {
    if (!this.#isRequestWhole) this.#client.resume()
  }

  onFailed({ how, beforeRequest, reason }: StreamFailure): void {
    this.#server = undefined
    if (this.#state === 'relaying') {
      this.#end(how === 'protocol' ? 'protocol' : 'upstream-gone')
      this.#client.reset()
      return
    }
    const canRepeat = this.#kept?.isComplete ?? true
    this.#tell({ kind: 'failed', how, beforeRequest, canRepeat, ...(reason !== undefined && { reason }) })
  }

  #onTimeout(): void {
    const isRelaying = this.#state === 'relaying'
    this.#dropServer()
    if (!isRelaying) return this.#tell({ kind: 'failed', how: 'timeout', beforeRequest: false })
    this.#end('timeout')
    this.#client.reset()
  }

  #end(how: Ended['how'], trailers: HeaderList = NO_HEADERS, violation?: string): void {
    this.#dropServer()
    if (!this.#isRequestWhole && this.#mirrors !== undefined) for (const mirror of this.#mirrors) mirror.drop()
    this.#clearAlarm()
    this.#wait?.cancel()
    this.#state = 'ended'
    this.#kept = undefined
    const told = { how, requestBytes: this.#requestBytes, responseBytes: this.#responseBytes }
    const ended = violation === undefined ? told : { ...told, violation }
    const hasTrailers = trailers.length > 0
    this.#exchange.ended(hasTrailers ? { ...ended, trailers } : ended, this.#context.clock.now())
  }

  #dropServer(): void {
    const server = this.#server
    const check = this.#check
    this.#server = undefined
    this.#check = undefined
    this.#wanted = undefined
    server?.abort()
    check?.drop()
  }

  #setAlarm(delayMs: number, nowMs: number): void {
    this.#clearAlarm()
    if (delayMs <= 0) return
    this.#alarm ??= new Alarm(() => this.#onTimeout())
    this.#context.wheel.set(this.#alarm, delayMs, nowMs)
  }

  #clearAlarm(): void {
    if (this.#alarm !== undefined) this.#context.wheel.clear(this.#alarm)
  }
}

const CONTINUE = 100
const SWITCHING_PROTOCOLS = 101
