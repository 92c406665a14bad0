import type {
  Ended,
  FailedEvent,
  Happened,
  HttpExchange,
  IncomingRequest,
  Step,
  TcpEnded,
  TcpExchange,
  TcpStep,
} from '../exchange/steps.ts'

type ConnectStep = Extract<TcpStep, { kind: 'connect' }>

const CLOSE: Step = { kind: 'close' }
const ENDED: Readonly<Record<Ended['how'], TcpEnded['how']>> = {
  complete: 'complete',
  'client-gone': 'client-gone',
  malformed: 'client-gone',
  'upstream-gone': 'upstream-gone',
  protocol: 'upstream-gone',
  timeout: 'timeout',
}

/**
 * A request over a connection of which the proxies see only bytes: it goes as it came, on a connection of its own, and what is
 * decided and told is about the connection.
 */
export class PipedExchange implements HttpExchange {
  readonly #connection: TcpExchange
  readonly #step: Step
  #isConnected = false
  #hasFailed = false

  constructor(connection: TcpExchange, { endpoint, upstream, timeoutMs }: ConnectStep, request: IncomingRequest) {
    const { method, scheme, authority, target, headers } = request
    this.#connection = connection
    this.#step = {
      kind: 'attempt',
      endpoint,
      head: { method, scheme, authority, target, headers },
      timeoutMs: 0,
      upstream: { ...upstream, connectTimeoutMs: timeoutMs, requestsPerConnectionMax: 1 },
      mayRepeat: false,
    }
  }

  start(): Step {
    return this.#step
  }

  on(happened: Happened, now: number): Step {
    switch (happened.kind) {
      case 'answered':
        this.#connected(now)
        return { kind: 'relay', status: happened.status, headers: happened.headers, timeoutMs: 0 }
      case 'failed':
        this.#failed(happened, now)
        return CLOSE
      case 'client-gone':
      case 'malformed':
        this.#connection.on({ kind: 'client-gone' }, now)
        return CLOSE
      default:
        return this.#step
    }
  }

  ended({ how, requestBytes, responseBytes }: Ended, now: number): void {
    const isCutOff = this.#hasFailed && how === 'complete'
    const ending = isCutOff ? 'upstream-gone' : ENDED[how]
    this.#connection.ended({ how: ending, receivedBytes: requestBytes, sentBytes: responseBytes }, now)
  }

  /** What fails later than the connection fails in it. */
  #failed({ how, reason }: FailedEvent, now: number): void {
    this.#hasFailed = true
    if (how !== 'connect' && how !== 'connect-timeout' && how !== 'tls') return this.#connected(now)
    this.#connection.on({ kind: 'failed', how, ...(reason !== undefined && { reason }) }, now)
  }

  #connected(now: number): void {
    if (this.#isConnected) return
    this.#isConnected = true
    this.#connection.on({ kind: 'connected' }, now)
  }
}
