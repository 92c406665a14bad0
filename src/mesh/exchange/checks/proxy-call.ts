import type { Seat } from '../../balance/cluster.ts'
import type { UpstreamHost } from '../../balance/upstream-host.ts'
import { type HeaderList, NO_HEADERS, withoutHeader } from '../../route/header-list.ts'
import type { ExchangeProxy } from '../exchange-proxy.ts'
import type { AskingHappened, Hop, HopOf, HopOutcome } from '../hop.ts'
import type { HopCaller } from '../outbound-state.ts'
import type {
  AttemptStep,
  CheckedEvent,
  CheckStep,
  FailedEvent,
  IncomingConnection,
  IncomingRequest,
  QueueStep,
  WaitStep,
} from '../steps.ts'
import type { UpstreamCluster } from '../upstream-cluster.ts'
import { clusterProtocol } from '../upstream-protocol.ts'
import type { HttpQuestion } from './http-check.ts'

/** Something to be done first, or what came of it. */
export type CallOutcome = WaitStep | QueueStep | CheckStep | CheckedEvent | FailedEvent

/** What a driver tells of what was to be done. */
export type CallHappened = Exclude<AskingHappened, { readonly kind: 'gathered' }>

const NOBODY: FailedEvent = { kind: 'failed', how: 'connect', beforeRequest: true }
/** Envoy's own bound of requests to a cluster, which Istio lifts: those who ask in a circle over wires have to end somewhere. */
const CALLS_MAX = 1_024
const SERVICE_TIME = 'x-envoy-upstream-service-time'

/**
 * A request of the proxy's own to a service of the mesh: to one of its endpoints, as its cluster says, once. No route is asked
 * for it, and no policy of who sends it; those of who gets it are. It is told of by the called side alone. Rules:
 * envoyproxy/envoy source/common/http/async_client_impl.cc.
 */
export class ProxyCall implements HopCaller {
  readonly proxy: ExchangeProxy
  readonly connection: IncomingConnection
  readonly request: IncomingRequest
  readonly requestId = ''
  readonly isGrpc: boolean
  readonly checksDeep: number
  readonly sentHeaders: HeaderList
  cluster: UpstreamCluster | undefined
  host: UpstreamHost | undefined
  readonly #name: string
  readonly #question: HttpQuestion
  readonly #timeoutMs: number
  readonly #hopOf: HopOf
  #hop: Hop | undefined
  #isEntering = false
  #attempt: AttemptStep | undefined
  #seat: Seat | undefined
  #isQueued = false
  #startMs = 0

  constructor(
    proxy: ExchangeProxy,
    question: HttpQuestion,
    by: {
      readonly cluster: string
      readonly timeoutMs: number
      readonly isGrpc: boolean
      readonly checksDeep: number
      readonly connection: IncomingConnection
      readonly hopOf: HopOf
      /** Of the request that it is about. */
      readonly traceHeaders: HeaderList
    },
  ) {
    const { head } = question
    const own = ['x-envoy-internal', 'true', 'x-forwarded-for', proxy.workload.addresses[0] ?? '']
    if (by.timeoutMs > 0) own.push('x-envoy-expected-rq-timeout-ms', String(Math.ceil(by.timeoutMs)))
    this.proxy = proxy
    this.connection = by.connection
    this.isGrpc = by.isGrpc
    this.checksDeep = by.checksDeep
    this.sentHeaders = [...head.headers, ...own, ...by.traceHeaders]
    this.request = { ...head, headers: this.sentHeaders, version: by.isGrpc ? 'HTTP/2' : 'HTTP/1.1' }
    this.#name = by.cluster
    this.#question = question
    this.#timeoutMs = by.timeoutMs
    this.#hopOf = by.hopOf
  }

  start(now: number): CallOutcome {
    this.#startMs = now
    const { mesh } = this.proxy
    const cluster = this.proxy.cluster(this.#name, now)
    // Where clients choose the endpoint there is none to choose: nobody has connected.
    if (cluster === undefined || cluster.goesStraight) return NOBODY
    const { state } = cluster
    const protocol = clusterProtocol(this.proxy, cluster, 'http1')
    if (state.active >= CALLS_MAX) return NOBODY
    const host = state.pick({ nowMs: now, dice: mesh.dice, hash: undefined, tries: 0 })
    const seat = host && state.seat(host, protocol, now)
    if (host === undefined || seat === undefined) return NOBODY
    this.cluster = cluster
    this.host = host
    this.#seat = seat
    this.#attempt = {
      kind: 'attempt',
      endpoint: host,
      head: { ...this.#question.head, headers: this.sentHeaders },
      timeoutMs: this.#timeoutMs,
      upstream: cluster.ways.of(host.transport, protocol),
      mayRepeat: false,
    }
    return this.#seated(this.#attempt, seat, now)
  }

  /** Where a connection is free, or has become so. Its time has begun in any case. */
  #seated(asked: AttemptStep, seat: Seat, now: number): CallOutcome {
    const { timeoutMs: wholeMs } = asked
    const timeoutMs = wholeMs === 0 ? 0 : Math.max(1, wholeMs - (now - this.#startMs))
    if (seat.isWaiting) {
      this.#isQueued = true
      return { kind: 'queue', turn: seat, timeoutMs }
    }
    const isRoomy = !this.#isQueued || seat.take(now)
    this.#isQueued = false
    if (!isRoomy) return this.#unsent(NOBODY, now)
    const attempt = { ...asked, timeoutMs }
    this.#hop = this.#hopOf(this, seat.host)
    return this.#outcome(this.#hop?.enter(attempt, this, now) ?? attempt, now)
  }

  /** Nobody was asked: nobody has failed. */
  #unsent(failure: FailedEvent, now: number): CallOutcome {
    this.#seat?.leave(now)
    this.#seat = undefined
    return failure
  }

  on(happened: CallHappened, now: number): CallOutcome {
    const [attempt, seat] = [this.#attempt, this.#seat]
    if (this.#isQueued && attempt !== undefined && seat !== undefined) {
      if (happened.kind !== 'failed') return this.#seated(attempt, seat, now)
      return this.#unsent({ ...happened, beforeRequest: true }, now)
    }
    if (this.#isEntering && this.#hop !== undefined) return this.#outcome(this.#hop.heard(happened, now), now)
    if (happened.kind === 'checked') return this.#answered(happened, now)
    return this.#failed(happened.kind === 'waited' ? NOBODY : { beforeRequest: false, ...happened }, now)
  }

  /** Nobody waits for it any more. */
  drop(now: number): void {
    this.#hop?.drop(now)
    this.#end('client-gone', { now, responseBytes: 0 })
  }

  #outcome(outcome: HopOutcome, now: number): CallOutcome {
    const { body } = this.#question
    this.#isEntering = outcome.kind === 'check' || outcome.kind === 'wait' || outcome.kind === 'queue'
    switch (outcome.kind) {
      case 'attempt': {
        const { endpoint, head, timeoutMs, upstream } = outcome
        return { kind: 'check', asker: this.proxy.workload, endpoint, head, body, timeoutMs, upstream }
      }
      case 'check':
      case 'queue':
      case 'wait':
        return outcome
      case 'gather': {
        const gathered = {
          kind: 'gathered',
          bytes: body.subarray(0, outcome.maxBytes),
          totalBytes: body.length,
        } as const
        return this.#outcome(this.#hop?.heard(gathered, now) ?? NOBODY, now)
      }
      case 'answered': {
        const refusal = this.#hop?.refusal?.body ?? ''
        const { status, headers } = outcome
        return this.#answered(
          { kind: 'checked', status, headers, body: Buffer.from(refusal), trailers: NO_HEADERS },
          now,
        )
      }
      case 'failed':
        return this.#failed(outcome, now)
    }
  }

  #answered(answer: CheckedEvent, now: number): CallOutcome {
    const { status, headers, body } = answer
    this.#hop?.answered({ kind: 'answered', status, headers }, now)
    this.#seat?.state.note(this.#seat.host, { kind: 'status', status }, now)
    this.#end('complete', { now, responseBytes: body.length })
    const passed = withoutHeader(headers, SERVICE_TIME)
    return { ...answer, headers: [...passed, SERVICE_TIME, String(Math.round(now - this.#startMs))] }
  }

  #failed(failure: FailedEvent, now: number): CallOutcome {
    const instead = this.#hop?.failed(failure, this.proxy.mesh.dice, now)
    if (instead !== undefined) return this.#outcome(instead, now)
    if (failure.how === 'overflow') this.#seat?.overflowed()
    else this.#seat?.state.note(this.#seat.host, { kind: 'local-failure', timedOut: failure.how === 'timeout' }, now)
    this.#end(failure.how === 'timeout' ? 'client-gone' : 'upstream-gone', { now, responseBytes: 0 })
    return failure
  }

  #end(
    how: 'complete' | 'client-gone' | 'upstream-gone',
    { now, responseBytes }: { readonly now: number; readonly responseBytes: number },
  ): void {
    if (this.#seat === undefined) return
    this.#hop?.leave(now)
    this.#seat.leave(now)
    this.#seat = undefined
    const { observer } = this.proxy.mesh
    const ended = { how, requestBytes: this.#question.body.length, responseBytes }
    if (observer !== undefined) this.#hop?.report(observer, this, { ended, now })
  }
}
